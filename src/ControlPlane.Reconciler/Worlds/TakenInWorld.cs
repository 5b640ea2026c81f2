using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>What Services have taken, as the world has it.</summary>
internal sealed class TakenInWorld(World world) : ITakenAllocations
{
    public ServiceAllocation? Find(string name) => world.Find<ServiceAllocation>(new ObjectKey("", name));

    public bool IsService(string uid) => world.FindByUid(uid) is Service;
}
