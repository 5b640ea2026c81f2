using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>The whole agent as a program, on a Docker Engine of the tests' own.</summary>
[Collection(DockerEngineCollection.Name)]
public abstract class DockerAgentTests(DockerEngineFixture engine) : IAsyncLifetime, IDisposable
{
    /// <summary>An image with nothing but a shell, made of this machine's.</summary>
    protected const string Shell = "shell:v1";

    private readonly TemporaryFolder folder = new("agent");

    protected HttpClient Http { get; } = new();

    private protected FakeControlPlane Server { get; private set; } = null!;

    private protected AgentProcess Agent { get; set; } = null!;

    protected DockerEngineFixture Engine { get; } = engine;

    protected string DataFolder => Path.Combine(folder.Path, "agent");

    public async Task InitializeAsync()
    {
        Server = await FakeControlPlane.StartAsync();
        Agent = StartAgent();
    }

    public async Task DisposeAsync()
    {
        await Agent.DisposeAsync();
        foreach (string id in await IdsAsync("-a"))
        {
            await Engine.RunAsync("docker", "rm", "-f", id);
        }

        await Server.DisposeAsync();
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Http.Dispose();
        folder.Dispose();
    }

    private protected static ValueMap<Quantity> ValueMapOf(params (string Name, string Amount)[] amounts) =>
        amounts.Select(amount => KeyValuePair.Create(amount.Name, Quantity.Parse(amount.Amount))).ToValueMap();

    /// <summary>A pod that runs a script once.</summary>
    private protected static Pod Script(string name, string script, Func<Container, Container>? change = null) =>
        Pods.Hello(name, image: Shell, restartPolicy: "Never", change: container =>
        {
            Container shell = container with { Command = ["/bin/sh", "-c"], Args = [script], ReadinessProbe = null, Ports = [] };
            return change is null ? shell : change(shell);
        });

    private protected async Task MakeShellAsync() => await Engine.RunAsync(
        "sh", "-c", $"tar -ch /bin/sh $(ldd /bin/sh | grep -oE '/[^ ]+') 2>/dev/null | docker import - {Shell}");

    private protected async Task<string> IdOfAsync(string container) => Assert.Single(await IdsAsync("--filter", $"label=controlplane.dev/container={container}"));

    private protected AgentProcess StartAgent() => AgentProcess.Start(Server.Address, folder.Path, "docker", Engine.Host);

    private protected async Task<string[]> IdsAsync(params string[] more) =>
        (await Engine.RunAsync("docker", ["ps", "-q", "--no-trunc", "--filter", "label=controlplane.dev/node=node-1", .. more]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private protected ContainerStatus? Container(string pod) => Server.Pods.GetValueOrDefault(pod)?.Status?.ContainerStatuses.FirstOrDefault();

    private protected string Seen(string pod) =>
        $"{(Server.Pods.TryGetValue(pod, out PodReport? report) ? ResourceJson.Serialize(report) : "no report")}\n{Agent.Output}";

    private protected async Task<PodReport> ReadyAsync(string pod)
    {
        await Wait.UntilAsync(() => Server.Pods.GetValueOrDefault(pod).IsReady(), () => Seen(pod));
        return Server.Pods[pod];
    }
}

/// <summary>One engine for all, and one test at a time: two engines on one machine would give their containers the same addresses.</summary>
[CollectionDefinition(Name)]
public sealed class DockerEngineCollection : ICollectionFixture<DockerEngineFixture>
{
    public const string Name = "docker engine";
}
