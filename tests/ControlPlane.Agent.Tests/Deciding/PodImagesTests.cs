using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Tests.Probing;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

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
        using ImageBench bench = new() { Registry = { ["hello:v1"] = First } };

        Assert.Equal(First, await bench.GetAsync());

        ImageReport said = Assert.Single(bench.Asked);
        Assert.Equal(("uid-1", "default", "web", "hello:v1", First), (said.PodUid, said.Namespace, said.Name, said.Image, said.Resolved));
    }

    [Fact]
    public async Task PodOfARevisionThatKnowsItsDigest_RunsIt_WhereverTheTagHasMoved()
    {
        using ImageBench bench = new() { Registry = { ["hello:v1"] = Moved, [First] = First } };
        await bench.TellAsync("hello:v1", First);

        Assert.Equal(First, await bench.GetAsync(policy: "Always"));

        Assert.Equal([First], bench.Pulled);
        Assert.Empty(bench.Asked);
    }

    [Fact]
    public async Task StaleTagOnANode_GivesWayToWhatTheRevisionRuns()
    {
        using ImageBench bench = new() { Registry = { [First] = First }, Present = { ["hello:v1"] = Moved }, Answer = _ => First };

        Assert.Equal(First, await bench.GetAsync());

        Assert.Equal([First], bench.Pulled);
    }

    [Fact]
    public async Task DigestThatTheRegistryHasNoMore_CannotBePulled()
    {
        using ImageBench bench = new() { Registry = { ["hello:v1"] = Moved } };
        await bench.TellAsync("hello:v1", First);

        ImagePullException failure = await Assert.ThrowsAsync<ImagePullException>(() => bench.GetAsync());

        Assert.Contains(First, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DigestThatIsNotThereAndMayNotBePulled_IsNoImage()
    {
        using ImageBench bench = new() { Present = { ["hello:v1"] = Moved } };
        await bench.TellAsync("hello:v1", First);

        Assert.Null(await bench.GetAsync(policy: "Never"));
    }

    [Fact]
    public async Task ControlPlaneThatDoesNotAnswer_IsAskedOnce_AndTheNodeRunsWhatItHas()
    {
        using ImageBench bench = new() { Registry = { ["hello:v1"] = First }, Answer = _ => throw new ControlPlaneException("away", status: null) };

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
        using ImageBench bench = new() { Present = { ["hello:v1"] = LocalId }, Answer = _ => OtherLocalId };
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
        using ImageBench bench = new() { Present = { ["hello:v1"] = LocalId }, Answer = said => said.Resolved };

        Assert.Equal("hello:v1", await bench.GetAsync());

        Assert.DoesNotContain(bench.Events.Take(), said => said.Type == "Warning");
    }

    [Theory]
    [InlineData(false, "hello:v1")]
    [InlineData(true, "hello@sha256:1111111111111111111111111111111111111111111111111111111111111111")]
    public async Task PodWithoutARevisionAndImageWithADigest_AskNobody(bool isOfRevision, string image)
    {
        using ImageBench bench = new() { Registry = { [image] = First } };

        Assert.Equal(image, await bench.GetAsync(image, isOfRevision: isOfRevision));

        Assert.Empty(bench.Asked);
    }

    [Fact]
    public async Task RuntimeWhoseImagesAreNames_AsksNobody()
    {
        using ImageBench bench = new() { Registry = { ["hello:v1"] = null } };

        Assert.Equal("hello:v1", await bench.GetAsync());

        Assert.Empty(bench.Asked);
    }

    /// <summary>An init container and the container that comes after it, of the same image or of two that are there.</summary>
    [Theory]
    [InlineData("hello:v1")]
    [InlineData("proxy:v1")]
    public async Task ContainersThatStartOneAfterTheOther_WaitForOneExchange(string image)
    {
        using ImageBench bench = new() { Registry = { [First] = First, [Proxy] = Proxy }, Present = { ["hello:v1"] = Moved, ["proxy:v1"] = MovedProxy }, Agreed = { ["hello:v1"] = First, ["proxy:v1"] = Proxy } };

        List<string?> started = await bench.StartAsync(Given.Pod(image: image).WithInit("setup"));

        Assert.Equal([First, image == "hello:v1" ? First : Proxy], started);
        Assert.Single(bench.Asked);
    }

    [Fact]
    public async Task ImageThatIsYetToBePulled_IsAskedAboutWhenItIsThere()
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Present = { ["hello:v1"] = First } };

        await bench.StartAsync(Given.Pod(image: "proxy:v1").WithInit("setup"));

        Assert.Equal(["hello:v1", "proxy:v1"], bench.Asked.Select(said => said.Image));
        Assert.Empty(bench.Asked[0].Others);
    }

    /// <summary>What is here under a name that is pulled at each start is not what will run.</summary>
    [Fact]
    public async Task ImageThatIsPulledAtEachStart_IsAskedAboutWhenItWas()
    {
        using ImageBench bench = new() { Registry = { ["proxy:latest"] = Proxy }, Present = { ["hello:v1"] = First, ["proxy:latest"] = MovedProxy } };

        List<string?> started = await bench.StartAsync(Given.Pod(image: "proxy:latest").WithInit("setup"));

        Assert.Equal([First, Proxy], started);
        Assert.Equal([First, Proxy], bench.Asked.Select(said => said.Resolved));
    }

    [Fact]
    public async Task ControlPlaneThatDoesNotAnswer_IsWaitedForByOneOfThePodsContainers()
    {
        SteppedTime time = new();
        using ImageBench bench = new() { Time = time, Present = { ["hello:v1"] = First, ["proxy:v1"] = Proxy }, Answer = _ => throw new ControlPlaneException("away", status: null) };
        Pod pod = Given.Pod(image: "proxy:v1").WithInit("setup", "check");

        Assert.Equal([First, First, Proxy], await bench.StartAsync(pod));

        Assert.Single(bench.Asked);
        Assert.Equal(["ImageNotAgreed", "ImageNotAgreed", "ImageNotAgreed"], bench.Events.Take().Where(said => said.Type == "Warning").Select(said => said.Reason));

        time.Advance(TimeSpan.FromSeconds(30));
        await bench.StartAsync(pod);

        Assert.Equal(2, bench.Asked.Count);
    }
}
