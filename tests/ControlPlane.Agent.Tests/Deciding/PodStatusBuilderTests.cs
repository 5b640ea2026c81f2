using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Probes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using static ControlPlane.Agent.Tests.Deciding.Given;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>What kubectl shows of a pod, a row for each state: phase, readiness, the container's state, its last one, restarts.</summary>
public sealed class PodStatusBuilderTests
{
    private static readonly Dictionary<string, (PodView View, string Status)> Rows = new(StringComparer.Ordinal)
    {
        ["nothing yet"] = (View(Pod()), "Pending unready | waiting ContainerCreating | restarts 0"),
        ["the image cannot be had"] = (View(Pod()).Failed("ErrImagePull", 0), "Pending unready | waiting ErrImagePull | restarts 0"),
        ["running without probes"] = (View(Pod(), Alive()), "Running ready | running | restarts 0"),
        ["running, the readiness probe not yet asked"] = (View(Probed(), Alive()), "Running unready | running | restarts 0"),
        ["running, the readiness probe succeeded"] = (View(Probed(), Alive()) with { Probes = Found(isStarted: true, isReady: true) }, "Running ready | running | restarts 0"),
        ["running, the readiness probe failed"] = (View(Probed(), Alive()) with { Probes = Found(isStarted: true, isReady: false) }, "Running unready | running | restarts 0"),
        ["running, the liveness probe failed"] =
            (View(Pod(), Alive()) with { Probes = Failing }, "Running unready | running | restarts 0"),
        ["being stopped, the liveness probe failed"] =
            (View(Pod(), Alive()) with { Busy = ["c"], Probes = Failing }, "Running unready | running | restarts 0"),
        ["running, not yet started up"] = (View(Probed(), Alive()) with { Probes = Found(isStarted: false, isReady: true) }, "Running unready | running | restarts 0"),
        ["crashed, waiting"] = (View(Pod(), Dead(life: 2, backoffSeconds: 20)), "Running unready | waiting CrashLoopBackOff | last Error 1 | restarts 2"),
        ["running again"] = (View(Pod(), Alive("two", life: 1), Dead(exitCode: 3)), "Running ready | running | last Error 3 | restarts 1"),
        ["ended well for good"] = (View(Pod("Never"), Dead(exitCode: 0)), "Succeeded unready | terminated Completed 0 | restarts 0"),
        ["ended badly for good"] = (View(Pod("Never"), Dead(exitCode: 2)), "Failed unready | terminated Error 2 | restarts 0"),
        ["out of memory"] = (View(Pod("Never"), Dead(exitCode: 137) with { IsOutOfMemory = true }), "Failed unready | terminated OOMKilled 137 | restarts 0"),
        ["OnFailure, ended well"] = (View(Pod("OnFailure"), Dead(exitCode: 0)), "Succeeded unready | terminated Completed 0 | restarts 0"),
        ["removed by someone"] = (View(Pod()).LastSeen(Alive(life: 1)), "Running unready | waiting ContainerCreating | last ContainerStatusUnknown 137 | restarts 1"),
        ["removed by someone, for good"] = (View(Pod("Never")).LastSeen(Alive()), "Failed unready | terminated ContainerStatusUnknown 137 | restarts 0"),
        ["finished stays finished"] = (View(Pod("Never").Reported("Succeeded")), "Succeeded unready | waiting ContainerCreating | restarts 0"),
        ["ended in an earlier agent's time"] = (View(Pod("Never").Recorded(Ended(3))), "Failed unready | terminated Error 3 | restarts 2"),
        ["ended well in an earlier agent's time, after a failure"] =
            (View(Pod("OnFailure").Recorded(Ended(0), lastState: Ended(4))), "Succeeded unready | terminated Completed 0 | last Error 4 | restarts 2"),
        ["ran in an earlier agent's time and is gone"] =
            (View(Pod("Never").Recorded(Ran())), "Failed unready | terminated ContainerStatusUnknown 137 | restarts 2"),
        ["ran in an earlier agent's time, is gone and comes again"] =
            (View(Pod("OnFailure").Recorded(Ran())), "Running unready | waiting ContainerCreating | last ContainerStatusUnknown 137 | restarts 2"),
        ["finished keeps how it ended"] = (View(Pod("Never").Recorded(Ended(0), "Succeeded")), "Succeeded unready | terminated Completed 0 | restarts 2"),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Status_ByWhatIsSeen(string seen)
    {
        (PodView view, string status) = Rows[seen];

        Assert.Equal(status, Text(Build(view)));
    }

    [Fact]
    public void Restarts_NeverGoBackWhenAnAgentStartsWithoutContainers()
    {
        ContainerStatus status = Assert.Single(Build(View(Pod().Reported(containerId: "test://before", restartCount: 4))).ContainerStatuses);

        Assert.Equal(("test://before", 4), (status.ContainerID, status.RestartCount));
    }

    /// <summary>For gateways, and for whoever reads <c>kubectl describe</c>: said while the container runs on and while it is stopped, with the time at which it began.</summary>
    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 3)]
    [InlineData(false, null)]
    public void Condition_OfARestartThatWaits_SaysSinceWhenAndWhy(bool isBeingStopped, int? secondsAgo)
    {
        Pod pod = Pod() is var bare ? bare with { Spec = bare.Spec with { Containers = [bare.Spec.Containers[0] with { Ports = [new ContainerPort { Number = 80 }] }] } } : null!;
        PodView view = View(pod, Alive()) with { Probes = Failing, Busy = isBeingStopped ? ["c"] : default, RestartPendingSince = secondsAgo is { } ago ? Ago(ago) : null };

        Condition condition = Build(view).Conditions.Single(condition => condition.Type == "controlplane.dev/RestartPending");

        Assert.Equal(
            ("True", Ago(secondsAgo ?? 0), "WaitingForRequests", "Container c failed liveness probe, will be restarted"),
            (condition.Status, condition.LastTransitionTime, condition.Reason, condition.Message));
        Assert.DoesNotContain(Build(View(pod, Alive())).Conditions, other => other.Type == condition.Type);
        Assert.DoesNotContain(Build(view with { Desired = pod.Deleting() }).Conditions, other => other.Type == condition.Type);
    }

    private static ValueMap<ProbeVerdict> Failing => default(ValueMap<ProbeVerdict>).SetItem("one", new ProbeVerdict { IsStarted = true, IsReady = true, FailedProbe = "liveness" });

    [Fact]
    public void Condition_KeepsItsTimeUntilItChanges()
    {
        PodStatus ready = Build(View(Pod(), Alive()) with { Now = Ago(30) });
        PodStatus stillReady = Build(View(Pod(), Alive()), ready);
        PodStatus unready = Build(View(Pod(), Dead(backoffSeconds: 10)), stillReady);

        Assert.Equal(Ago(30), TimeOf(stillReady));
        Assert.Equal(Noon, TimeOf(unready));
    }

    [Theory]
    [InlineData("Readiness probe failed: HTTP probe failed with statuscode: 503", "containers with unready status: [c]; c: Readiness probe failed: HTTP probe failed with statuscode: 503")]
    [InlineData("", "containers with unready status: [c]")]
    public void Unready_SaysWhatTheFailingProbeGot(string failure, string message)
    {
        ProbeVerdict found = new() { IsStarted = true, Failure = failure };
        PodStatus status = Build(View(Probed(), Alive()) with { Probes = default(ValueMap<ProbeVerdict>).SetItem("one", found) });

        Assert.All(
            status.Conditions.Where(condition => condition.Type is "Ready" or "ContainersReady"),
            condition => Assert.Equal(("ContainersNotReady", message), (condition.Reason, condition.Message)));
    }

    [Fact]
    public void HostPorts_AreTheSandboxsWhileAContainerIsRestarted()
    {
        PodView crashed = View(Pod().WithSecondContainer(), Sandbox(), Dead().In("box"), Alive("side", "d").In("box")) with { SharesNetwork = true };

        Assert.Equal([Port(30_001)], Build(crashed).HostPorts);
    }

    private static DateTimeOffset? TimeOf(PodStatus status) => status.Conditions.Single(condition => condition.Type == "Ready").LastTransitionTime;

    private static PodStatus Build(PodView view, PodStatus? previous = null) =>
        PodStatusBuilder.Build(view, PodSync.Plan(view), previous, "test", "127.0.1.1");

    private static Pod Probed()
    {
        Pod pod = Pod();
        return pod with { Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { ReadinessProbe = new Probe { TcpSocket = new() { Port = 80 } } }] } };
    }

    private static ValueMap<ProbeVerdict> Found(bool isStarted, bool isReady) =>
        default(ValueMap<ProbeVerdict>).SetItem("one", new ProbeVerdict { IsStarted = isStarted, IsReady = isReady });

    private static string Text(PodStatus status)
    {
        ContainerStatus container = Assert.Single(status.ContainerStatuses);
        bool isReady = status.Conditions.Single(condition => condition.Type == "Ready").Status == "True";
        Assert.Equal(container.Ready, isReady);
        string last = container.LastState is { } before ? $" | last {Text(before)["terminated ".Length..]}" : "";
        return $"{status.Phase} {(isReady ? "ready" : "unready")} | {Text(container.State!)}{last} | restarts {container.RestartCount}";
    }

    private static string Text(ContainerState state) => state switch
    {
        { Running: not null } => "running",
        { Waiting: { } waiting } => $"waiting {waiting.Reason}",
        { Terminated: { } end } => $"terminated {end.Reason} {end.ExitCode}",
        _ => "no state",
    };
}
