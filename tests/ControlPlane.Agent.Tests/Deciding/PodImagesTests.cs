using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Tests.Probing;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>Which image a container is made from.</summary>
public sealed class PodImagesTests
{
    private static readonly string First = $"hello@sha256:{new string('1', 64)}";
    private static readonly string Moved = $"hello@sha256:{new string('2', 64)}";
    private static readonly string Proxy = $"proxy@sha256:{new string('5', 64)}";
    private static readonly string MovedProxy = $"proxy@sha256:{new string('6', 64)}";
    private static readonly string LocalId = $"sha256:{new string('3', 64)}";
    private static readonly string OtherLocalId = $"sha256:{new string('4', 64)}";

    [Fact]
    public async Task FirstPodOfARevision_RunsWhatItsNodePulled_AndSaysSoOnce()
    {
        Bench bench = new() { Registry = { ["hello:v1"] = First } };

        Assert.Equal(First, await bench.GetAsync());

        ImageReport said = Assert.Single(bench.Asked);
        Assert.Equal(("uid-1", "default", "web", "hello:v1", First), (said.PodUid, said.Namespace, said.Name, said.Image, said.Resolved));
    }

    [Fact]
    public async Task PodOfARevisionThatKnowsItsDigest_RunsIt_WhereverTheTagHasMoved()
    {
        Bench bench = new() { Registry = { ["hello:v1"] = Moved, [First] = First } };
        await bench.TellAsync("hello:v1", First);

        Assert.Equal(First, await bench.GetAsync(policy: "Always"));

        Assert.Equal([First], bench.Pulled);
        Assert.Empty(bench.Asked);
    }

    [Fact]
    public async Task StaleTagOnANode_GivesWayToWhatTheRevisionRuns()
    {
        Bench bench = new() { Registry = { [First] = First }, Present = { ["hello:v1"] = Moved }, Answer = _ => First };

        Assert.Equal(First, await bench.GetAsync());

        Assert.Equal([First], bench.Pulled);
    }

    [Fact]
    public async Task DigestThatTheRegistryHasNoMore_CannotBePulled()
    {
        Bench bench = new() { Registry = { ["hello:v1"] = Moved } };
        await bench.TellAsync("hello:v1", First);

        ImagePullException failure = await Assert.ThrowsAsync<ImagePullException>(() => bench.GetAsync());

        Assert.Contains(First, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DigestThatIsNotThereAndMayNotBePulled_IsNoImage()
    {
        Bench bench = new() { Present = { ["hello:v1"] = Moved } };
        await bench.TellAsync("hello:v1", First);

        Assert.Null(await bench.GetAsync(policy: "Never"));
    }

    [Fact]
    public async Task ControlPlaneThatDoesNotAnswer_IsAskedOnce_AndTheNodeRunsWhatItHas()
    {
        Bench bench = new() { Registry = { ["hello:v1"] = First }, Answer = _ => throw new ControlPlaneException("away", status: null) };

        Assert.Equal(First, await bench.GetAsync());

        Assert.Single(bench.Asked);
        AgentEvent warning = Assert.Single(bench.Events.Take(), said => said.Type == "Warning");
        Assert.Equal(("ImageNotAgreed", $"Image \"hello:v1\" runs as {First} without the control plane's word on what its revision runs: away"), (warning.Reason, warning.Message));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LocalImage_RunsByItsName_WithAWarningWhereItDiffers(bool isKnown)
    {
        Bench bench = new() { Present = { ["hello:v1"] = LocalId }, Answer = _ => OtherLocalId };
        if (isKnown)
        {
            await bench.TellAsync("hello:v1", OtherLocalId);
        }

        Assert.Equal("hello:v1", await bench.GetAsync());

        AgentEvent warning = Assert.Single(bench.Events.Take(), said => said.Type == "Warning");
        Assert.Equal("ImageDiffers", warning.Reason);
        Assert.Equal($"Image \"hello:v1\" is {LocalId} on this node, and {OtherLocalId} where its revision was started first", warning.Message);
        Assert.Equal(isKnown ? 0 : 1, bench.Asked.Count);
    }

    [Fact]
    public async Task LocalImage_ThatIsTheSameEverywhere_IsNothingToWarnOf()
    {
        Bench bench = new() { Present = { ["hello:v1"] = LocalId }, Answer = said => said.Resolved };

        Assert.Equal("hello:v1", await bench.GetAsync());

        Assert.DoesNotContain(bench.Events.Take(), said => said.Type == "Warning");
    }

    [Theory]
    [InlineData(false, "hello:v1")]
    [InlineData(true, "hello@sha256:1111111111111111111111111111111111111111111111111111111111111111")]
    public async Task PodWithoutARevisionAndImageWithADigest_AskNobody(bool isOfRevision, string image)
    {
        Bench bench = new() { Registry = { [image] = First } };

        Assert.Equal(image, await bench.GetAsync(image, isOfRevision: isOfRevision));

        Assert.Empty(bench.Asked);
    }

    [Fact]
    public async Task RuntimeWhoseImagesAreNames_AsksNobody()
    {
        Bench bench = new() { Registry = { ["hello:v1"] = null } };

        Assert.Equal("hello:v1", await bench.GetAsync());

        Assert.Empty(bench.Asked);
    }

    /// <summary>An init container and the container that comes after it, of the same image or of two that are there.</summary>
    [Theory]
    [InlineData("hello:v1")]
    [InlineData("proxy:v1")]
    public async Task ContainersThatStartOneAfterTheOther_WaitForOneExchange(string image)
    {
        Bench bench = new() { Registry = { [First] = First, [Proxy] = Proxy }, Present = { ["hello:v1"] = Moved, ["proxy:v1"] = MovedProxy }, Agreed = { ["hello:v1"] = First, ["proxy:v1"] = Proxy } };

        List<string?> started = await bench.StartAsync(Given.Pod(image: image).WithInit("setup"));

        Assert.Equal([First, image == "hello:v1" ? First : Proxy], started);
        Assert.Single(bench.Asked);
    }

    [Fact]
    public async Task ImageThatIsYetToBePulled_IsAskedAboutWhenItIsThere()
    {
        Bench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Present = { ["hello:v1"] = First } };

        await bench.StartAsync(Given.Pod(image: "proxy:v1").WithInit("setup"));

        Assert.Equal(["hello:v1", "proxy:v1"], bench.Asked.Select(said => said.Image));
        Assert.Empty(bench.Asked[0].Others);
    }

    /// <summary>What is here under a name that is pulled at each start is not what will run.</summary>
    [Fact]
    public async Task ImageThatIsPulledAtEachStart_IsAskedAboutWhenItWas()
    {
        Bench bench = new() { Registry = { ["proxy:latest"] = Proxy }, Present = { ["hello:v1"] = First, ["proxy:latest"] = MovedProxy } };

        List<string?> started = await bench.StartAsync(Given.Pod(image: "proxy:latest").WithInit("setup"));

        Assert.Equal([First, Proxy], started);
        Assert.Equal([First, Proxy], bench.Asked.Select(said => said.Resolved));
    }

    [Fact]
    public async Task ControlPlaneThatDoesNotAnswer_IsWaitedForByOneOfThePodsContainers()
    {
        SteppedTime time = new();
        Bench bench = new() { Time = time, Present = { ["hello:v1"] = First, ["proxy:v1"] = Proxy }, Answer = _ => throw new ControlPlaneException("away", status: null) };
        Pod pod = Given.Pod(image: "proxy:v1").WithInit("setup", "check");

        Assert.Equal([First, First, Proxy], await bench.StartAsync(pod));

        Assert.Single(bench.Asked);
        Assert.Equal(["ImageNotAgreed", "ImageNotAgreed", "ImageNotAgreed"], bench.Events.Take().Where(said => said.Type == "Warning").Select(said => said.Reason));

        time.Advance(TimeSpan.FromSeconds(30));
        await bench.StartAsync(pod);

        Assert.Equal(2, bench.Asked.Count);
    }

    /// <summary>A node with an engine, a registry and a control plane that answers as a test says; by default with what the node said.</summary>
    private sealed class Bench : IControlPlane, IDesiredMemory
    {
        private readonly DesiredHolder desired;
        private readonly ScriptedRuntime runtime = new((_, _) => throw new NotSupportedException());
        private ImageAgreement? agreement;

        public Bench()
        {
            Signals signals = new();
            desired = new DesiredHolder(this, signals, TimeProvider.System, NullLogger<DesiredHolder>.Instance);
            Events = new EventBuffer(TimeProvider.System, signals.Report);
        }

        public TimeProvider Time { get; init; } = TimeProvider.System;

        public Dictionary<string, string?> Registry => runtime.Registry;

        public Dictionary<string, string?> Present => runtime.Present;

        public Func<ImageReport, string> Answer { get; init; } = said => said.Resolved;

        /// <summary>What the control plane knows already of some names, whatever the node says.</summary>
        public Dictionary<string, string> Agreed { get; } = [];

        public List<ImageReport> Asked { get; } = [];

        public List<string> Pulled => runtime.Pulled;

        public EventBuffer Events { get; }

        public async Task<string?> GetAsync(string image = "hello:v1", string? policy = null, bool isOfRevision = true)
        {
            Pod pod = Given.Pod(image: image);
            pod = isOfRevision ? OfRevision(pod) : pod;
            using PodImages images = NewImages();
            return await images.GetAsync(pod, pod.Spec.Containers[0] with { ImagePullPolicy = policy }, CancellationToken.None);
        }

        /// <summary>Starts the containers of a revision's pod, each once the one before has ended, in one life of the agent.</summary>
        public async Task<List<string?>> StartAsync(Pod pod)
        {
            using PodImages images = NewImages();
            pod = OfRevision(pod);
            List<string?> started = [];
            foreach (Container container in pod.Spec.AllContainers())
            {
                started.Add(await images.GetAsync(pod, container, CancellationToken.None));
            }

            return started;
        }

        public async Task TellAsync(string image, string resolved) => await desired.AcceptAsync(
            new DesiredState { StoreIdentity = Given.Store, Revision = 1, ResolvedImages = [new ResolvedImage("uid-1", image, resolved)] }, CancellationToken.None);

        Task<ImageReply> IControlPlane.ResolveImageAsync(ImageReport report, CancellationToken cancellationToken)
        {
            Asked.Add(report);
            return Task.FromResult(new ImageReply(Agreed.GetValueOrDefault(report.Image) ?? Answer(report))
            {
                Others = report.Others.Select(said => KeyValuePair.Create(said.Key, Agreed.GetValueOrDefault(said.Key) ?? said.Value)).ToValueMap(),
            });
        }

        Task<ReportReply> IControlPlane.ReportAsync(NodeReport report, CancellationToken cancellationToken) => throw new NotSupportedException();

        Task<DesiredState> IControlPlane.GetDesiredAsync(long after, string store, CancellationToken cancellationToken) => throw new NotSupportedException();

        private static Pod OfRevision(Pod pod) =>
            pod with { Metadata = pod.Metadata with { OwnerReferences = [new OwnerReference { Kind = "ReplicaSet", Name = "web-1", Uid = "owner", Controller = true }] } };

        /// <summary>All of one life of the agent.</summary>
        private PodImages NewImages()
        {
            agreement ??= new ImageAgreement(runtime, this, desired, Events, Time, NullLogger<ImageAgreement>.Instance);
            return new PodImages(runtime, agreement, desired, Events, Time);
        }

        Task<DesiredState?> IDesiredMemory.LoadAsync(CancellationToken cancellationToken) => Task.FromResult<DesiredState?>(null);

        Task IDesiredMemory.SaveAsync(DesiredState state, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
