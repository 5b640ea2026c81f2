using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Simulation.Storing;

/// <summary>All that is stored at one moment. Immutable, so a backup costs nothing.</summary>
internal sealed record DatabaseState
{
    private static readonly ImmutableSortedDictionary<ObjectKey, Resource> None = ImmutableSortedDictionary<ObjectKey, Resource>.Empty;

    public required string Identity { get; init; }

    public long Revision { get; init; }

    public long LeaderEpoch { get; init; }

    public string LeaseHolder { get; init; } = "";

    public DateTimeOffset LeaseExpires { get; init; } = DateTimeOffset.MinValue;

    public ImmutableDictionary<string, AgentSessionState> Sessions { get; init; } = ImmutableDictionary<string, AgentSessionState>.Empty;

    public ImmutableSortedDictionary<string, DateTimeOffset> LastSeen { get; init; } =
        ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    /// <summary>What gateways said last, by instance.</summary>
    public ImmutableSortedDictionary<string, GatewayWord> Gateways { get; init; } = ImmutableSortedDictionary.Create<string, GatewayWord>(StringComparer.Ordinal);

    /// <summary>By kind's name and uid.</summary>
    public ImmutableDictionary<(string Kind, string Uid), ObjectKey> Uids { get; init; } = ImmutableDictionary<(string, string), ObjectKey>.Empty;

    private ImmutableDictionary<string, ImmutableSortedDictionary<ObjectKey, Resource>> Kinds { get; init; } =
        ImmutableDictionary<string, ImmutableSortedDictionary<ObjectKey, Resource>>.Empty;

    public ImmutableSortedDictionary<ObjectKey, Resource> Of(ResourceKind kind) => Kinds.GetValueOrDefault(kind.Kind, None);

    public IEnumerable<T> All<T>()
        where T : Resource => Of(ResourceKinds.Of<T>()).Values.Cast<T>();

    public T? Find<T>(ObjectKey key)
        where T : Resource => (T?)Of(ResourceKinds.Of<T>()).GetValueOrDefault(key);

    public DatabaseState With(ResourceKind kind, Resource item) => this with
    {
        Kinds = Kinds.SetItem(kind.Kind, Of(kind).SetItem(item.Key, item)),
        Uids = Uids.SetItem((kind.Kind, item.Uid), item.Key),
    };

    public DatabaseState Without(ResourceKind kind, Resource item) => this with
    {
        Kinds = Kinds.SetItem(kind.Kind, Of(kind).Remove(item.Key)),
        Uids = Uids.Remove((kind.Kind, item.Uid)),
    };
}
