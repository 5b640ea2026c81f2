using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Routing;

/// <summary>What is taken, as a test says.</summary>
internal sealed class TakenTable : ITakenAllocations
{
    public Dictionary<string, ServiceAllocation> Allocations { get; } = [];

    public HashSet<string> Services { get; } = [];

    public ServiceAllocation? Find(string name) => Allocations.GetValueOrDefault(name);

    public bool IsService(string uid) => Services.Contains(uid);
}
