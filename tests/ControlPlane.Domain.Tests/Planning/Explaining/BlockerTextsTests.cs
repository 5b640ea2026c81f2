using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

/// <summary>What each blocker says, of whom and since when.</summary>
public sealed class BlockerTextsTests
{
    private static readonly DateTimeOffset Now = Make.Start.AddHours(1);

    private static readonly DateTimeOffset Since = Make.Start.AddMinutes(40);

    [Fact]
    public void Of_Pods_TellsTheMessageAndSinceWhen()
    {
        ContainerStatus making = new() { Name = "main", State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "ContainerCreating" } } };
        Condition unready = new() { Type = "Ready", Status = "False", LastTransitionTime = Since };

        AssertTold(("NotStarted", "its node has not taken it on yet", Make.Start.AddMinutes(30)), new PodStatus { Phase = "Pending" });
        AssertTold(
            ("ContainerCreating", "container main is still being made, its image perhaps still being pulled", Since),
            new PodStatus { Phase = "Pending", ContainerStatuses = [making], Conditions = [unready] });
        AssertTold(("NotReady", "not ready", Since), new PodStatus { Phase = "Running", Conditions = [unready] });
        AssertTold(("NotReady", "not ready", Since), new PodStatus { Phase = "Running", Conditions = [unready with { Message = "" }] });
    }

    [Theory]
    [InlineData("ErrImagePull")]
    [InlineData("ImagePullBackOff")]
    [InlineData("ErrImageNeverPull")]
    [InlineData("InvalidImageName")]
    public void Of_ImageThatSaysNothing_TellsItsReason(string reason) => AssertTold(
        ("ImagePull", $"container main: {reason}", Make.Start.AddMinutes(30)),
        new PodStatus { Phase = "Pending", ContainerStatuses = [new ContainerStatus { Name = "main", State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason } } }] });

    [Theory]
    [InlineData("PodInitializing")]
    [InlineData("ContainerCreating")]
    public void Of_ContainerOfARunningPodThatIsBeingMade_IsNoFault(string reason) => Assert.Empty(Of(Make.Deployment(), Pod("a") with
    {
        Status = new PodStatus { Phase = "Running", ContainerStatuses = [new ContainerStatus { Name = "main", State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason } } }] },
    }));

    /// <summary>A container that has ended badly is a crash until it is ready again; one that has ended well, or is ready, is none.</summary>
    [Theory]
    [InlineData(3, false, null, "container main ended with exit code 3 (Error)")]
    [InlineData(3, false, "OOMKilled", "container main ended with exit code 3 (OOMKilled)")]
    [InlineData(0, false, null, "not ready")]
    [InlineData(3, true, null, "not ready")]
    public void Of_ContainerThatEnded_IsACrashUntilItIsReadyAgain(int exitCode, bool isReady, string? reason, string message)
    {
        ContainerState ended = new() { Terminated = new ContainerStateTerminated { ExitCode = exitCode, Reason = reason } };
        Condition unready = new() { Type = "Ready", Status = "False", LastTransitionTime = Since };
        foreach (ContainerStatus container in new[] { new ContainerStatus { State = ended }, new ContainerStatus { LastState = ended } })
        {
            Pod pod = Pod("a") with { Status = new PodStatus { Phase = "Running", ContainerStatuses = [container with { Name = "main", Ready = isReady }], Conditions = [unready] } };
            Assert.Equal(message, Assert.Single(Of(Make.Deployment(), pod)).Message);
        }
    }

    [Fact]
    public void Of_APodBeforeMinReadySeconds_TellsSinceWhenItIsReady()
    {
        Blocker blocker = Assert.Single(Of(Make.Deployment(minReadySeconds: 30), Make.Ready(Pod("a"), Now.AddSeconds(-10))));

        Assert.Equal(("ready, and available once it has been so for 30 s", Now.AddSeconds(-10)), (blocker.Message, blocker.Since));
    }

    [Fact]
    public void Of_PodsAlike_TellsTheFirstBegunAndTheMostRestarts()
    {
        Pod Crashed(string name, int minutes, int restarts) => Pod(name) with
        {
            Status = new PodStatus
            {
                Phase = "Running",
                ContainerStatuses = [new ContainerStatus { Name = "main", RestartCount = restarts, LastState = new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = 1 } } }],
                Conditions = [new Condition { Type = "Ready", Status = "False", LastTransitionTime = Make.Start.AddMinutes(minutes) }],
            },
        };

        Blocker blocker = Assert.Single(Of(Make.Deployment(), Crashed("b", 41, 1), Crashed("a", 43, 7), Crashed("c", 42, 2)));

        Assert.Equal(("a", Make.Start.AddMinutes(41), 7, 3), (blocker.Pod, blocker.Since, blocker.Restarts, blocker.Count));
    }

    [Fact]
    public void Of_SeveralCauses_GoByRuleThenByAgeThenByName()
    {
        PodStatus Unready(string message, int minutes) => new() { Phase = "Running", Conditions = [new Condition { Type = "Ready", Status = "False", Message = message, LastTransitionTime = Make.Start.AddMinutes(minutes) }] };
        ContainerStatus pulling = new() { Name = "main", State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "ErrImagePull", Message = "no" } } };

        ValueList<Blocker> told = Of(
            Make.Deployment(),
            Pod("d") with { Status = Unready("m1", 42) },
            Pod("c") with { Status = Unready("m2", 41) },
            Pod("b") with { Status = Unready("m3", 41) },
            Pod("z") with { Status = new PodStatus { Phase = "Pending", ContainerStatuses = [pulling] } });

        Assert.Equal(["z", "b", "c", "d"], told.Select(blocker => blocker.Pod));
    }

    [Theory]
    [InlineData("DeploymentPaused", true)]
    [InlineData("ReplicaSetUpdated", false)]
    public void Of_PausedDeployment_TellsSinceWhenIfThatIsOnRecord(string reason, bool isKnown)
    {
        Deployment deployment = Make.Deployment() with { Status = new DeploymentStatus { Conditions = [new Condition { Type = "Progressing", Status = "Unknown", Reason = reason, LastUpdateTime = Since }] } };

        Blocker blocker = Assert.Single(Of(deployment with { Spec = deployment.Spec with { Paused = true } }));

        Assert.Equal(("Paused", "the Deployment is paused (spec.paused)", isKnown ? Since : null), (blocker.Reason, blocker.Message, blocker.Since));
    }

    [Fact]
    public void Of_Strategies_TellWhatTheyWaitFor()
    {
        Deployment rolling = Make.Deployment(replicas: 4, maxSurge: 1, maxUnavailable: 1);
        ReplicaSet old = Make.Revision(rolling, 0, 4);
        Pod[] pods = [.. Enumerable.Range(0, 3).Select(i => Make.Ready(Make.Pod(old, $"old-{i}"), Since)), Pod("new-0"), Pod("new-1")];
        Deployment recreate = Make.Deployment(strategy: "Recreate");
        Pod[] leaving = [Make.Terminating(Make.Pod(old, "first"), Now.AddSeconds(20)), Make.Terminating(Make.Pod(old, "second"), Now.AddSeconds(10))];

        Assert.Equal(
            new Blocker
            {
                Reason = "BudgetUsedUp",
                Message = "5 of at most 5 pods exist, and 3 are available of which at least 3 must stay: waiting for new pods to become available",
                Pod = "new-0",
                Node = pods[3].Spec.NodeName,
                Since = Since,
                Count = 2,
            },
            Assert.Single(Blockers.Of(Snapshot(rolling, [old], pods)), blocker => blocker.Reason == "BudgetUsedUp"));
        Assert.Equal(
            new Blocker
            {
                Reason = "WaitingForTermination",
                Message = "old pods are terminating, and new ones start when they have gone",
                Pod = "first",
                Node = "node-1",
                Since = Now.AddSeconds(-20),
                Count = 2,
            },
            Assert.Single(Blockers.Of(Snapshot(recreate, [old], leaving))));
    }

    [Fact]
    public void Of_PodThatOutlivesItsGrace_TellsSinceWhenThatIsOver()
    {
        Deployment deployment = Make.Deployment();
        ReplicaSet old = Make.Revision(deployment, 0, 0);

        Blocker blocker = Assert.Single(Blockers.Of(Snapshot(deployment, [old], [Make.Terminating(Make.Pod(old, "old"), Now.AddSeconds(-10))])));

        Assert.Equal(
            new Blocker { Reason = "Terminating", Message = "its grace is over, and its node has not reported its end", Pod = "old", Node = "node-1", Since = Now.AddSeconds(-10), Count = 1 },
            blocker);
    }

    [Theory]
    [InlineData(RolloutPhases.WaitingForPromotion, "WaitingForPromotion", "step 1 of 4 of policy careful waits until it is promoted")]
    [InlineData(RolloutPhases.Paused, "RolloutPaused", "step 1 of 4 of policy careful waits for its time to pass")]
    [InlineData(RolloutPhases.Analyzing, "Analyzing", "step 1 of 4 of policy careful judges what the gateways see; 2 windows were good")]
    [InlineData("inconclusive", "Inconclusive", "step 1 of 4 of policy careful: too few")]
    [InlineData(RolloutPhases.Progressing, null, null)]
    public void Of_AStepOfAPolicy_TellsWhatItWaitsFor(string phase, string? reason, string? message)
    {
        bool isInconclusive = phase == "inconclusive";
        RolloutStateSpec state = new()
        {
            Policy = "careful",
            Step = 1,
            Steps = 4,
            Since = Since,
            Phase = isInconclusive ? RolloutPhases.Analyzing : phase,
            Analysis = new AnalysisState { Good = 2, Last = "too few", IsInconclusive = isInconclusive },
        };

        ValueList<Blocker> told = Blockers.Of(Snapshot(Make.Deployment(), [], []) with { State = new RolloutState { Spec = state } });

        Assert.Equal(reason is null ? [] : [new Blocker { Reason = reason, Message = message!, Since = Since }], told);
    }

    [Fact]
    public void Of_APolicysService_TellsThatItIsMissingOrNotNamed()
    {
        RolloutStateSpec state = new() { Policy = "careful", Traffic = [new ServiceTraffic { Service = "there" }, new ServiceTraffic { Service = "gone" }] };
        RolloutPolicy policy = Make.Policy(strategy: new RolloutStrategy { Type = "Canary", Canary = new CanaryStrategy() });
        WorkloadSnapshot snapshot = Snapshot(Make.Deployment(), [], []) with
        {
            State = new RolloutState { Spec = state },
            Policy = new PolicyChoice([policy]),
            ServiceOf = name => name == "there" ? new Service() : null,
        };

        Assert.Equal(
            [
                ("NoService", "policy careful names no Service: the share of requests follows the number of pods"),
                ("ServiceNotFound", "policy careful divides the requests of Service gone, which does not exist"),
            ],
            Blockers.Of(snapshot).Select(blocker => (blocker.Reason, blocker.Message)));
        Assert.DoesNotContain(
            Blockers.Of(snapshot with { State = new RolloutState { Spec = state with { Policy = "another" } } }), blocker => blocker.Reason == "NoService");
    }

    [Theory]
    [InlineData("hello", null)]
    [InlineData("", null)]
    [InlineData("hello other", "Service web selects pods of other too, which get no requests while this rollout divides them; give it a label of this Deployment alone")]
    [InlineData("a b c d e f hello", "Service web selects pods of a, b, c, d, e and 1 more too, which get no requests while this rollout divides them; give it a label of this Deployment alone")]
    public void Of_APolicysService_TellsThatItSelectsPodsOfOthersToo(string selected, string? message)
    {
        WorkloadSnapshot snapshot = Snapshot(Make.Deployment(), [], []) with
        {
            State = new RolloutState { Spec = new RolloutStateSpec { Policy = "careful", Traffic = [new ServiceTraffic { Service = "web" }] } },
            ServiceOf = _ => new Service(),
            SelectedBy = name => name == "web" ? selected.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [],
        };

        Assert.Equal(message is null ? [] : [new Blocker { Reason = "ServiceShared", Message = message }], Blockers.Of(snapshot));
    }

    [Theory]
    [InlineData("why", "FailedCreate", "why")]
    [InlineData(null, "FailedCreate", "FailedCreate")]
    [InlineData(null, null, "")]
    public void Of_AConditionWithoutAMessage_TellsItsReason(string? message, string? reason, string told)
    {
        Condition condition = new() { Type = "ReplicaFailure", Status = "True", Reason = reason, Message = message };

        Assert.Equal(told, Assert.Single(Of(Make.Deployment() with { Status = new DeploymentStatus { Conditions = [condition] } })).Message);
    }

    /// <summary>Made 1 s and 0 s ago, and marked so that one is overdue in 4 s: there is more to tell when the first of these is due.</summary>
    [Fact]
    public void Of_WhatIsNotDueYet_IsLookedAtAgainWhenTheFirstIs()
    {
        Deployment deployment = Make.Deployment();
        ReplicaSet current = Make.Revision(deployment, 1, 3);
        Pod older = Make.Pod(current, "a", created: Now.AddSeconds(-1));
        Pod younger = Make.Pod(current, "b", created: Now);
        Pod leaving = Make.Terminating(Make.Pod(current, "c"), Now.AddSeconds(-6));

        Assert.Equal(Now.AddSeconds(1), NextAt(deployment, older, younger, leaving));
        Assert.Equal(Now.AddSeconds(1), NextAt(deployment, younger, older));
        Assert.Equal(Now.AddSeconds(4), NextAt(deployment, leaving));
        Assert.Null(NextAt(deployment, Make.Terminating(Make.Pod(current, "c"), Now.AddSeconds(-10))));
        Assert.Null(NextAt(deployment));
    }

    private static DateTimeOffset? NextAt(Deployment deployment, params Pod[] pods)
    {
        WorkloadSnapshot snapshot = Snapshot(deployment, [], pods);
        return Blockers.Of(Rollout.Of(deployment, WorkloadPlanner.Members(snapshot, snapshot.ReplicaSets), snapshot.Policy), snapshot).NextAt;
    }

    private static void AssertTold((string Reason, string Message, DateTimeOffset Since) expected, PodStatus status)
    {
        Blocker blocker = Assert.Single(Of(Make.Deployment(), Pod("a") with { Status = status }));
        Assert.Equal(expected, (blocker.Reason, blocker.Message, blocker.Since!.Value));
    }

    private static ValueList<Blocker> Of(Deployment deployment, params Pod[] pods) => Blockers.Of(Snapshot(deployment, [], pods));

    private static Pod Pod(string name) => Make.Pod(Make.Revision(Make.Deployment(), 1, 3), name);

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
}
