using ControlPlane.Api.Hosting;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Requests;

/// <summary>Gives Services their addresses and node ports, as the cache has them free; the store refuses what another replica has given out meanwhile.</summary>
internal sealed class ServiceAllocator(CacheReader reader, IOptions<ApiOptions> options, Func<Guid> newId)
{
    private readonly Lazy<ServiceRanges> ranges = new(() => options.Value.ServiceRanges);

    /// <summary>An object with what it takes; as it is where it takes nothing.</summary>
    /// <param name="wanted">The object as it is to be stored.</param>
    /// <param name="stored">The object as it is stored; null for a new one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="Wire.ApiException">422: what it names is taken, or out of range.</exception>
    public async ValueTask<Allocated> AllocateAsync(Resource wanted, Resource? stored, CancellationToken cancellationToken)
    {
        if (wanted is not Service service)
        {
            return new Allocated(wanted, [], []);
        }

        await reader.WaitForLatestAsync(cancellationToken);
        IdSource ids = new(BitConverter.ToUInt64(newId().ToByteArray()));
        AllocationPlan plan = ServiceAllocations.Plan(service, stored as Service, ranges.Value, new Taken(reader.Cache), ids);
        Validation.ThrowIfInvalid(ResourceKinds.Service, service.Name, plan.Errors);
        return new Allocated(plan.Service, plan.Writes, plan.Preconditions);
    }

    /// <summary>Whether a unit was refused because another replica was faster with what it takes.</summary>
    public static bool WasTaken(UnitResult.Refused refused) => refused.Kind == ResourceKinds.ServiceAllocation.Kind;

    private sealed class Taken(IResourceCache cache) : ITakenAllocations
    {
        private readonly Lazy<HashSet<string>> services = new(() =>
            [.. cache.Snapshot(ResourceKinds.Service).Objects.Values.Select(service => service.Uid)]);

        public ServiceAllocation? Find(string name) => (ServiceAllocation?)cache.Find(ResourceKinds.ServiceAllocation, new ObjectKey("", name));

        public bool IsService(string uid) => services.Value.Contains(uid);
    }
}

/// <summary>An object, and the allocations that are to be written after it.</summary>
internal sealed record Allocated(Resource Object, ValueList<Write> Writes, ValueList<Precondition> Preconditions);
