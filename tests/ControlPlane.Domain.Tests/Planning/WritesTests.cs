using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning;

/// <summary>How a planner's wishes become writes, and how conditions change.</summary>
public sealed class WritesTests
{
    private static readonly ReplicaSet Stored = Make.ReplicaSet() with { Status = new ReplicaSetStatus { Replicas = 1 } };

    [Fact]
    public void Of_AReplicaSet_WritesTheParts_ThatAreNew()
    {
        ReplicaSet resized = Stored with { Spec = Stored.Spec with { Replicas = 5 } };
        ReplicaSet labelled = Stored with { Metadata = Stored.Metadata with { Labels = default } };
        ReplicaSet counted = Stored with { Status = new ReplicaSetStatus { Replicas = 2 } };

        Assert.Equal([new Write.Create(Stored)], Writes.Of(Stored, null));
        Assert.Empty(Writes.Of(Stored, Stored));
        Assert.Equal([new Write.Update(resized, ResourceParts.Desired)], Writes.Of(resized, Stored));
        Assert.Equal([new Write.Update(labelled, ResourceParts.Desired)], Writes.Of(labelled, Stored));
        Assert.Equal([new Write.Update(counted, ResourceParts.Status)], Writes.Of(counted, Stored));
        ReplicaSet both = resized with { Status = counted.Status };
        Assert.Equal([new Write.Update(both, ResourceParts.Desired | ResourceParts.Status)], Writes.Of(both, Stored));
    }

    [Fact]
    public void Of_ADeployment_WritesThePartsThatAreNew()
    {
        Deployment stored = Make.Deployment();
        Deployment annotated = stored with { Metadata = stored.Metadata with { Annotations = ValueMap.Of(("a", "b")) } };
        Deployment counted = stored with { Status = new DeploymentStatus { Replicas = 1 } };

        Assert.Empty(Writes.Of(stored, stored));
        Assert.Equal([new Write.Update(annotated, ResourceParts.Desired)], Writes.Of(annotated, stored));
        Assert.Equal([new Write.Update(counted, ResourceParts.Status)], Writes.Of(counted, stored));
    }

    [Fact]
    public void WithGeneration_MovesWithTheSpecOnly()
    {
        ReplicaSet resized = Stored with { Spec = Stored.Spec with { Replicas = 5 } };
        ReplicaSet unnumbered = Stored with { Metadata = Stored.Metadata with { Generation = null } };
        ReplicaSet labelled = Stored with { Metadata = Stored.Metadata with { Labels = default } };
        Deployment deployment = Make.Deployment();

        Assert.Equal(2, Writes.WithGeneration(resized, Stored).Metadata.Generation);
        Assert.Equal(1, Writes.WithGeneration(resized, unnumbered).Metadata.Generation);
        Assert.Same(labelled, Writes.WithGeneration(labelled, Stored));
        Assert.Same(resized, Writes.WithGeneration(resized, null));
        Assert.Same(deployment, Writes.WithGeneration(deployment, deployment));
        Assert.Equal(2, Writes.WithGeneration(deployment with { Spec = deployment.Spec with { Replicas = 9 } }, deployment).Metadata.Generation);
    }

    [Fact]
    public void End_AReplicaSetThatAFinalizerHolds_IsMarked()
    {
        ReplicaSet held = Stored with { Metadata = Stored.Metadata with { Finalizers = ["team.example/keep"] } };

        Write.Update marked = Assert.IsType<Write.Update>(Writes.End(held, Make.Start));

        Assert.Equal((Make.Start, 0L, ResourceParts.Desired), (marked.Object.Metadata.DeletionTimestamp, marked.Object.Metadata.DeletionGracePeriodSeconds, marked.Parts));
        Assert.Equal(Write.Remove.Of(Stored), Writes.End(Stored, Make.Start));
    }

    /// <summary>What is written as desired is checked by its write; what was read beside it must be as it was, and each namespace of what is made must stay.</summary>
    [Fact]
    public void Preconditions_AreOfWhatIsReadAndNotWritten()
    {
        ReplicaSet other = Make.ReplicaSet("other");
        Pod pod = Make.Pod(Stored, "a");
        Write[] writes = [new Write.Update(Stored, ResourceParts.Desired), new Write.Update(other, ResourceParts.Status), new Write.Create(pod), new Write.Create(Make.Pod(Stored, "b"))];

        Assert.Equal(
            [Precondition.DesiredUnchanged.Of(other), new Precondition.NamespaceActive(TestWorld.Namespace)], Writes.Preconditions(writes, [Stored, other]));
    }

    /// <summary>With the same status and reason nothing changes, not even the message; with the same status alone the time of the transition stays.</summary>
    [Fact]
    public void With_ACondition_KeepsItsTimesWhileItSaysTheSame()
    {
        Condition known = new() { Type = "T", Status = "True", Reason = "R", Message = "old", LastTransitionTime = Make.Start };
        Condition other = new() { Type = "O", Status = "True" };
        Condition next = known with { Message = "new", LastTransitionTime = Make.Start.AddHours(1) };

        Assert.Equal([known, other], WorkloadConditions.With([known, other], next));
        Assert.Equal([other, next with { Reason = "S", LastTransitionTime = Make.Start }], WorkloadConditions.With([known, other], next with { Reason = "S" }));
        Assert.Equal([other, next with { Status = "False" }], WorkloadConditions.With([known, other], next with { Status = "False" }));
        Assert.Equal([other, next], WorkloadConditions.With([other], next));
        Assert.Equal([other], WorkloadConditions.Without([known, other], "T"));
    }

    /// <summary>A toleration holds for its key, value and effect; what it does not say it does not ask for.</summary>
    [Theory]
    [InlineData("gpu", "Equal", "yes", "NoExecute", true)]
    [InlineData("gpu", "Equal", "no", "NoExecute", false)]
    [InlineData("gpu", "Exists", null, "NoExecute", true)]
    [InlineData("gpu", "Exists", "no", null, true)]
    [InlineData("", "Exists", null, "", true)]
    [InlineData("", "Equal", "yes", "", false)]
    [InlineData("cpu", "Exists", null, null, false)]
    [InlineData("gpu", "Exists", null, "NoSchedule", false)]
    public void Find_ATolerationOfATaint(string key, string op, string? value, string? effect, bool tolerates)
    {
        Taint taint = new() { Key = "gpu", Value = "yes", Effect = "NoExecute" };

        Assert.Equal(tolerates, Tolerations.Find([new Toleration { Key = key, Operator = op, Value = value, Effect = effect }], taint) is not null);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(60L, 60)]
    [InlineData(-1L, 0)]
    [InlineData(long.MaxValue, int.MaxValue)]
    public void Patience_IsTheFirstTolerationsSecondsAndNoneBelowZero(long? seconds, int? patience)
    {
        Toleration first = new() { Operator = "Exists", TolerationSeconds = seconds };
        Pod pod = new() { Spec = new PodSpec { Tolerations = [first, new Toleration { Operator = "Exists", TolerationSeconds = 7 }] } };

        Assert.Equal(patience is { } given ? TimeSpan.FromSeconds(given) : null, Tolerations.Patience(pod, Tolerations.Unreachable));
        Assert.Equal(TimeSpan.Zero, Tolerations.Patience(new Pod(), Tolerations.Unreachable));
        Assert.Equal(("node.kubernetes.io/unreachable", "NoExecute"), (Tolerations.Unreachable.Key, Tolerations.Unreachable.Effect));
    }
}
