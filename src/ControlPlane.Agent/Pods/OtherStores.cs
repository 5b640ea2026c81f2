using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>What runs on this node for stores that the one in use has not replaced, as far as a person has confirmed: it is left alone.</summary>
/// <param name="Containers">How many run.</param>
/// <param name="Stores">Who ordered them, in ordinal order.</param>
internal sealed record OtherStores(int Containers, ValueList<string> Stores)
{
    public static OtherStores Of(IEnumerable<ObservedContainer> containers, DesiredState state)
    {
        HashSet<string> recorded = [.. state.Pods.Select(pod => pod.Uid)];
        string[] ordered =
        [
            .. containers
                .Where(container => container.Phase == ContainerPhase.Running && !container.Identity.IsSandbox)
                .Where(container => container.Identity.StoreIdentity != state.StoreIdentity || !recorded.Contains(container.Identity.PodUid))
                .Select(container => LostRevisions.OwnerOf(
                    container.Identity.StoreIdentity, container.Identity.BornAtRevision, state.StoreIdentity, state.LostRevisions))
                .Where(owner => owner != state.StoreIdentity && !state.ReplacedStores.Contains(owner)),
        ];
        return new OtherStores(ordered.Length, [.. ordered.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Says how many there are and what a person can do; null when there are none.</summary>
    /// <param name="node">This node's name.</param>
    /// <param name="store">The store in use.</param>
    /// <param name="now">The time, in whole seconds.</param>
    public Condition? AsCondition(string node, string store, DateTimeOffset now)
    {
        if (Containers == 0)
        {
            return null;
        }

        StoreConfirmation confirmation = StoreConfirmation.Of(store, Stores.Take(StoreConfirmation.ReplacedMax));
        string names = string.Join(", ", confirmation.Replaced.Select(name => $"\"{name}\""));
        return new Condition
        {
            Type = StoreConfirmation.Condition,
            Status = "True",
            Reason = "NotConfirmed",
            Message = $"{Containers} running containers were ordered by another store than {store}, which is in use now, or at a revision that it has lost: they are left alone. "
                + "If this store is the right one, and they may be stopped where it does not want them: "
                + $"kubectl annotate node {node} --overwrite {StoreConfirmation.Annotation}={confirmation}, "
                + $"or POST /api/v1/nodes/{node}/confirm-store with {{\"stores\": [{names}]}}.",
            LastTransitionTime = now,
        };
    }
}
