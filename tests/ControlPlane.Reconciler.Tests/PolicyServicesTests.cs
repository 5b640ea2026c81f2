using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>What policies say of the Services that they name follows every change at once, not at the next resync.</summary>
public sealed class PolicyServicesTests : IDisposable
{
    private const string Shared = "ServiceShared";
    private const string Mismatch = "ServiceMismatch";

    private readonly SimulatedCluster cluster = new();

    public PolicyServicesTests()
    {
        cluster.AddNodes(1);
        cluster.StartReconciler();
        cluster.CreateDeployment("web", replicas: 2);
        Create(Canaries.Service(cluster.Meta("default", "web"), "web"));
        Create(Canaries.Policy(cluster.Meta("default", "careful"), Canaries.Strategy("web", Canaries.Weight(50), Canaries.Pause()), target: "web"));
        cluster.Until("the policy is accepted", () => Told("careful") == "Accepted");
    }

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void ASecondDeploymentBehindTheService_IsToldWhileItIsThere()
    {
        cluster.CreateDeployment("rival", replicas: 1, app: "web");
        Reaches("careful", $"Accepted {Shared}");

        Update(Stored("rival") with { Spec = Stored("rival").Spec with { Replicas = 0 } });
        Reaches("careful", "Accepted");

        Update(Stored("rival") with { Spec = Stored("rival").Spec with { Replicas = 1 } });
        Reaches("careful", $"Accepted {Shared}");

        Update(cluster.Store.Get<Service>("default", "web")! with { Spec = new ServiceSpec { Selector = ValueMap.Of(("app", "nobody")) } });
        Reaches("careful", $"Accepted {Mismatch}");
    }

    [Fact]
    public void ASecondPolicyThatClaimsTheServiceForADeploymentOfItsOwn_IsToldUntilItLetsGo()
    {
        cluster.CreateDeployment("orders", replicas: 1);
        RolloutPolicy second = Create(Canaries.Policy(cluster.Meta("default", "second"), Canaries.Strategy("web", Canaries.Weight(50), Canaries.Pause()), target: "orders"));
        Reaches("second", $"Accepted {Mismatch}");
        Assert.Equal("Accepted", Told("careful"));

        Update(second with { Spec = second.Spec with { Strategy = Canaries.Strategy(null, Canaries.Weight(50), Canaries.Pause()) } });
        Reaches("second", "Accepted");
    }

    /// <summary>Both are on their way at once, the one of another Deployment's Service first: that one's shares must not stand in the way of the other's.</summary>
    [Fact]
    public void APolicyForAll_DividesItsServiceForTheDeploymentBehindItAlone()
    {
        cluster.Store.Commit(Write.Remove.Of(cluster.Store.Get<RolloutPolicy>("default", "careful")!));
        cluster.CreateDeployment("orders", replicas: 2);
        Create(Canaries.Policy(cluster.Meta("default", "all"), Canaries.Strategy("web", Canaries.Weight(50), Canaries.Pause())));
        Reaches("all", $"Accepted {Mismatch}");
        cluster.Until("both are available", () => Stored("web").Status?.AvailableReplicas == 2 && Stored("orders").Status?.AvailableReplicas == 2);

        Update(Canaries.WithImage(Stored("orders"), "app:2"));
        cluster.Until("the one waits", () => StateOf("orders")?.Phase == RolloutPhases.WaitingForPromotion);
        Update(Canaries.WithImage(Stored("web"), "app:2"));
        cluster.Until("the other waits", () => StateOf("web")?.Phase == RolloutPhases.WaitingForPromotion);

        Assert.Empty(StateOf("orders")!.Traffic);
        Assert.Equal([500, 500], StateOf("web")!.Traffic.Single().Shares.Select(share => share.PerMille));

        Update(cluster.Store.Get<Service>("default", "web")! with { Spec = new ServiceSpec { Selector = ValueMap.Of(("app", "orders")) } });
        cluster.Until("the Service is divided for the other now", () => StateOf("web")!.Traffic.IsEmpty && StateOf("orders")!.Traffic.Count == 1, seconds: 2);
    }

    private Deployment Stored(string name) => cluster.Store.Get<Deployment>("default", name)!;

    private RolloutStateSpec? StateOf(string name) => cluster.Store.Get<RolloutState>("default", Stored(name).Uid)?.Spec;

    private void Reaches(string policy, string conditions) => cluster.Until($"{policy} says {conditions} instead of {Told(policy)}", () => Told(policy) == conditions, seconds: 2);

    /// <summary>The policy's conditions that are true.</summary>
    private string Told(string policy) => string.Join(
        ' ', cluster.Store.Get<RolloutPolicy>("default", policy)?.Status?.Conditions.Where(condition => condition.Status == "True").Select(condition => condition.Type) ?? []);

    private T Create<T>(T item)
        where T : Resource
    {
        cluster.Store.Commit(new Write.Create(item));
        return item;
    }

    private void Update(Resource item) => cluster.Store.Commit(new Write.Update(item, ResourceParts.Desired));
}
