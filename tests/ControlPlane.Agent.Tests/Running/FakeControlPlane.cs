using System.Collections.Concurrent;
using System.Text.Json;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>The server's side of the agent protocol with a desired state that the test sets: what the agent says is kept to be looked at.</summary>
internal sealed class FakeControlPlane : IAsyncDisposable
{
    private static readonly TimeSpan HoldDesired = TimeSpan.FromSeconds(2);

    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> streams = new();
    private readonly SemaphoreSlim news = new(0);
    private DesiredState desired;
    private string session = "";
    private long sequence;

    private FakeControlPlane(WebApplication app, string storeIdentity)
    {
        this.app = app;
        desired = new DesiredState { StoreIdentity = storeIdentity, Revision = 1 };
    }

    /// <summary>The last report of each pod, by name.</summary>
    public ConcurrentDictionary<string, PodReport> Pods { get; } = new();

    public ConcurrentQueue<AgentEvent> Events { get; } = new();

    public ConcurrentQueue<NodeReport> Reports { get; } = new();

    public NodeStatus? Node { get; private set; }

    public bool IsAway { get; set; }

    public IEnumerable<Pod> DesiredPods => desired.Pods;

    public Uri Address => new(app.Urls.First());

    public static async Task<FakeControlPlane> StartAsync(string storeIdentity = "store-1")
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        FakeControlPlane server = new(app, storeIdentity);
        app.MapPost("/agent/v1/nodes/{name}/report", (Delegate)server.OnReportAsync);
        app.MapGet("/agent/v1/nodes/{name}/desired", (Delegate)server.OnDesiredAsync);
        app.MapPost("/agent/v1/streams/{id}", (Delegate)server.OnStreamAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Sets what the node shall do, at the next revision unless another is given.</summary>
    public void Set(IEnumerable<Pod> pods, long? revision = null, string? storeIdentity = null)
    {
        desired = desired with
        {
            Pods = [.. pods],
            Revision = revision ?? desired.Revision + 1,
            StoreIdentity = storeIdentity ?? desired.StoreIdentity,
        };
        news.Release();
    }

    /// <summary>A person confirms that the store in use has replaced others.</summary>
    public void Confirm(params string[] replacedStores)
    {
        desired = desired with { ReplacedStores = [.. replacedStores], Revision = desired.Revision + 1 };
        news.Release();
    }

    public void Set(IEnumerable<RegistryLogin> logins)
    {
        desired = desired with { RegistryLogins = [.. logins], Revision = desired.Revision + 1 };
        news.Release();
    }

    public void Offer(params ServiceAddress[] services) => desired = desired with { Services = [.. services] };

    public void Configure(params EnvironmentContent[] contents)
    {
        desired = desired with { EnvironmentContents = [.. contents], Revision = desired.Revision + 1 };
        news.Release();
    }

    public async Task<string> ReadLogAsync(string podUid, LogOptions options)
    {
        string id = Guid.NewGuid().ToString("n");
        TaskCompletionSource<string> log = streams[id] = new TaskCompletionSource<string>();
        desired = desired with
        {
            Revision = desired.Revision + 1,
            Streams = [new StreamRequest { Id = id, PodUid = podUid, Type = "logs", Logs = options }],
        };
        news.Release();
        return await log.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public void ForgetSession() => session = "";

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        news.Dispose();
    }

    private async Task<IResult> OnReportAsync(HttpContext context)
    {
        if (IsAway)
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        NodeReport report = (await JsonSerializer.DeserializeAsync<NodeReport>(context.Request.Body, ResourceJson.Options))!;
        if (report.SessionId != session && !report.IsFull)
        {
            return Reply(sendAll: true);
        }

        if (report.SessionId != session || report.Sequence > sequence)
        {
            (session, sequence) = (report.SessionId, report.Sequence);
            Node = report.Node ?? Node;
            Reports.Enqueue(report);
            foreach (PodReport pod in report.Pods)
            {
                Pods[pod.Name] = pod;
            }

            foreach (AgentEvent said in report.Events)
            {
                Events.Enqueue(said);
            }
        }

        return Reply(sendAll: false);
    }

    private IResult Reply(bool sendAll) =>
        Json(new ReportReply { StoreIdentity = desired.StoreIdentity, Revision = desired.Revision, SendAll = sendAll });

    private async Task<IResult> OnDesiredAsync(long after, HttpContext context)
    {
        if (IsAway)
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        if (desired.Revision <= after)
        {
            await news.WaitAsync(HoldDesired, context.RequestAborted);
        }

        return Json(desired);
    }

    private async Task<IResult> OnStreamAsync(string id, HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body);
        streams[id].SetResult(await reader.ReadToEndAsync());
        return Results.Ok();
    }

    private static IResult Json<T>(T value) => Results.Text(ResourceJson.Serialize(value), "application/json");
}
