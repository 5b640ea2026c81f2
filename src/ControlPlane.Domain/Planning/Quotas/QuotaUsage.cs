using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Quotas;

/// <summary>What objects count for in quotas, in thousandths (Kubernetes: pkg/quota, evaluators).</summary>
internal static class QuotaUsage
{
    /// <summary>
    /// What one object counts for. A pod that has ended counts as an object (<c>count/pods</c>) and for nothing else; one that is stopping counts until it is gone.
    /// </summary>
    public static IReadOnlyDictionary<string, long> Of(Resource item)
    {
        Dictionary<string, long> usage = new(StringComparer.Ordinal) { [QuotaNames.CountPrefix + ResourceKinds.Of(item).QualifiedPlural] = 1000 };
        switch (item)
        {
            case Pod pod when !pod.HasEnded():
                AddPod(usage, pod.Spec);
                break;
            case Service service:
                usage[QuotaNames.Services] = 1000;
                usage[QuotaNames.NodePorts] = service.Spec.Type == "NodePort" ? service.Spec.Ports.Count * 1000L : 0;
                usage[QuotaNames.LoadBalancers] = 0;
                break;
            case ConfigMap or Secret or ResourceQuota:
                usage[ResourceKinds.Of(item).Plural] = 1000;
                break;
        }

        return usage;
    }

    /// <summary>Of some of the names that a quota is about, what there is of each in its scopes.</summary>
    public static ValueMap<Quantity> Sum(ResourceQuota quota, IEnumerable<string> names, IEnumerable<Resource> contents)
    {
        Dictionary<string, long> sums = names.ToDictionary(name => name, _ => 0L, StringComparer.Ordinal);
        foreach (IReadOnlyDictionary<string, long> usage in contents.Where(item => QuotaScopes.Include(quota, item)).Select(Of))
        {
            foreach ((string name, long milli) in usage)
            {
                if (sums.TryGetValue(name, out long sum))
                {
                    sums[name] = Amounts.Plus(sum, milli);
                }
            }
        }

        return sums.Select(sum => KeyValuePair.Create(sum.Key, Amount(sum.Key, sum.Value))).ToValueMap();
    }

    /// <summary>An amount as it reads best: memory in the largest unit that it is a whole number of (134217728 is 128Mi, 500000000 is 500M).</summary>
    public static Quantity Amount(string name, long milli) =>
        name.EndsWith("memory", StringComparison.Ordinal) && milli % 1_024_000 == 0 ? Quantity.FromBytes(milli / 1000) : Quantity.FromMilli(milli);

    /// <summary>As the scheduler counts (<see cref="Scheduling.PodRequests"/>): the sum over containers and sidecars, or what an init container makes it where that is more.</summary>
    private static void AddPod(Dictionary<string, long> usage, PodSpec spec)
    {
        usage[QuotaNames.Pods] = 1000;
        foreach (string resource in new[] { "cpu", "memory" })
        {
            long requests = Most(spec, container => container.Resources?.Requests[resource].Milli ?? 0);
            usage[resource] = requests;
            usage["requests." + resource] = requests;
            usage["limits." + resource] = Most(spec, container => container.Resources?.Limits[resource].Milli ?? 0);
        }
    }

    private static long Most(PodSpec spec, Func<Container, long> of)
    {
        long beside = 0;
        long most = 0;
        foreach (Container container in spec.InitContainers)
        {
            long both = Amounts.Plus(beside, of(container));
            most = Math.Max(most, both);
            beside = container.IsSidecar() ? both : beside;
        }

        return Math.Max(most, spec.Containers.Aggregate(beside, (sum, container) => Amounts.Plus(sum, of(container))));
    }
}
