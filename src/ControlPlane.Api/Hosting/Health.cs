using System.Text;

namespace ControlPlane.Api.Hosting;

/// <summary>The endpoints that tell whether the process lives and can serve; open to all.</summary>
internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", (HttpContext http) => Answer(http, "healthz", Alive)).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/livez", (HttpContext http) => Answer(http, "livez", Alive)).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/readyz", ReadyAsync).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>A process that answers lives.</summary>
    private static readonly IReadOnlyList<(string Name, string? Failure)> Alive = [("ping", null)];

    private static async Task<IResult> ReadyAsync(HttpContext http, Readiness readiness) =>
        Answer(http, "readyz", await readiness.CheckAsync(http.RequestAborted));

    /// <summary><c>ok</c>, or a line for each check where one fails or the client asks with <c>?verbose</c> (Kubernetes API health endpoints).</summary>
    private static IResult Answer(HttpContext http, string path, IReadOnlyList<(string Name, string? Failure)> checks)
    {
        bool isWell = checks.All(check => check.Failure is null);
        if (isWell && !http.Request.Query.ContainsKey("verbose"))
        {
            return Results.Text("ok");
        }

        StringBuilder text = new();
        foreach ((string name, string? failure) in checks)
        {
            text.Append(failure is null ? $"[+]{name} ok\n" : $"[-]{name} failed: {failure}\n");
        }

        text.Append(path).Append(isWell ? " check passed\n" : " check failed\n");
        return Results.Text(text.ToString(), statusCode: isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
