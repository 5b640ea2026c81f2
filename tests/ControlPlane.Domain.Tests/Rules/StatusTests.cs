using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

/// <summary>What a client may write as a status, with Kubernetes' words.</summary>
public class StatusTests
{
    private const string Negative = "Invalid value: -1: must be greater than or equal to 0";

    /// <summary>An absent count is 0, and 0 is more than -1.</summary>
    private const string AboveAll = "Invalid value: 0: cannot be greater than status.replicas";

    public static TheoryData<DeploymentStatus, string> OfDeployments => new()
    {
        { new() { Replicas = 3, UpdatedReplicas = 3, ReadyReplicas = 3, AvailableReplicas = 3, CollisionCount = 2 }, "" },
        { new(), "status.collisionCount: Invalid value: 0: cannot be decremented" },
        { new() { CollisionCount = 1 }, "status.collisionCount: Invalid value: 1: cannot be decremented" },
        { new() { CollisionCount = 3 }, "" },
        { new() { CollisionCount = 2, ObservedGeneration = -1 }, $"status.observedGeneration: {Negative}" },
        { new() { CollisionCount = 2, Replicas = -1, UpdatedReplicas = -1, ReadyReplicas = -1, AvailableReplicas = -1 }, $"status.replicas: {Negative}; status.updatedReplicas: {Negative}; status.readyReplicas: {Negative}; status.availableReplicas: {Negative}" },
        { new() { CollisionCount = 2, UnavailableReplicas = -1, TerminatingReplicas = -1 }, $"status.unavailableReplicas: {Negative}; status.terminatingReplicas: {Negative}" },
        { new() { CollisionCount = 2, Replicas = 1, UpdatedReplicas = 2 }, "status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas" },
        { new() { CollisionCount = 2, ReadyReplicas = 2 }, "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas" },
        { new() { CollisionCount = 2, Replicas = 2, ReadyReplicas = 1, AvailableReplicas = 2 }, "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas" },
        { new() { CollisionCount = 2, Replicas = 2, ReadyReplicas = 2, AvailableReplicas = 3 }, "status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas; status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas" },
    };

    [Theory]
    [MemberData(nameof(OfDeployments))]
    public void StatusOfADeployment_KeepsItsCountsInOrder(DeploymentStatus status, string problems)
    {
        Deployment stored = Objects.Deployment() with { Status = new DeploymentStatus { CollisionCount = 2 } };

        Assert.Equal(problems, Problems(stored with { Status = status }, stored));
    }

    public static TheoryData<ReplicaSetStatus, string> OfReplicaSets => new()
    {
        { new() { Replicas = 2, FullyLabeledReplicas = 2, ReadyReplicas = 2, AvailableReplicas = 1 }, "" },
        { new() { Replicas = -1 }, $"status.replicas: {Negative}; status.fullyLabeledReplicas: {AboveAll}; status.readyReplicas: {AboveAll}; status.availableReplicas: {AboveAll}" },
        { new() { FullyLabeledReplicas = -1, ReadyReplicas = -1, AvailableReplicas = -1, TerminatingReplicas = -1, ObservedGeneration = -1 }, $"status.fullyLabeledReplicas: {Negative}; status.readyReplicas: {Negative}; status.availableReplicas: {Negative}; status.terminatingReplicas: {Negative}; status.observedGeneration: {Negative}" },
        { new() { Replicas = 1, FullyLabeledReplicas = 2 }, "status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas" },
        { new() { Replicas = 1, ReadyReplicas = 2 }, "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas" },
        { new() { Replicas = 2, ReadyReplicas = 1, AvailableReplicas = 2 }, "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas" },
    };

    [Theory]
    [MemberData(nameof(OfReplicaSets))]
    public void StatusOfAReplicaSet_KeepsItsCountsInOrder(ReplicaSetStatus status, string problems) =>
        Assert.Equal(problems, Problems(Objects.ReplicaSet() with { Status = status }, Objects.ReplicaSet()));

    [Fact]
    public void StatusOfAPod_IsItsNodesAffair() =>
        Assert.Empty(ResourceRules.ValidateStatusUpdate(Objects.Pod() with { Status = new PodStatus { Phase = "Running" } }, Objects.Pod()));

    private static string Problems(Resource updated, Resource stored) =>
        string.Join("; ", ResourceRules.ValidateStatusUpdate(updated, stored).Select(error => $"{error.Field}: {error.Message}"));
}
