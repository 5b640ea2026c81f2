namespace ControlPlane.Infrastructure.Presence;

/// <summary>
/// When each node was last heard of. Reports are noted in memory by the replica that hears them and flushed once a second to a table of
/// their own; the leader reads that table.
/// </summary>
public interface INodePresence
{
    /// <summary>Notes a sign of life.</summary>
    void Seen(string node);

    /// <summary>For each node ever heard of, how long ago it was last seen, by the database's clock.</summary>
    /// <exception cref="Domain.Commits.StoreUnavailableException">The database could not be reached: silence means nothing now.</exception>
    Task<IReadOnlyDictionary<string, TimeSpan>> ReadAgesAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Since when this replica's reports have been stored without a gap, as a timestamp of its <see cref="TimeProvider"/>, which no setting of a clock moves; null while they cannot be. Silence before
    /// that counts for nothing.
    /// </summary>
    long? StoredWithoutGapSince { get; }
}
