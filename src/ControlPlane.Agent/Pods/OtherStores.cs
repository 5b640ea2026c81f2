using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>What is on this node for stores that the one in use has not replaced, as far as a person has confirmed: it is left alone.</summary>
/// <param name="Containers">How many run.</param>
/// <param name="Pods">How many pods have volumes and nothing else any more.</param>
/// <param name="Stores">Who ordered them, in ordinal order.</param>
internal sealed record OtherStores(int Containers, int Pods, ValueList<string> Stores)
{
    /// <param name="containers">All containers of the node.</param>
    /// <param name="volumes">Whose the volumes are that are kept without a record or a container, one for each pod.</param>
    /// <param name="state">What shall be.</param>
    public static OtherStores Of(IEnumerable<ObservedContainer> containers, IReadOnlyList<VolumeOwner> volumes, DesiredState state)
    {
        bool IsAnothers(string owner) => owner != state.StoreIdentity && !state.ReplacedStores.Contains(owner);
        HashSet<string> recorded = [.. state.Pods.Select(pod => pod.Uid)];
        string[] ordered =
        [
            .. containers
                .Where(container => container.Phase == ContainerPhase.Running && !container.Identity.IsSandbox)
                .Where(container => container.Identity.StoreIdentity != state.StoreIdentity || !recorded.Contains(container.Identity.PodUid))
                .Select(container => LostRevisions.OwnerOf(
                    container.Identity.StoreIdentity, container.Identity.BornAtRevision, state.StoreIdentity, state.LostRevisions))
                .Where(IsAnothers),
        ];
        string[] left = [.. volumes.Select(volume => volume.OwnerIn(state)).Where(IsAnothers)];
        return new OtherStores(ordered.Length, left.Length, [.. ordered.Union(left, StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Says how many there are and what a person can do; null when there are none.</summary>
    /// <param name="node">This node's name.</param>
    /// <param name="store">The store in use.</param>
    /// <param name="now">The time, in whole seconds.</param>
    public Condition? AsCondition(string node, string store, DateTimeOffset now)
    {
        if (Containers + Pods == 0)
        {
            return null;
        }

        StoreConfirmation confirmation = StoreConfirmation.Of(store, Stores.Take(StoreConfirmation.ReplacedMax));
        string what = (Containers, Pods) switch
        {
            (_, 0) => $"{Containers} running containers",
            (0, _) => $"the volumes of {Pods} pods",
            _ => $"{Containers} running containers, and the volumes of {Pods} pods that are gone,",
        };
        string names = string.Join(", ", confirmation.Replaced.Select(name => $"\"{name}\""));
        return new Condition
        {
            Type = StoreConfirmation.Condition,
            Status = "True",
            Reason = "NotConfirmed",
            Message = $"{what} were ordered by another store than {store}, which is in use now, or at a revision that it has lost: they are left alone. "
                + "If this store is the right one, and they may be stopped or removed where it does not want them: "
                + $"kubectl annotate node {node} --overwrite {StoreConfirmation.Annotation}={confirmation}, "
                + $"or POST /api/v1/nodes/{node}/confirm-store with {{\"stores\": [{names}]}}.",
            LastTransitionTime = now,
        };
    }
}
