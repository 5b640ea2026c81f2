using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using static ControlPlane.Agent.Tests.Deciding.Given;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>Images that are pulled, and asked about, while the containers before their own run. In each pod <c>hello:v1</c> sets up, and <c>c</c> comes after it.</summary>
public sealed class ImageAheadTests
{
    private static readonly string Hello = $"hello@sha256:{new string('1', 64)}";
    private static readonly string Proxy = $"proxy@sha256:{new string('5', 64)}";
    private static readonly string OtherProxy = $"proxy@sha256:{new string('6', 64)}";

    [Fact]
    public async Task ContainerWhoseImageWasPulledAhead_WaitsForNoAnswer()
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Present = { ["hello:v1"] = Hello } };
        Pod pod = NewPod();
        await StartAsync(bench, pod, "setup");

        await PullAheadAsync(bench, pod);

        Assert.Equal(["hello:v1", "proxy:v1"], bench.Asked.Select(said => said.Image));
        bench.Present[Proxy] = Proxy;
        Assert.Equal(Proxy, await StartAsync(bench, pod, "c"));
        Assert.Equal(2, bench.Asked.Count);
        Assert.Equal(["proxy:v1"], bench.Pulled);
    }

    /// <summary>Until its turn; then it is told as its container's own.</summary>
    [Fact]
    public async Task PullAhead_IsToldWhenItsContainersTurnComes()
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Present = { [Proxy] = Proxy } };
        Pod pod = NewPod();

        ImageAhead ahead = await PullAheadAsync(bench, pod);

        Assert.Empty(bench.Events.Take());
        await StartAsync(bench, pod, "c", ahead);
        AgentEvent told = Assert.Single(bench.Events.Take());
        Assert.Equal(("Pulled", "spec.containers{c}"), (told.Reason, told.Involved.FieldPath));
        Assert.StartsWith($"Successfully pulled image \"{Proxy}\" in ", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ContainerWhoseImageIsBeingPulled_WaitsForIt_AndPullsNothingItself()
    {
        TaskCompletionSource arrives = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Present = { [Proxy] = Proxy } };
        bench.Runtime.BeforePull = (_, _) => arrives.Task;
        Pod pod = NewPod();
        ImageAhead ahead = Begin(bench, pod);

        Task<string?> turn = StartAsync(bench, pod, "c", ahead);

        Assert.False(turn.IsCompleted);
        Assert.Equal(["Pulling"], bench.Events.Take().Select(told => told.Reason));
        arrives.SetResult();
        Assert.Equal(Proxy, await turn);
        Assert.Equal(["proxy:v1"], bench.Pulled);
        Assert.Single(bench.Asked);
    }

    [Fact]
    public async Task PullAheadThatFails_IsToldByItsContainer_WhichTriesItAgain()
    {
        using ImageBench bench = new();
        Pod pod = NewPod();

        ImageAhead ahead = await PullAheadAsync(bench, pod);

        Assert.Empty(bench.Events.Take());
        ImagePullException failure = await Assert.ThrowsAsync<ImagePullException>(() => StartAsync(bench, pod, "c", ahead));
        Assert.Equal("manifest for proxy:v1 not found", failure.Message);

        bench.Registry["proxy:v1"] = Proxy;
        Assert.Equal(Proxy, await StartAsync(bench, pod, "c", ahead));
        Assert.Equal(["proxy:v1", "proxy:v1", "proxy:v1"], bench.Pulled);
    }

    /// <summary>What is here was named by the first question; what may not be pulled, or is known, is not pulled ahead either.</summary>
    [Theory]
    [InlineData("IfNotPresent", false, true)]
    [InlineData("IfNotPresent", true, false)]
    [InlineData("Never", false, false)]
    [InlineData("Never", true, false)]
    [InlineData("Always", false, true)]
    [InlineData("Always", true, true)]
    public async Task PullPolicy_HoldsAheadToo(string policy, bool isPresent, bool isPulled)
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy } };
        if (isPresent)
        {
            bench.Present["proxy:v1"] = OtherProxy;
        }

        await PullAheadAsync(bench, NewPod(policy));

        Assert.Equal(isPulled ? ["proxy:v1"] : [], bench.Pulled);
        Assert.Equal(isPulled ? [Proxy] : [], bench.Asked.Select(said => said.Resolved));
    }

    /// <summary>One pull for each start: the first is made ahead.</summary>
    [Fact]
    public async Task ImageThatIsPulledAtEachStart_IsPulledOnceForTheFirst()
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy, [Proxy] = Proxy }, Present = { [Proxy] = Proxy } };
        Pod pod = NewPod("Always");
        ImageAhead ahead = await PullAheadAsync(bench, pod);

        await StartAsync(bench, pod, "c", ahead);
        Assert.Equal(["proxy:v1"], bench.Pulled);

        await StartAsync(bench, pod, "c");
        Assert.Equal(2, bench.Pulled.Count);
    }

    [Fact]
    public async Task ImageThatWentSinceItWasPulled_IsPulledAgain()
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy, [Proxy] = Proxy } };
        Pod pod = NewPod();
        ImageAhead ahead = await PullAheadAsync(bench, pod);
        bench.Present.Clear();

        Assert.Equal(Proxy, await StartAsync(bench, pod, "c", ahead));

        Assert.Equal(["proxy:v1", Proxy], bench.Pulled);
    }

    [Fact]
    public async Task RevisionThatKnowsTheImage_PodWithoutARevision_AndDigest_HaveNothingPulledAhead()
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy, [Proxy] = Proxy } };
        Pod pod = NewPod();

        await PullAheadAsync(bench, pod with { Metadata = pod.Metadata with { OwnerReferences = [] } });
        await PullAheadAsync(bench, ImageBench.OfRevision(Pod(image: Proxy).WithInit("setup")));
        await bench.TellAsync("proxy:v1", Proxy);
        await PullAheadAsync(bench, pod);

        Assert.Empty(bench.Pulled);
    }

    /// <summary>Pulls ahead go one after the other; whoever's turn it is does not wait in their queue.</summary>
    [Fact]
    public async Task ContainerWhoseImageWaitsForAnotherPull_PullsItItself()
    {
        TaskCompletionSource arrives = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy, ["large:v1"] = null } };
        bench.Runtime.BeforePull = (image, _) => image == "large:v1" ? arrives.Task : Task.CompletedTask;
        ImageAhead large = Begin(bench, ImageBench.OfRevision(Pod(image: "large:v1").WithInit("setup")));
        Pod pod = NewPod();
        ImageAhead ahead = Begin(bench, pod);
        Assert.Equal(["large:v1"], bench.Pulled);

        Assert.Equal(Proxy, await StartAsync(bench, pod, "c", ahead));

        Assert.False(large.HasEnded);
        arrives.SetResult();
        await Running.Wait.UntilAsync(() => large.HasEnded, () => "the pull goes on", seconds: 20);
        Assert.Equal(["large:v1", "proxy:v1"], bench.Pulled);
    }

    [Fact]
    public async Task ImageThatAnotherPodPulledMeanwhile_IsAskedAboutWithoutAPull()
    {
        TaskCompletionSource arrives = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ImageBench bench = new() { Registry = { ["large:v1"] = null } };
        bench.Runtime.BeforePull = (_, _) => arrives.Task;
        ImageAhead large = Begin(bench, ImageBench.OfRevision(Pod(image: "large:v1").WithInit("setup")));
        ImageAhead ahead = Begin(bench, NewPod());
        bench.Present["proxy:v1"] = Proxy;

        arrives.SetResult();
        await Running.Wait.UntilAsync(() => ahead.HasEnded && large.HasEnded, () => "the pulls go on", seconds: 20);

        Assert.Equal(["large:v1"], bench.Pulled);
        Assert.Equal([Proxy], bench.Asked.Select(said => said.Resolved));
    }

    /// <summary>The container that starts says that it runs what is here, and waits no second time.</summary>
    [Fact]
    public async Task ControlPlaneThatIsSilentAhead_IsNotAskedAgainByTheContainer()
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Answer = _ => throw new ControlPlaneException("away", status: null) };
        Pod pod = NewPod("Always");
        ImageAhead ahead = await PullAheadAsync(bench, pod);
        Assert.Empty(bench.Events.Take());

        Assert.Equal(Proxy, await StartAsync(bench, pod, "c", ahead));

        Assert.Single(bench.Asked);
        Assert.Single(bench.Pulled);
        Assert.Equal(["Pulled", "ImageNotAgreed"], bench.Events.Take().Select(told => told.Reason));
    }

    [Fact]
    public async Task ControlPlaneThatWasSilentJustNow_IsNotAskedAhead()
    {
        using ImageBench bench = new()
        {
            Registry = { ["proxy:v1"] = Proxy },
            Present = { ["hello:v1"] = Hello },
            Answer = _ => throw new ControlPlaneException("away", status: null),
        };
        Pod pod = NewPod();
        await StartAsync(bench, pod, "setup");

        await PullAheadAsync(bench, pod);

        Assert.Equal(["hello:v1"], bench.Asked.Select(said => said.Image));
    }

    /// <summary>The next init container, whose image the first question named, while the desired state has not brought the answer yet.</summary>
    [Fact]
    public async Task WhatTheFirstQuestionAgreedOn_HoldsAfterOneAhead()
    {
        string check = $"check@sha256:{new string('7', 64)}";
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Present = { ["hello:v1"] = Hello, ["check:v1"] = check, [check] = check } };
        Pod pod = NewPod();
        pod = pod with { Spec = pod.Spec with { InitContainers = [.. pod.Spec.InitContainers, new Container { Name = "check", Image = "check:v1" }] } };
        await StartAsync(bench, pod, "setup");
        await PullAheadAsync(bench, pod);

        Assert.Equal(check, await StartAsync(bench, pod, "check"));

        Assert.Equal(["hello:v1", "proxy:v1"], bench.Asked.Select(said => said.Image));
    }

    /// <summary>It keeps all others from beginning; after ten minutes, which pass at once here, it is left to its container.</summary>
    [Fact]
    public async Task PullAheadThatHangs_IsGivenUp()
    {
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Present = { [Proxy] = Proxy }, Time = new HastyTime() };
        bench.Runtime.BeforePull = (_, token) => Task.Delay(Timeout.Infinite, token);
        Pod pod = NewPod();

        ImageAhead ahead = await PullAheadAsync(bench, pod);

        Assert.Empty(bench.Asked);
        bench.Runtime.BeforePull = (_, _) => Task.CompletedTask;
        Assert.Equal(Proxy, await StartAsync(bench, pod, "c", ahead));
        Assert.Equal(["proxy:v1", "proxy:v1"], bench.Pulled);
    }

    [Fact]
    public async Task PullAheadThatHasWaited_IsNotMadeWhereTheRevisionKnowsTheImageByThen()
    {
        TaskCompletionSource arrives = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ImageBench bench = new() { Registry = { ["proxy:v1"] = Proxy }, Present = { [Proxy] = Proxy } };
        bench.Runtime.BeforePull = (_, _) => arrives.Task;
        Pod pod = NewPod("Always");
        ImageAhead first = Begin(bench, pod);
        ImageAhead second = Begin(bench, pod);

        await bench.TellAsync("proxy:v1", Proxy);
        arrives.SetResult();

        await Running.Wait.UntilAsync(() => first.HasEnded && second.HasEnded, () => "the pulls go on", seconds: 20);
        Assert.Equal(["proxy:v1"], bench.Pulled);
    }

    private static Pod NewPod(string policy = "IfNotPresent")
    {
        Pod pod = ImageBench.OfRevision(Pod(image: "proxy:v1").WithInit("setup"));
        return pod with { Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { ImagePullPolicy = policy }] } };
    }

    private static ImageAhead Begin(ImageBench bench, Pod pod) =>
        ImageAhead.Begin((ahead, token) => bench.Images.PullAheadAsync(pod, pod.Spec.Containers[0], ahead, token));

    /// <summary>Has the image of <c>c</c> before its turn, to the end.</summary>
    private static async Task<ImageAhead> PullAheadAsync(ImageBench bench, Pod pod)
    {
        ImageAhead ahead = Begin(bench, pod);
        await Running.Wait.UntilAsync(() => ahead.HasEnded, () => "the pull ahead goes on", seconds: 20);
        return ahead;
    }

    private static Task<string?> StartAsync(ImageBench bench, Pod pod, string container, ImageAhead? ahead = null) =>
        bench.Images.GetAsync(pod, pod.Spec.AllContainers().First(candidate => candidate.Name == container), ahead, CancellationToken.None);

    /// <summary>A clock on which ten minutes are over at once.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == TimeSpan.FromMinutes(10) ? TimeSpan.Zero : dueTime, period);
    }
}
