namespace ControlPlane.Infrastructure.Storage.Model;

/// <summary>
/// A stored object; each kind has a table of this shape. What a table can be filtered by beyond it are generated columns
/// (see <see cref="GeneratedColumns"/>), so that one set-wise statement writes every kind.
/// </summary>
internal sealed class ResourceRow
{
    public required string Uid { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The revision of the last change to any part.</summary>
    public long ResourceVersion { get; init; }

    /// <summary>The revision of the last change to metadata, labels or spec.</summary>
    public long DesiredRevision { get; init; }

    /// <summary>What the other columns do not hold of the object's metadata.</summary>
    public required string Metadata { get; init; }

    public string? Labels { get; init; }

    /// <summary>The spec; for a kind without one everything that is neither metadata nor status.</summary>
    public string? Spec { get; init; }

    public string? Status { get; init; }
}

/// <summary>One entry of the change log: the object as it was stored by one write, or its status alone where nothing else changed.</summary>
internal sealed class ChangeRow
{
    public long Revision { get; init; }

    /// <summary>When the transaction began, by the database's clock.</summary>
    public DateTime At { get; init; }

    public required string Kind { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    /// <summary><c>A</c> added, <c>M</c> modified, <c>S</c> its status alone modified, <c>D</c> deleted.</summary>
    public char Operation { get; init; }

    /// <summary>The revision of the entry that has the metadata, the labels and the spec which an entry of a status alone leaves out.</summary>
    public long DesiredRevision { get; init; }

    /// <summary>Null, as labels and spec are, in an entry of a status alone.</summary>
    public string? Metadata { get; init; }

    public string? Labels { get; init; }

    public string? Spec { get; init; }

    public string? Status { get; init; }
}

/// <summary>The store itself: one row.</summary>
internal sealed class StoreRow
{
    /// <summary>Always true: the primary key of a table with one row.</summary>
    public bool Singleton { get; init; }

    /// <summary>Tells this database from any other.</summary>
    public Guid Identity { get; init; }

    /// <summary>The last revision given to a write.</summary>
    public long Revision { get; init; }

    /// <summary>Changes up to this revision may have been dropped from the log.</summary>
    public long CompactedRevision { get; init; }

    /// <summary>Where the store last was (see <see cref="StorePlace"/>); null until that is noted.</summary>
    public string? Home { get; init; }

    public string? Timeline { get; init; }

    /// <summary>
    /// Whether a change of a status alone is logged as that status: where no replica is connected that cannot read it (decision 0580).
    /// </summary>
    public bool LogsStatusAlone { get; init; }
}

/// <summary>Revisions that a failover may have lost.</summary>
internal sealed class LostRevisionsRow
{
    /// <summary>The last revision that is kept.</summary>
    public long After { get; init; }

    /// <summary>The first revision that was given afterwards.</summary>
    public long Before { get; init; }
}

/// <summary>The leader's term: one row.</summary>
internal sealed class LeaderRow
{
    public bool Singleton { get; init; }

    public long Epoch { get; init; }

    /// <summary>The process that holds the lease; empty when it was given up.</summary>
    public required string Holder { get; init; }

    public DateTime ExpiresAt { get; init; }
}

internal sealed class AgentSessionRow
{
    public required string Node { get; init; }

    public string? SessionId { get; init; }

    /// <summary>The last report that was stored.</summary>
    public long Sequence { get; init; }
}

internal sealed class NodePresenceRow
{
    public required string Node { get; init; }

    public DateTime LastSeen { get; init; }
}

/// <summary>What a gateway last said.</summary>
internal sealed class GatewayPresenceRow
{
    /// <summary>Made anew each time a gateway starts.</summary>
    public required string Instance { get; init; }

    public required string Node { get; init; }

    /// <summary>The store that the revision belongs to.</summary>
    public required string Store { get; init; }

    /// <summary>The revision of the routes that it acts on.</summary>
    public long Acknowledged { get; init; }

    /// <summary>The report's number.</summary>
    public long Sequence { get; init; }

    /// <summary>Requests that are in flight to pods that take nothing new.</summary>
    public required string Draining { get; init; }

    /// <summary>What it has seen of each pod since it started.</summary>
    public required string Traffic { get; init; }

    public DateTime LastSeen { get; init; }
}

internal sealed class TokenRow
{
    public required string Name { get; init; }

    public required string Role { get; init; }

    /// <summary>SHA-256 of the token.</summary>
    public required byte[] Hash { get; init; }
}

/// <summary>A stream that a client waits for at some replica.</summary>
internal sealed class WaitingStreamRow
{
    public required string Id { get; init; }

    /// <summary>The node whose agent shall dial.</summary>
    public required string Node { get; init; }

    /// <summary>What is asked for, and at which replica.</summary>
    public required string Request { get; init; }

    public DateTime ExpiresAt { get; init; }
}

internal sealed class IdempotentResultRow
{
    /// <summary>Whose key it is.</summary>
    public required string Actor { get; init; }

    public required string Key { get; init; }

    /// <summary>Tells the request from any other.</summary>
    public required string Fingerprint { get; init; }

    public Guid Claim { get; init; }

    public DateTime ClaimedAt { get; init; }

    /// <summary>The answer; null while there is none.</summary>
    public string? Result { get; init; }
}
