using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

public sealed class BlockedConditionTests
{
    private const string Sentence = "container main: manifest unknown";

    private readonly TestWorld world = new();

    public BlockedConditionTests()
    {
        world.Store(Make.Deployment(replicas: 2));
        world.PassUntilQuiet();
    }

    [Fact]
    public void Pass_ImageThatCannotBePulled_IsToldInConditionAndEventTwoSecondsLater()
    {
        FailToPull();
        Plan early = world.Pass();
        Assert.Null(Blocked());
        Assert.True(early.RecheckAfter <= TimeSpan.FromSeconds(2), $"looked at again after {early.RecheckAfter}");

        world.Now = world.Now.AddSeconds(2);
        DateTimeOffset at = world.Now;
        world.PassUntilQuiet();

        Condition blocked = Assert.IsType<Condition>(Blocked());
        Pod first = world.Pods[0];
        Assert.Equal(("True", "ImagePull", at), (blocked.Status, blocked.Reason, blocked.LastUpdateTime));
        Assert.Contains($"ImagePull: pod {first.Name} on {first.Spec.NodeName} and 1 more since ", blocked.Message, StringComparison.Ordinal);
        Assert.EndsWith(Sentence, blocked.Message, StringComparison.Ordinal);
        Assert.Contains($"ImagePull: pod {first.Name} on {first.Spec.NodeName}: {Sentence}", world.Messages);
    }

    /// <summary>With <c>FallbackToLogsOnError</c> a container's end has the end of its log for a message. Conditions and Events are read by many who may not read logs.</summary>
    [Fact]
    public void Pass_ContainerThatSaidSomethingBeforeItCrashed_TellsNoneOfIt()
    {
        ContainerState ended = new() { Terminated = new ContainerStateTerminated { ExitCode = 1, Reason = "Error", Message = "password is hunter2" } };
        ContainerStatus crashed = new()
        {
            Name = "main",
            RestartCount = 5,
            State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "CrashLoopBackOff", Message = "back-off" } },
            LastState = ended,
        };
        foreach (Pod pod in world.Pods)
        {
            world.Store(pod with { Status = new PodStatus { Phase = "Running", ContainerStatuses = [crashed] } });
        }

        Tell();
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();

        Assert.Equal("ContainerCrash", Blocked()!.Reason);
        Assert.DoesNotContain("hunter2", ResourceJson.Serialize(world.Deployment!), StringComparison.Ordinal);
        Assert.DoesNotContain(world.ReplicaSets, replicaSet => ResourceJson.Serialize(replicaSet).Contains("hunter2", StringComparison.Ordinal));
        Assert.DoesNotContain(world.Messages, message => message.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void Pass_CauseIsGone_SaysThatNothingIsBlocked()
    {
        FailToPull();
        Tell();
        world.SetReady(_ => true);
        world.Now = world.Now.AddSeconds(2);

        world.PassUntilQuiet();

        Condition over = Blocked()!;
        Assert.Equal(("False", "NotBlocked", null, world.Now), (over.Status, over.Reason, over.Message, over.LastTransitionTime));
    }

    /// <summary>Container that crashes, comes back and crashes again: the condition follows, but no faster than every 2 s.</summary>
    [Fact]
    public void Pass_CauseIsBackWithinTwoSecondsOfItsEnd_IsToldWhenTheyAreOver()
    {
        FailToPull();
        Tell();
        world.SetReady(_ => true);
        world.Now = world.Now.AddSeconds(2);
        world.PassUntilQuiet();
        FailToPull(since: world.Now.AddSeconds(-2));
        world.Now = world.Now.AddSeconds(1);

        Plan early = world.Pass();
        Assert.Equal(("False", TimeSpan.FromSeconds(1)), (Blocked()!.Status, early.RecheckAfter));

        world.Now = world.Now.AddSeconds(1);
        world.PassUntilQuiet();
        Assert.Equal(("True", world.Now), (Blocked()!.Status, Blocked()!.LastTransitionTime));
    }

    [Fact]
    public void Pass_StrategyWaitsForLong_IsToldAfterTenSeconds()
    {
        TestWorld recreate = new();
        recreate.Store(Make.Deployment(replicas: 2, strategy: "Recreate"));
        recreate.SetReady(_ => true);
        recreate.Settle();
        recreate.SetImage("hello:2");
        recreate.PassUntilQuiet();
        DateTimeOffset marked = recreate.Now;

        recreate.Now = marked.AddSeconds(9);
        recreate.PassUntilQuiet();
        Assert.DoesNotContain(recreate.Status.Conditions, condition => condition.Type == "Blocked");
        recreate.Now = marked.AddSeconds(10);
        recreate.PassUntilQuiet();

        Pod first = recreate.Pods[0];
        string sentence = $"pod {first.Name} on {first.Spec.NodeName} and 1 more since {marked:yyyy-MM-dd'T'HH:mm:ss'Z'}: old pods are terminating, and new ones start when they have gone";
        Assert.Equal($"WaitingForTermination: {sentence}", recreate.Condition("Blocked").Message);
        Assert.Contains($"WaitingForTermination: pod {first.Name} on {first.Spec.NodeName}: old pods are terminating, and new ones start when they have gone", recreate.Messages);
    }

    [Fact]
    public void Pass_CauseChangesWithinTwoSeconds_IsToldWhenTheyAreOver()
    {
        FailToPull();
        Tell();
        string? before = Blocked()!.Message;
        FailToPull("no such host");
        world.Now = world.Now.AddSeconds(1);

        Plan plan = world.Pass();
        Assert.Equal(before, Blocked()!.Message);
        Assert.Equal(TimeSpan.FromSeconds(1), plan.RecheckAfter);

        world.Now = world.Now.AddSeconds(1);
        world.Pass();
        Assert.EndsWith("container main: no such host", Blocked()!.Message, StringComparison.Ordinal);
    }

    /// <summary>Times are stored in whole seconds: 10.9 s and 12.0 s would be 2 s apart by them, and are not.</summary>
    [Theory]
    [InlineData(0, 2)]
    [InlineData(0.1, 3)]
    [InlineData(0.9, 3)]
    public void Pass_CauseChangesInTheMiddleOfASecond_IsNotToldBeforeTwoSecondsAreOver(double fraction, int toldAfterSeconds)
    {
        FailToPull();
        world.Now = world.Now.AddSeconds(2);
        world.Apply(WorkloadPlanner.Plan(world.Snapshot() with { NowRoundedUp = world.Now.AddSeconds(fraction > 0 ? 1 : 0) }));
        DateTimeOffset told = world.Now;
        FailToPull("no such host");

        world.Now = told.AddSeconds(toldAfterSeconds - 1);
        world.Pass();
        Assert.EndsWith(Sentence, Blocked()!.Message, StringComparison.Ordinal);
        world.Now = told.AddSeconds(toldAfterSeconds);
        world.Pass();
        Assert.EndsWith("no such host", Blocked()!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pass_CauseChanges_KeepsSinceWhenItIsBlocked()
    {
        FailToPull();
        Tell();
        DateTimeOffset since = Blocked()!.LastTransitionTime!.Value;
        FailToPull("no such host");
        world.Now = world.Now.AddSeconds(2);

        world.PassUntilQuiet();

        Assert.Equal((since, world.Now), (Blocked()!.LastTransitionTime, Blocked()!.LastUpdateTime));
    }

    /// <summary>Two pods with a cause each: the first one's changes, and the other's is told once.</summary>
    [Fact]
    public void Pass_OneOfTwoCausesChanges_HasAnEventForThatOneAlone()
    {
        FailToPull();
        FailToPull("no such host", which: world.Pods[1].Name);
        Tell();
        FailToPull("access (denied)", which: world.Pods[1].Name);
        world.Now = world.Now.AddSeconds(2);

        Plan plan = world.Pass();

        EventNote note = Assert.Single(plan.Events, note => note.Reason == "ImagePull");
        Assert.EndsWith("container main: access (denied)", note.Message, StringComparison.Ordinal);
        Assert.Contains(Sentence, Blocked()!.Message, StringComparison.Ordinal);
    }

    /// <summary>Only the number of pods behind the first changes: the condition follows, and nothing is told again.</summary>
    [Fact]
    public void Pass_CauseSpreadsToAnotherPod_HasNoEventAgain()
    {
        FailToPull(which: world.Pods[0].Name);
        Tell();
        FailToPull(which: world.Pods[1].Name);
        world.Now = world.Now.AddSeconds(2);

        Plan plan = world.Pass();

        Assert.Contains(" and 1 more since ", Blocked()!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Events, note => note.Reason == "ImagePull");
    }

    [Fact]
    public void Pass_OnePod_IsNamedAloneWithItsNodeAndTheTime()
    {
        world.SetReplicas(1);
        world.PassUntilQuiet();
        world.EndTerminating();
        FailToPull();
        string at = $"{world.Now:yyyy-MM-dd'T'HH:mm:ss'Z'}";
        Tell();

        Pod pod = world.Pods[0];
        Assert.Equal($"ImagePull: pod {pod.Name} on {pod.Spec.NodeName} since {at}: {Sentence}", Blocked()!.Message);
    }

    [Fact]
    public void Pass_PodWithoutANode_IsNamedWithoutOne()
    {
        TestWorld nowhere = new() { Nodes = [] };
        nowhere.Store(Make.Deployment(replicas: 1));
        nowhere.PassUntilQuiet();
        nowhere.Now = nowhere.Now.AddSeconds(2);
        nowhere.PassUntilQuiet();

        Assert.StartsWith($"Unschedulable: pod {nowhere.Pods[0].Name} since ", nowhere.Condition("Blocked").Message, StringComparison.Ordinal);
    }

    /// <summary>An old pod that outlives its grace is somebody's to look at, too.</summary>
    [Fact]
    public void Pass_PodThatOutlivesItsGrace_IsTold()
    {
        world.SetReady(_ => true);
        world.SetReplicas(1);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(40);
        world.PassUntilQuiet();

        Assert.Equal("Terminating", Blocked()!.Reason);
    }

    [Fact]
    public void Pass_Blocked_LeavesKubernetesConditionsAlone()
    {
        Condition available = world.Condition("Available");
        Condition progressing = world.Condition("Progressing");
        FailToPull();

        Tell();

        Assert.Equal((available, progressing), (world.Condition("Available"), world.Condition("Progressing")));
    }

    [Fact]
    public void Pass_OrdinaryRollout_NeverTellsAnything()
    {
        world.SetReady(_ => true);
        world.Settle();
        world.SetImage("hello:2");

        world.Settle(eachRound: () => Assert.Null(Blocked()));
    }

    private void Tell()
    {
        world.Now = world.Now.AddSeconds(2);
        world.PassUntilQuiet();
        Assert.NotNull(Blocked());
    }

    private void FailToPull(string message = "manifest unknown", DateTimeOffset? since = null, string? which = null)
    {
        ContainerState waiting = new() { Waiting = new ContainerStateWaiting { Reason = "ErrImagePull", Message = message } };
        foreach (Pod pod in world.Pods.Where(pod => which is null || pod.Name == which))
        {
            Condition unready = pod.Status?.Conditions.FirstOrDefault(condition => condition is { Type: "Ready", Status: "False" })
                ?? new Condition { Type = "Ready", Status = "False", LastTransitionTime = since ?? world.Now };
            world.Store(pod with
            {
                Status = new PodStatus { Phase = "Pending", Conditions = [unready], ContainerStatuses = [new ContainerStatus { Name = "main", State = waiting }] },
            });
        }
    }

    private Condition? Blocked() => world.Status.Conditions.FirstOrDefault(condition => condition.Type == "Blocked");
}
