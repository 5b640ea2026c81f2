using System.Text;

namespace ControlPlane.Api.Hosting;

/// <summary>The endpoints that tell whether the process lives and can serve; open to all.</summary>
internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Text("ok")).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/livez", () => Results.Text("ok")).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/readyz", ReadyAsync).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(HttpContext http, Readiness readiness)
    {
        IReadOnlyList<(string Name, string? Failure)> checks = await readiness.CheckAsync(http.RequestAborted);
        bool isReady = checks.All(check => check.Failure is null);
        if (isReady && !http.Request.Query.ContainsKey("verbose"))
        {
            return Results.Text("ok");
        }

        StringBuilder text = new();
        foreach ((string name, string? failure) in checks)
        {
            text.Append(failure is null ? $"[+]{name} ok\n" : $"[-]{name} failed: {failure}\n");
        }

        text.Append(isReady ? "readyz check passed\n" : "readyz check failed\n");
        return Results.Text(text.ToString(), statusCode: isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
