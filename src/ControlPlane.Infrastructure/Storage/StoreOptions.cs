namespace ControlPlane.Infrastructure.Storage;

/// <summary>Where the store is and how large its parts may grow.</summary>
public sealed class StoreOptions
{
    /// <summary>How to reach PostgreSQL (Npgsql's connection string).</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>Names this process in the leader's lease; made anew for each process.</summary>
    public string ReplicaId { get; set; } = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}";

    /// <summary>Units that one transaction takes at most.</summary>
    public int UnitsPerTransactionMax { get; set; } = 256;

    /// <summary>Rows that one transaction takes at most; a unit with more goes alone. 1,000 rows are about 15 ms under the revision lock.</summary>
    public int RowsPerTransactionMax { get; set; } = 1_000;

    /// <summary>Units that may wait to be committed; beyond them commits are refused as unavailable.</summary>
    public int WaitingUnitsMax { get; set; } = 20_000;

    /// <summary>How long the change log is asked at the latest after it was asked last, for notifications may get lost.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Changes that are read from the log at once.</summary>
    public int ChangesPerRead { get; set; } = 2_000;

    /// <summary>Changes that are kept in memory for subscribers that come back or lag behind.</summary>
    public int RecentChangesMax { get; set; } = 50_000;

    /// <summary>
    /// The size beyond which the oldest of them are forgotten, in bytes of their objects' JSON (one a character; the objects take about twice that):
    /// 50,000 pods of 2.6 KB. The newest is kept, however large.
    /// </summary>
    public long RecentChangesBytesMax { get; set; } = 128L * 1024 * 1024;

    /// <summary>How long changes are kept, in memory and in the log, unless that would be too many.</summary>
    public TimeSpan ChangeRetention { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The size of the change log in bytes beyond which the oldest changes are dropped, however young.</summary>
    public long ChangeLogBytesMax { get; set; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Revisions in one partition of the change log, the grain in which it is dropped.</summary>
    public long RevisionsPerPartition { get; set; } = 100_000;

    /// <summary>How often partitions are looked after.</summary>
    public TimeSpan MaintenanceInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long no replica of a version that cannot read a status alone in the change log may have been connected before one is written there. Until then an upgrade is undone by
    /// starting the older version again.
    /// </summary>
    public TimeSpan OlderReplicasAwayFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a leader's lease holds without being extended.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often signs of life of nodes are stored.</summary>
    public TimeSpan PresenceInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a token that was taken back may still be honoured by another replica.</summary>
    public TimeSpan TokenCacheDuration { get; set; } = TimeSpan.FromSeconds(5);
}
