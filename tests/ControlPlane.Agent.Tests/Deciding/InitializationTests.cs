using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using static ControlPlane.Agent.Tests.Deciding.Given;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>
/// Pods whose container <c>c</c> waits for the init containers <c>a</c> and <c>b</c>: what is seen, the steps that follow, and what is said: the phase, the
/// init containers that are not done, and the state of each container.
/// </summary>
public sealed class InitializationTests
{
    private static readonly Dictionary<string, (PodView View, string Steps, string Status)> Rows = new(StringComparer.Ordinal)
    {
        ["new: the first alone is started"] =
            (View(Two()), "start a life 0 then 0s, wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),
        ["the first runs: the others wait"] =
            (View(Two(), A()), "wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:running b:PodInitializing c:PodInitializing"),
        ["the first is being started: the others wait"] =
            (View(Two()) with { Busy = ["a"] }, "wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),
        ["the first has succeeded: the second is started"] =
            (View(Two(), A().Ended(0)), "start b life 0 then 0s, wait c PodInitializing", "Pending [b] a:Completed b:PodInitializing c:PodInitializing"),
        ["the second runs"] =
            (View(Two(), A().Ended(0), B()), "wait c PodInitializing", "Pending [b] a:Completed b:running c:PodInitializing"),
        ["both have succeeded: the container is started, and is being initialized until it runs"] =
            (View(Two(), A().Ended(0), B().Ended(0)), "start c life 0 then 0s", "Pending [] a:Completed b:Completed c:PodInitializing"),
        ["the container runs"] =
            (View(Two(), A().Ended(0), B().Ended(0), Alive()), "nothing", "Running [] a:Completed b:Completed c:running"),
        ["the container crashes: it alone is started again"] =
            (View(Two(), A().Ended(0), B().Ended(0), Dead()), "start c life 1 then 10s", "Running [] a:Completed b:Completed c:Error"),

        ["Always, failed: run again at once"] =
            (View(Two(), A().Ended(1)), "start a life 1 then 10s, wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:Error b:PodInitializing c:PodInitializing"),
        ["Always, failed again: run after its back-off"] =
            (View(Two(), Waiting10(A(life: 1).Ended(1))), "wait a CrashLoopBackOff, wait b PodInitializing, wait c PodInitializing, again at +10s",
                "Pending [a b] a:CrashLoopBackOff b:PodInitializing c:PodInitializing"),
        ["OnFailure, failed: run again"] =
            (View(Two("OnFailure"), A().Ended(1)), "start a life 1 then 10s, wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:Error b:PodInitializing c:PodInitializing"),
        ["Never, failed: the pod has failed"] =
            (View(Two("Never"), A().Ended(1)), "wait b PodInitializing, wait c PodInitializing", "Failed [a b] a:Error b:PodInitializing c:PodInitializing"),
        ["Never, vanished while it ran: the pod has failed"] =
            (View(Two("Never")).LastSeen(A()), "wait b PodInitializing, wait c PodInitializing", "Failed [a b] a:ContainerStatusUnknown b:PodInitializing c:PodInitializing"),
        ["Never, the second failed: the first stays done"] =
            (View(Two("Never"), A().Ended(0), B().Ended(3)), "wait c PodInitializing", "Failed [b] a:Completed b:Error c:PodInitializing"),
        ["vanished while it ran: run again"] =
            (View(Two()).LastSeen(A()), "start a life 1 then 0s, wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),
        ["another image for one that runs is for its next run"] =
            (View(Two(), A() with { Image = "hello:v0" }), "wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:running b:PodInitializing c:PodInitializing"),

        ["a dead one was removed: it has succeeded all the same"] =
            (View(Two()).LastSeen(A().Ended(0)), "start b life 0 then 0s, wait c PodInitializing", "Pending [b] a:Completed b:PodInitializing c:PodInitializing"),
        ["both were removed in the sight of nobody: the container that runs speaks for them"] =
            (View(Two(), Alive()), "nothing", "Running [] a:Completed b:Completed c:running"),
        ["another agent's time: the record knows who has succeeded"] =
            (View(Recorded(Ended(0), new() { Waiting = new() })), "start b life 0 then 0s, wait c PodInitializing", "Pending [b] a:Completed b:PodInitializing c:PodInitializing"),
        ["another agent's time: one that failed runs again"] =
            (View(Recorded(Ended(1), new() { Waiting = new() })), "start a life 1 then 0s, wait b PodInitializing, wait c PodInitializing",
                "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),
        ["another agent's time: one that ran and is gone runs again"] =
            (View(Recorded(Ran(), new() { Waiting = new() })), "start a life 1 then 0s, wait b PodInitializing, wait c PodInitializing",
                "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),

        ["OnFailure: a pod whose containers are all done is not initialized again"] =
            (View(Two("OnFailure"), Dead(exitCode: 0)), "nothing", "Succeeded [] a:Completed b:Completed c:Completed"),
        ["deletion mark: what runs is stopped, and nothing is said to be undone"] =
            (Shared(Two().Deleting(5), A("old").Ended(0), B("old").Ended(0), Alive().In("old")), "remove a1, remove b1, stop one 5s", "Running [] a:Completed b:Completed c:running"),

        ["sandbox: comes before the first"] =
            (Shared(Two()), "start the sandbox 0, wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),
        ["sandbox: the first joins it"] =
            (Shared(Two(), Sandbox()), "start a life 0 then 0s in the network of box, wait b PodInitializing, wait c PodInitializing",
                "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),
        ["sandbox: one that cannot be made is tried again"] =
            (Shared(Two()) with { Memory = default(Domain.Resources.Values.ValueMap<ContainerMemory>).SetItem("POD", new() { Failure = new("because", "no", Ago(4), 1) }) },
                "wait a PodInitializing, wait b PodInitializing, wait c PodInitializing, again at +6s", "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),
        ["sandbox: in the next one all that ran in the old one is stopped first"] =
            (Shared(Two(), Sandbox("box", life: 1), A("old").Ended(0), B("old").Ended(0), Alive().In("old")), "stop one 30s, wait a PodInitializing, wait b PodInitializing",
                "Pending [a b] a:PodInitializing b:PodInitializing c:running"),
        ["sandbox: in the next one all run again"] =
            (Shared(Two(), Sandbox("box", life: 1), A("old").Ended(0), B("old").Ended(0), Dead().In("old")),
                "start a life 1 then 10s in the network of box, wait b PodInitializing, wait c PodInitializing", "Pending [a b] a:Completed b:PodInitializing c:PodInitializing"),
        ["sandbox: in the next one a record from before it counts for nothing"] =
            (Shared(Recorded(Ended(0), Ended(0)), Sandbox("box", life: 1)), "start a life 1 then 0s in the network of box, wait b PodInitializing, wait c PodInitializing",
                "Pending [a b] a:PodInitializing b:PodInitializing c:PodInitializing"),
        ["sandbox: a record from after its start counts"] =
            (Shared(Recorded(Ended(0), Ended(0)), Sandbox() with { StartedAt = Ago(300) }), "start c life 0 then 0s in the network of box", "Pending [] a:Completed b:Completed c:PodInitializing"),
        ["sandbox: Never runs nothing again in the next one"] =
            (Shared(Two("Never"), Sandbox("box", life: 1), A("old").Ended(0), B("old").Ended(0), Dead().In("old")), "nothing", "Failed [] a:Completed b:Completed c:Error"),
        ["sandbox: a finished pod gives it back and stays initialized"] =
            (Shared(Two("Never").Reported("Succeeded"), Sandbox(), A("box").Ended(0), B("box").Ended(0), Dead(exitCode: 0).In("box")), "remove box",
                "Succeeded [] a:Completed b:Completed c:Completed"),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void InitContainers_RunToSuccessInOrder(string rule)
    {
        (PodView view, string steps, string status) = Rows[rule];

        Assert.Equal((steps, status), (PodSyncTests.Text(PodSync.Plan(view)), Text(Build(view))));
    }

    private static readonly Dictionary<string, (PodView View, string[] Ahead)> AheadRows = new(StringComparer.Ordinal)
    {
        ["nothing has begun: the first image is all that is pulled"] = (View(Two()), []),
        ["the first is made, and was never started"] = (View(Two(), A() with { Phase = ContainerPhase.Created }), []),
        ["the first runs"] = (View(Two(), A()), ["b", "c"]),
        ["the first is run again"] = (View(Two(), A().Ended(1)), ["b", "c"]),
        ["the second is being started"] = (View(Two(), A().Ended(0)) with { Busy = ["b"] }, ["c"]),
        ["it is the last one's turn"] = (View(Two(), A().Ended(0), B().Ended(0)), []),
        ["a sidecar has not started up yet"] = (View(Pod().WithSidecars("a"), A()) with { Probes = default(Domain.Resources.Values.ValueMap<ControlPlane.Agent.Probes.ProbeVerdict>).SetItem("a1", new() { IsStarted = false }) }, ["c"]),
        ["one without init containers starts all at once"] = (View(Pod().WithSecondContainer(), Alive()), []),
        ["sandbox: it is no container that has begun"] = (Shared(Two(), Sandbox()), []),
        ["sandbox: in the next one the images of those that ran are here"] =
            (Shared(Two(), Sandbox("box", life: 1), A("old").Ended(0), B("old").Ended(0), Dead().In("old")), []),
        ["deletion mark"] = (View(Two().Deleting(5), A()), []),
    };

    public static TheoryData<string> AheadNames => [.. AheadRows.Keys];

    [Theory]
    [MemberData(nameof(AheadNames))]
    public void ImagesOfThoseThatWait_AreHadWhileOthersRun(string rule)
    {
        (PodView view, string[] ahead) = AheadRows[rule];

        Assert.Equal(ahead, PodSync.Plan(view).Ahead);
    }

    [Fact]
    public void Initialized_NamesWhatIsNotDone()
    {
        Condition condition = Build(View(Two(), A())).Conditions.Single(said => said.Type == "Initialized");

        Assert.Equal(("False", "ContainersNotInitialized", "containers with incomplete status: [a b]"), (condition.Status, condition.Reason, condition.Message));
    }

    [Fact]
    public void AnInitContainer_IsReadyOnceItHasSucceeded()
    {
        Assert.Equal([true, false], Build(View(Two(), A().Ended(0), B())).InitContainerStatuses.Select(status => status.Ready));
    }

    [Fact]
    public void TheReadyCondition_SpeaksOfTheOtherContainersOnly()
    {
        Condition condition = Build(View(Two(), A())).Conditions.Single(said => said.Type == "Ready");

        Assert.Equal("containers with unready status: [c]", condition.Message);
    }

    private static Pod Two(string restartPolicy = "Always") => Pod(restartPolicy).WithInit("a", "b");

    private static ObservedContainer A(string? network = null, int life = 0) => Alive($"a{life + 1}", "a", life: life) with { NetworkOf = network };

    private static ObservedContainer B(string? network = null) => Alive("b1", "b") with { NetworkOf = network };

    private static ObservedContainer Waiting10(ObservedContainer container) => container with { Identity = container.Identity with { NextBackoff = TimeSpan.FromSeconds(10) } };

    private static PodView Shared(Pod pod, params ObservedContainer[] containers) => View(pod, containers) with { SharesNetwork = true };

    /// <summary>A record of the two, which ran two minutes ago.</summary>
    private static Pod Recorded(ContainerState a, ContainerState b)
    {
        ContainerState At(ContainerState state) => state.Terminated is { } end ? state with { Terminated = end with { StartedAt = Ago(120) } } : state;
        return Two() with
        {
            Status = new PodStatus
            {
                Phase = "Pending",
                InitContainerStatuses =
                [
                    new() { Name = "a", ContainerID = "test://a", State = At(a) },
                    new() { Name = "b", ContainerID = b.Terminated is null ? null : "test://b", State = At(b) },
                ],
            },
        };
    }

    private static PodStatus Build(PodView view) => PodStatusBuilder.Build(view, PodSync.Plan(view), previous: null, "test", "127.0.1.1");

    private static string Text(PodStatus status)
    {
        string message = status.Conditions.Single(condition => condition.Type == "Initialized").Message ?? "";
        string left = message.Length == 0 ? "[]" : message[message.IndexOf('[', StringComparison.Ordinal)..];
        return $"{status.Phase} {left} {string.Join(' ', status.InitContainerStatuses.Concat(status.ContainerStatuses).Select(Text))}";
    }

    private static string Text(ContainerStatus container) =>
        $"{container.Name}:{container.State!.Waiting?.Reason ?? container.State.Terminated?.Reason ?? (container.State.Running is null ? "no state" : "running")}";
}
