using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging.Abstractions;
using static ControlPlane.Agent.Tests.Deciding.Given;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>What is begun for a pod whose init container <c>setup</c> runs, while <c>c</c> and <c>d</c> wait for it: their image is pulled, which takes until a test says so.</summary>
public sealed class PodEntryTests : IDisposable
{
    private static readonly string Proxy = $"proxy@sha256:{new string('5', 64)}";

    private readonly TaskCompletionSource arrives = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy } };
    private readonly PodEntry entry;
    private readonly ContainerWorker worker;
    private readonly Pod pod;
    private readonly AgentOptions options = new()
    {
        Servers = [new Uri("http://nobody")],
        TokenFile = "",
        NodeName = "node-1",
        Cpu = Quantity.FromValue(4),
        Memory = Quantity.Parse("8Gi"),
    };

    public PodEntryTests()
    {
        bench.Runtime.BeforePull = (_, token) => arrives.Task.WaitAsync(token);
        Signals signals = new();
        HookRunner hooks = new(bench.Runtime, options, bench.Time);
        worker = new ContainerWorker(
            options, bench.Runtime, bench.Images, new PodVolumes(options, new PodFolders(options, NullLogger<PodFolders>.Instance), NullLogger<PodVolumes>.Instance), bench.Desired, hooks,
            new ContainerStopper(bench.Runtime, hooks, bench.Events, bench.Time), bench.Events, bench.Time, NullLogger<ContainerWorker>.Instance);
        entry = new PodEntry("uid-1", signals.Pods);
        Pod two = ImageBench.OfRevision(Pod(image: "proxy:v1").WithInit("setup"));
        pod = two with { Spec = two.Spec with { Containers = [.. two.Spec.Containers, new Container { Name = "d", Image = "proxy:v1" }] } };
    }

    [Fact]
    public async Task ImageOfContainersThatWait_IsPulledOnce_HoweverManyWaitAndPassesCome()
    {
        Pass(pod, Alive("s1", "setup"));
        Pass(pod, Alive("s1", "setup"));

        Assert.Equal(["proxy:v1"], bench.Pulled);
        arrives.SetResult();
        await Running.Wait.UntilAsync(() => bench.Present.ContainsKey("proxy:v1"), () => "not pulled");
        Pass(pod, Alive("s1", "setup"));
        await entry.EndWorkAsync();
        Assert.Equal(["proxy:v1"], bench.Pulled);
    }

    [Fact]
    public async Task ContainerWhoseTurnComesWhileItsImageIsPulled_WaitsForThatPull()
    {
        Pass(pod, Alive("s1", "setup"));

        Start("c", restartCount: 0);

        Assert.Equal(["proxy:v1"], bench.Pulled);
        bench.Present[Proxy] = Proxy; // an engine knows what it has pulled by its digest, too
        arrives.SetResult();
        await Running.Wait.UntilAsync(() => bench.Asked.Count > 0, () => "nobody asks");
        Assert.Equal(["proxy:v1"], bench.Pulled);
    }

    [Fact]
    public async Task ContainerThatHasRun_IsPulledAgainWhereItsPolicySaysSo()
    {
        Pod always = pod with { Spec = pod.Spec with { Containers = [.. pod.Spec.Containers.Select(container => container with { ImagePullPolicy = "Always" })] } };
        bench.Present[Proxy] = Proxy;
        arrives.SetResult();
        Pass(always, Alive("s1", "setup"));
        await Running.Wait.UntilAsync(() => bench.Asked.Count > 0, () => "nobody asks");
        Pass(always, Alive("s1", "setup").Ended(0), Dead());

        Start("d", restartCount: 0);
        Assert.Equal(["proxy:v1"], bench.Pulled);
        Start("c", restartCount: 1);

        await Running.Wait.UntilAsync(() => bench.Pulled.Count == 2, () => "not pulled again");
    }

    [Fact]
    public async Task PodThatIsDeletedMeanwhile_HasNothingPulledAnyMore_AndIsForgotten()
    {
        Pass(pod, Alive("s1", "setup"));

        Pass(pod.Deleting(), Alive("s1", "setup"));

        await entry.ReapAsync();
        Pass(record: null);
        await Running.Wait.UntilAsync(() => entry.IsForgettable, () => "the pull goes on", seconds: 20);
        Assert.Empty(bench.Present);
        Assert.Empty(bench.Asked);
    }

    [Fact]
    public async Task PodThatHasFailed_HasNothingPulledAnyMore()
    {
        Pass(pod, Alive("s1", "setup"));

        Pass(pod.Reported("Failed"), Alive("s1", "setup").Ended(1));
        Pass(record: null);

        await Running.Wait.UntilAsync(() => entry.IsForgettable, () => "the pull goes on", seconds: 20);
        Assert.Empty(bench.Present);
    }

    [Fact]
    public async Task AgentThatEnds_PullsNothingAnyMore()
    {
        Pass(pod, Alive("s1", "setup"));

        await entry.EndWorkAsync();

        Assert.Empty(bench.Present);
    }

    public void Dispose()
    {
        worker.Dispose();
        bench.Dispose();
    }

    private void Start(string container, int restartCount) =>
        entry.Begin(container, [new StartContainer(container, restartCount, TimeSpan.Zero, NetworkOf: null)], worker, new DesiredState { StoreIdentity = Store, Revision = Revision }, default);

    private void Pass(Pod? record, params ObservedContainer[] seen)
    {
        DesiredState state = new() { StoreIdentity = Store, Revision = Revision };
        entry.Observe(record, [.. seen], state);
        PodPlan plan = entry.Decide(default, state, isRemembered: false, bench.Runtime, options, Noon);
        entry.BeginAhead(plan.Ahead, worker);
    }
}
