using System.Text;
using Microsoft.Extensions.Primitives;

namespace ControlPlane.Api.Hosting;

/// <summary>The endpoints that tell whether the process lives and can serve, as a whole and check by check; open to all (Kubernetes API health endpoints).</summary>
internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        Map(routes, "healthz", [HealthCheck.Ping]);
        Map(routes, "livez", [HealthCheck.Ping]);
        Map(routes, "readyz", routes.ServiceProvider.GetRequiredService<Readiness>().Checks);
    }

    private static void Map(IEndpointRouteBuilder routes, string name, IReadOnlyList<HealthCheck> checks)
    {
        routes.MapGet($"/{name}", async http => await (await AnswerAllAsync(http, name, checks)).ExecuteAsync(http)).AllowAnonymous().ExcludeFromDescription();
        foreach (HealthCheck check in checks)
        {
            routes.MapGet($"/{name}/{check.Name}", async http => await (await AnswerOneAsync(http, check)).ExecuteAsync(http)).AllowAnonymous().ExcludeFromDescription();
        }
    }

    private static async Task<IResult> AnswerOneAsync(HttpContext http, HealthCheck check) => await check.FailureAsync(http.RequestAborted) is { } failure
        ? Results.Text($"{check.Name} failed: {failure}\n", statusCode: StatusCodes.Status503ServiceUnavailable)
        : Results.Text("ok");

    /// <summary>
    /// <c>ok</c>, or a line for each check where one fails or the client asks with <c>?verbose</c>. Those named by <c>?exclude</c> are not made; a
    /// name that no check has is said, and fails nothing.
    /// </summary>
    private static async Task<IResult> AnswerAllAsync(HttpContext http, string name, IReadOnlyList<HealthCheck> checks)
    {
        StringValues excluded = http.Request.Query["exclude"];
        StringBuilder text = new();
        bool isWell = true;
        foreach (HealthCheck check in checks)
        {
            if (excluded.Contains(check.Name))
            {
                text.Append($"[+]{check.Name} excluded: ok\n");
                continue;
            }

            string? failure = await check.FailureAsync(http.RequestAborted);
            isWell &= failure is null;
            text.Append(failure is null ? $"[+]{check.Name} ok\n" : $"[-]{check.Name} failed: {failure}\n");
        }

        string unknown = string.Join(',', excluded.Where(one => checks.All(check => check.Name != one)).Select(one => $"\"{one}\""));
        text.Append(unknown.Length > 0 ? $"warn: some health checks cannot be excluded: no matches for {unknown}\n" : "");
        text.Append($"{name} check {(isWell ? "passed" : "failed")}\n");
        return isWell && !http.Request.Query.ContainsKey("verbose")
            ? Results.Text("ok")
            : Results.Text(text.ToString(), statusCode: isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
