using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

public sealed class BlockersTests
{
    private static readonly DateTimeOffset Now = Make.Start.AddHours(1);

    private static readonly DateTimeOffset Since = Make.Start.AddMinutes(40);

    public static TheoryData<string, ContainerStatus, string> ContainerCases => new()
    {
        { "ImagePull", Waiting("ImagePullBackOff", "manifest unknown"), "container main: manifest unknown" },
        { "ContainerCrash", Waiting("CrashLoopBackOff", "back-off") with { LastState = Ended(3), RestartCount = 5 }, "container main ended with exit code 3 (Error)" },
        { "ContainerCrash", new ContainerStatus { Name = "main", LastState = Ended(137) }, "container main ended with exit code 137 (Error)" },
        { "ContainerCrash", Waiting("CrashLoopBackOff", "back-off 10s of pod=a") with { LastState = new() { Terminated = new() { ExitCode = 0, Reason = "Completed" } }, RestartCount = 2 }, "container main ended with exit code 0 (Completed)" },
        { "ContainerCrash", new ContainerStatus { Name = "main", LastState = new() { Terminated = new() { ExitCode = 1, Message = "password is hunter2" } } }, "container main ended with exit code 1 (Error)" },
        { "ContainerCrash", new ContainerStatus { Name = "main", State = new() { Terminated = new() { ExitCode = 1, Message = "password is hunter2" } } }, "container main ended with exit code 1 (Error)" },
        { "CreateContainerError", Waiting("CreateContainerError", "no such user"), "container main: no such user" },
    };

    [Theory]
    [MemberData(nameof(ContainerCases))]
    public void Of_ContainerThatCannotRun_TellsItsCause(string reason, ContainerStatus container, string message)
    {
        Pod pod = WithStatus("a", new PodStatus { Phase = "Running", ContainerStatuses = [container], Conditions = [Unready("unready")] });

        Blocker blocker = Assert.Single(Of(Make.Deployment(), pod));

        Assert.Equal((reason, message, "a", "node-1", container.RestartCount), (blocker.Reason, blocker.Message, blocker.Pod, blocker.Node, blocker.Restarts));
    }

    public static TheoryData<string, ContainerStatus, string> InitContainerCases => new()
    {
        { "ImagePull", Waiting("ImagePullBackOff", "manifest unknown"), "init container main: manifest unknown" },
        { "ContainerCrash", Waiting("CrashLoopBackOff", "back-off") with { LastState = Ended(3), RestartCount = 5 }, "init container main ended with exit code 3 (Error)" },
        { "PodInitializing", new ContainerStatus { Name = "main", State = new() { Running = new() } }, "init container main has not ended yet, and the others wait for it" },
        { "ContainerCreating", Waiting("PodInitializing", ""), "init container main is still being made, its image perhaps still being pulled" },
    };

    /// <summary>The others wait for it, which is no news.</summary>
    [Theory]
    [MemberData(nameof(InitContainerCases))]
    public void Of_InitContainerThatDoesNotSucceed_TellsItsCause(string reason, ContainerStatus container, string message)
    {
        ContainerStatus done = new() { Name = "done", Ready = true, State = Ended(0) };
        ContainerStatus app = Waiting("PodInitializing", "") with { Name = "app" };
        Pod pod = WithStatus("a", new PodStatus { Phase = "Pending", InitContainerStatuses = [done, container], ContainerStatuses = [app], Conditions = [Unready("unready")] });
        pod = pod with { Spec = pod.Spec with { InitContainers = [new() { Name = "done" }, new() { Name = "main" }] } };

        Blocker blocker = Assert.Single(Of(Make.Deployment(), pod));

        Assert.Equal((reason, message, container.RestartCount), (blocker.Reason, blocker.Message, blocker.Restarts));
    }

    [Fact]
    public void Of_PodsWithOneCause_AreOneBlockerWithACount()
    {
        Unschedulable why = new(300, [new UnschedulableReason(212, "cpu", "Insufficient cpu"), new UnschedulableReason(88, "cordoned", "node(s) were unschedulable")]);
        Condition none = new() { Type = "PodScheduled", Status = "False", Message = why.Message, LastTransitionTime = Since };
        PodStatus status = new() { Phase = "Pending", Conditions = [none], Unschedulable = why };

        Blocker blocker = Assert.Single(Of(Make.Deployment(), Unbound("b", status), Unbound("a", status)));

        const string Message = "212 of 300 nodes: cpu; 88 of 300 nodes: cordoned";
        Assert.Equal(new Blocker { Reason = "Unschedulable", Message = Message, Pod = "a", Since = Since, Count = 2 }, blocker);
    }

    [Theory]
    [InlineData(null, "no node fits")]
    [InlineData("0/3 nodes are available: pick another.", "0/3 nodes are available: pick another.")]
    public void Of_UnschedulablePodOfAnotherScheduler_TellsItsSentenceAsItIs(string? sentence, string message)
    {
        Condition none = new() { Type = "PodScheduled", Status = "False", Message = sentence, LastTransitionTime = Since };

        Assert.Equal(message, Assert.Single(Of(Make.Deployment(), Unbound("a", new PodStatus { Phase = "Pending", Conditions = [none] }))).Message);
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData(10, 1)]
    public void Of_ContainerThatIsStillBeingMade_IsABlockerAfterTenSeconds(int seconds, int blockers)
    {
        Condition unready = Unready("unready") with { LastTransitionTime = Now.AddSeconds(-seconds) };
        ContainerStatus making = new() { Name = "main", State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "ContainerCreating" } } };

        ValueList<Blocker> told = Of(Make.Deployment(), WithStatus("a", new PodStatus { Phase = "Pending", ContainerStatuses = [making], Conditions = [unready] }));

        Assert.Equal(blockers, told.Count(blocker => blocker.Reason == "ContainerCreating"));
        Assert.Equal(blockers, told.Count);
    }

    [Fact]
    public void Of_PodThatItsNodeHasNotTakenOn_SaysSo() =>
        Assert.Equal("NotStarted", Only(WithStatus("a", new PodStatus { Phase = "Pending" })).Item1);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public void Of_Fault_IsABlockerAfterTwoSeconds(int seconds, int blockers)
    {
        Condition unready = Unready("unready") with { LastTransitionTime = Now.AddSeconds(-seconds) };

        Assert.Equal(blockers, Of(Make.Deployment(), WithStatus(
            "a", new PodStatus { Phase = "Pending", ContainerStatuses = [Waiting("ErrImagePull", "manifest unknown")], Conditions = [unready] })).Count);
    }

    [Fact]
    public void Of_LongMessage_IsCut() =>
        Assert.Equal(512, Only(WithStatus("a", new PodStatus { Phase = "Running", ContainerStatuses = [Waiting("Odd", new string('x', 2000))] })).Item2.Length);

    [Fact]
    public void Of_FailedRevision_TellsWhyItFailed()
    {
        Deployment deployment = Make.Deployment();
        Condition failed = new() { Type = "Failed", Status = "True", Reason = "CrashLoopBackOff", Message = "main exits 3", LastTransitionTime = Since };
        ReplicaSet current = Make.Revision(deployment, 1, 3) with { Status = new ReplicaSetStatus { Conditions = [failed] } };

        Blocker blocker = Assert.Single(Blockers.Of(Snapshot(deployment, [], []) with { ReplicaSets = [current] }));

        Assert.Equal(new Blocker { Reason = "Failed", Message = "main exits 3", Since = Since }, blocker);
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public void Of_PodThatOutlivesItsGrace_IsABlockerAfterTenSeconds(int secondsBeyond, bool isTold)
    {
        Deployment deployment = Make.Deployment();
        ReplicaSet old = Make.Revision(deployment, 0, 0);

        ValueList<Blocker> told = Blockers.Of(Snapshot(deployment, [old], [Make.Terminating(Make.Pod(old, "old"), Now.AddSeconds(-secondsBeyond))]));

        Assert.Equal(isTold, told.Any(blocker => blocker is { Reason: "Terminating", Pod: "old", Node: "node-1" }));
    }

    [Fact]
    public void Of_UnreadyPod_TellsWhatItsConditionSays() =>
        Assert.Equal(("NotReady", "probe got 503"), Only(WithStatus("a", new PodStatus { Phase = "Running", Conditions = [Unready("probe got 503")] })));

    [Fact]
    public void Of_ReadyPodBeforeMinReadySeconds_TellsHowLongItMustStaySo() =>
        Assert.Equal(
            "MinReadySeconds",
            Assert.Single(Of(Make.Deployment(minReadySeconds: 30), Make.Ready(NewPod("a"), Now.AddSeconds(-10)))).Reason);

    [Fact]
    public void Of_ReadyPodAfterMinReadySeconds_IsNoBlocker() =>
        Assert.Empty(Of(Make.Deployment(minReadySeconds: 30), Make.Ready(NewPod("a"), Now.AddSeconds(-30))));

    [Fact]
    public void Of_PausedDeployment_SaysSo()
    {
        Deployment deployment = Make.Deployment();

        Assert.Equal("Paused", Assert.Single(Of(deployment with { Spec = deployment.Spec with { Paused = true } })).Reason);
    }

    [Theory]
    [InlineData("RolledBack", "True", "Aborted", "RolledBack")]
    [InlineData("Progressing", "False", "ProgressDeadlineExceeded", "Failed")]
    [InlineData("ReplicaFailure", "True", "FailedCreate", "ReplicaFailure")]
    public void Of_FailedRollout_TellsItsCondition(string type, string status, string because, string reason)
    {
        Condition condition = new() { Type = type, Status = status, Reason = because, Message = "why", LastTransitionTime = Since };
        Deployment deployment = Make.Deployment() with { Status = new DeploymentStatus { Conditions = [condition] } };

        Assert.Equal(new Blocker { Reason = reason, Message = "why", Since = Since }, Assert.Single(Of(deployment)));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void Of_RollingUpdateBetweenItsBounds_TellsThatTheBudgetIsUsedUp(int oldAvailable, bool isUsedUp)
    {
        Deployment deployment = Make.Deployment(replicas: 4, maxSurge: 1, maxUnavailable: 1);
        ReplicaSet old = Make.Revision(deployment, 0, 4);
        Pod[] oldPods = [.. Enumerable.Range(0, oldAvailable).Select(i => Make.Ready(Make.Pod(old, $"old-{i}"), Since))];
        Pod[] newPods = [.. Enumerable.Range(0, 5 - oldAvailable).Select(i => NewPod($"new-{i}"))];

        Assert.Equal(isUsedUp, Blockers.Of(Snapshot(deployment, [old], [.. oldPods, .. newPods])).Any(blocker => blocker.Reason == "BudgetUsedUp"));
    }

    [Fact]
    public void Of_RecreateWithTerminatingOldPods_TellsWhichAndSinceWhen()
    {
        Deployment deployment = Make.Deployment(strategy: "Recreate");
        ReplicaSet old = Make.Revision(deployment, 0, 0);

        Blocker blocker = Assert.Single(Blockers.Of(Snapshot(deployment, [old], [Make.Terminating(Make.Pod(old, "old"), Now.AddSeconds(10))])));

        Assert.Equal(("WaitingForTermination", "old", Now.AddSeconds(-20)), (blocker.Reason, blocker.Pod, blocker.Since));
    }

    [Fact]
    public void Of_ManyDifferentCauses_IsBounded() =>
        Assert.Equal(
            Blockers.BlockersMax,
            Of(Make.Deployment(), [.. Enumerable.Range(0, 50).Select(i => WithStatus($"p{i}", new PodStatus { Phase = "Running", Conditions = [Unready($"m{i}")] }))]).Count);

    private static (string, string) Only(Pod pod)
    {
        Blocker blocker = Assert.Single(Of(Make.Deployment(), pod));
        return (blocker.Reason, blocker.Message);
    }

    private static ValueList<Blocker> Of(Deployment deployment, params Pod[] pods) => Blockers.Of(Snapshot(deployment, [], pods));

    private static WorkloadSnapshot Snapshot(Deployment deployment, ReplicaSet[] old, Pod[] pods) => new()
    {
        Deployment = deployment,
        ReplicaSets = [.. old, Make.Revision(deployment, 1, deployment.Spec.Replicas ?? 1)],
        IsReplicaSetNameTaken = _ => false,
        Pods = pods,
        Cluster = new ClusterState(),
        Now = Now,
        Ids = new IdSource(1),
    };

    private static Pod NewPod(string name) => Make.Pod(Make.Revision(Make.Deployment(), 1, 3), name);

    private static Pod WithStatus(string name, PodStatus status) => NewPod(name) with { Status = status };

    private static Pod Unbound(string name, PodStatus status) =>
        Make.Pod(Make.Revision(Make.Deployment(), 1, 3), name, node: null) with { Status = status };

    private static Condition Unready(string message) => new() { Type = "Ready", Status = "False", Message = message, LastTransitionTime = Since };

    private static ContainerStatus Waiting(string reason, string message) =>
        new() { Name = "main", State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } } };

    private static ContainerState Ended(int exitCode) => new() { Terminated = new ContainerStateTerminated { ExitCode = exitCode, Reason = "Error" } };
}
