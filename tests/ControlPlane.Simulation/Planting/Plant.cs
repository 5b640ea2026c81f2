using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Presence;

namespace ControlPlane.Simulation.Planting;

/// <summary>
/// A known bug, put between the product's parts from outside, to show that the simulation would find it. This one changes nothing.
/// </summary>
internal class Plant
{
    /// <summary>The store as a replica sees it.</summary>
    public virtual IResourceStore OnStore(IResourceStore store) => store;

    /// <summary>The cache as a replica's readers see it.</summary>
    public virtual IResourceCache OnCache(IResourceCache cache) => cache;

    /// <summary>The cache as the reconciler sees it.</summary>
    public virtual IResourceCache OnLeadersCache(IResourceCache cache) => cache;

    /// <summary>The cache as a replica's route tables see it.</summary>
    public virtual IResourceCache OnRoutesCache(IResourceCache cache) => cache;

    /// <summary>What gateways say, as the reconciler hears it.</summary>
    public virtual IGatewayPresence OnGateways(IGatewayPresence gateways) => gateways;

    /// <summary>The engine as one life of an agent sees it.</summary>
    public virtual IContainerRuntime OnRuntime(IContainerRuntime runtime) => runtime;

    /// <summary>The control plane as one life of an agent sees it.</summary>
    public virtual IControlPlane OnControlPlane(IControlPlane controlPlane) => controlPlane;

    /// <summary>The disk as one life of an agent sees it.</summary>
    public virtual IDesiredMemory OnMemory(IDesiredMemory memory) => memory;
}

/// <summary>A plant by its name. Each run has one of its own, for a plant may remember what it saw.</summary>
/// <param name="Name">What <c>--plant</c> calls it.</param>
/// <param name="What">What is wrong with it.</param>
/// <param name="Make">Puts it into one run.</param>
internal sealed record PlantKind(string Name, string What, Func<Plant> Make)
{
    /// <summary>The product as it is.</summary>
    public static PlantKind None { get; } = new("none", "nothing is wrong", static () => new Plant());

    /// <summary>
    /// Where the search begins: near a seed that finds it, where few do, for each seed before that one costs as much as it and shows nothing. A hint: when courses change, the search goes on from there.
    /// </summary>
    public ulong First { get; init; } = 1;

    /// <summary>Words of the rule that is to find it; another rule that does is not enough. Empty: any.</summary>
    public string FoundBy { get; init; } = "";
}
