// A sample application: it says its version, pod and node over HTTP, and misbehaves when told to.
//
//   GET  /                    {"version":"v1","pod":"hello-7d9f-x2x5l","node":"node-1"} (POST too, whatever its body)
//   GET  /healthz             200, or 503 while it has been told to fail its readiness
//   GET  /call?url=http://b/  what another service answers
//   POST /fail-readiness      fails /healthz from now on (also: FAIL_READINESS=true)
//   POST /pass-readiness      passes it again
//   POST /crash               exits with code 1 (also: CRASH=true, right at the start)
//   POST /slow?ms=500         answers / that much later (also: SLOW_MS=500)
//   POST /fail?percent=5      answers so many of each hundred requests for / with 500 (also: FAIL_PERCENT=5)
//
// It listens on HOST:PORT (default *:8080) and exits at once on SIGTERM.

using System.Net.Mime;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

string version = Setting("VERSION", "dev");
string pod = Setting("POD_NAME", Environment.MachineName);
string node = Setting("NODE_NAME", "unknown");
bool failsReadiness = Setting("FAIL_READINESS", "false") == "true";
int slowMs = int.Parse(Setting("SLOW_MS", "0"));
int failPercent = int.Parse(Setting("FAIL_PERCENT", "0"));
long asked = 0;
string said = new JsonObject { ["version"] = version, ["pod"] = pod, ["node"] = node }.ToJsonString();

if (Setting("CRASH", "false") == "true")
{
    Console.Error.WriteLine("crashing, as told by CRASH=true");
    return 1;
}

using PosixSignalRegistration onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Exit("exiting on SIGTERM", code: 0));
using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Exit("exiting on SIGINT", code: 0));

using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
builder.WebHost.UseKestrelCore();
builder.Services.AddRoutingCore();
builder.WebHost.UseUrls($"http://{Setting("HOST", "*")}:{Setting("PORT", "8080")}");
WebApplication app = builder.Build();

app.MapMethods("/", [HttpMethods.Get, HttpMethods.Post], async (HttpContext context) =>
{
    await Task.Delay(slowMs, context.RequestAborted);
    bool fails = Interlocked.Increment(ref asked) * failPercent % 100 < failPercent;
    return Results.Text(said + "\n", MediaTypeNames.Application.Json, statusCode: fails ? 500 : 200);
});
app.MapGet("/healthz", () => failsReadiness ? Results.Text("told to fail\n", statusCode: 503) : Results.Text("ok\n"));
app.MapGet("/call", async (Uri url, HttpContext context) =>
{
    try
    {
        return Results.Text(await client.GetStringAsync(url, context.RequestAborted));
    }
    catch (HttpRequestException exception)
    {
        return Results.Text($"{exception.Message}\n", statusCode: 502);
    }
});
app.MapPost("/fail-readiness", () => Say($"readiness fails from now on: {failsReadiness = true}"));
app.MapPost("/pass-readiness", () => Say($"readiness fails from now on: {failsReadiness = false}"));
app.MapPost("/slow", (int ms) => Say($"answers are slow by {slowMs = Math.Clamp(ms, 0, 60_000)} ms"));
app.MapPost("/fail", (int percent) => Say($"of each hundred answers so many fail: {failPercent = Math.Clamp(percent, 0, 100)}"));
app.MapPost("/crash", () => Exit("crashing, as told by POST /crash", code: 1));

await app.StartAsync();
Console.WriteLine($"hello {version} listens on {string.Join(", ", app.Urls)} as {pod} on {node}");
await app.WaitForShutdownAsync();
return 0;

static string Setting(string name, string otherwise) =>
    Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : otherwise;

static IResult Say(string what)
{
    Console.WriteLine(what);
    return Results.Text(what + "\n");
}

static void Exit(string why, int code)
{
    Console.WriteLine(why);
    Environment.Exit(code);
}
