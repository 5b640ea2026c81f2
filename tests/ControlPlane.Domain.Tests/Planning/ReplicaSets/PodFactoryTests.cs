using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.ReplicaSets;

/// <summary>What a ReplicaSet's new pods look like.</summary>
public sealed class PodFactoryTests
{
    [Fact]
    public void Next_APodThatFits_IsBoundAndSaysSo()
    {
        TestWorld world = new() { Nodes = ["node-1"] };

        (Pod pod, EventNote note) = new PodFactory(Make.ReplicaSet(), [], world.Snapshot()).Next();

        Condition scheduled = Assert.Single(pod.Status!.Conditions);
        Assert.Equal(("PodScheduled", "True", world.Now), (scheduled.Type, scheduled.Status, scheduled.LastTransitionTime));
        Assert.Equal(("Scheduled", $"Successfully assigned default/{pod.Name} to node-1", "Normal"), (note.Reason, note.Message, note.Type));
        Assert.Equal("node-1", pod.Spec.NodeName);
        Assert.Equal(("v1", "Pod"), (pod.ApiVersion, pod.Kind));
    }

    [Fact]
    public void Next_APodThatFitsNowhere_KeepsWhyAndSinceWhen()
    {
        TestWorld world = new() { Nodes = [] };

        (Pod pod, EventNote note) = new PodFactory(Make.ReplicaSet(), [], world.Snapshot()).Next();

        Condition unscheduled = Assert.Single(pod.Status!.Conditions);
        Assert.Equal(("PodScheduled", "False", "Unschedulable", world.Now), (unscheduled.Type, unscheduled.Status, unscheduled.Reason, unscheduled.LastTransitionTime));
        Assert.NotEmpty(unscheduled.Message!);
        Assert.Equal((pod.Metadata.Generation, world.Now), (unscheduled.ObservedGeneration, unscheduled.LastProbeTime));
        Assert.Equal(unscheduled.Message, pod.Status.Unschedulable!.Message);
        Assert.Equal(("FailedScheduling", unscheduled.Message, "Warning"), (note.Reason, note.Message, note.Type));
    }

    [Fact]
    public void Next_TheTemplatesMetadata_IsThePods()
    {
        ReplicaSet replicaSet = Make.ReplicaSet();
        PodTemplateSpec template = replicaSet.Spec.Template;
        ObjectMeta metadata = template.Metadata with { Annotations = ValueMap.Of(("team", "web")), Finalizers = ["team.example/keep"] };

        (Pod pod, _) = new PodFactory(replicaSet with { Spec = replicaSet.Spec with { Template = template with { Metadata = metadata } } }, [], new TestWorld().Snapshot()).Next();

        Assert.Equal(ValueMap.Of(("team", "web")), pod.Metadata.Annotations);
        Assert.Equal(["team.example/keep"], pod.Metadata.Finalizers);
        Assert.Equal(("web-", "default"), (pod.Metadata.GenerateName, pod.Metadata.Namespace));
    }

    /// <summary>With the hyphen and five more, 57 letters come to 63; of a longer name the first 58 are left.</summary>
    [Theory]
    [InlineData(56, 62)]
    [InlineData(57, 63)]
    [InlineData(58, 63)]
    [InlineData(100, 63)]
    public void Next_ANameThatWouldBeTooLong_IsCutBeforeItsSuffix(int length, int expected)
    {
        string name = new('a', length);

        (Pod pod, _) = new PodFactory(Make.ReplicaSet(name), [], new TestWorld().Snapshot()).Next();

        Assert.Equal(expected, pod.Name.Length);
        Assert.StartsWith($"{name}-"[..(expected - 5)], pod.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_ANameThatIsTaken_IsNotGivenAgain()
    {
        TestWorld world = new();
        (Pod first, _) = new PodFactory(Make.ReplicaSet(), [], world.Snapshot()).Next();

        (Pod other, _) = new PodFactory(Make.ReplicaSet(), [first.Name], world.Snapshot()).Next();

        Assert.NotEqual(first.Name, other.Name);
    }

    [Fact]
    public void Refusal_SeveralFields_AreNamedTogether()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(image: "");
        PodTemplateSpec template = replicaSet.Spec.Template;
        Container container = template.Spec.Containers[0] with { Name = "" };
        replicaSet = replicaSet with { Spec = replicaSet.Spec with { Template = template with { Spec = template.Spec with { Containers = [container] } } } };

        Assert.Equal(
            "Pod \"web-\" is invalid: [spec.containers[0].name: Required value, spec.containers[0].image: Required value]",
            new PodFactory(replicaSet, [], new TestWorld().Snapshot()).Refusal());
        Assert.Null(new PodFactory(Make.ReplicaSet(new string('a', 100)), [], new TestWorld().Snapshot()).Refusal());
    }
}
