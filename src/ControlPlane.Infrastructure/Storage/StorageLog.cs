using Microsoft.Extensions.Logging;

namespace ControlPlane.Infrastructure.Storage;

internal static partial class StorageLog
{
    [LoggerMessage(LogLevel.Warning, "Waiting for PostgreSQL ({Database}): {Reason}")]
    public static partial void WaitingForDatabase(this ILogger logger, string database, string reason);

    [LoggerMessage(LogLevel.Information, "The store {Identity} is loaded: {Objects} objects at revision {Revision}, changes after revision {RecentAfter}")]
    public static partial void Loaded(this ILogger logger, string identity, int objects, long revision, long recentAfter);

    [LoggerMessage(LogLevel.Warning, "The change log cannot be read: {Reason}; trying again in {Delay}")]
    public static partial void TailInterrupted(this ILogger logger, string reason, TimeSpan delay);

    [LoggerMessage(LogLevel.Information, "The change log is read again, from revision {Revision}")]
    public static partial void TailResumed(this ILogger logger, long revision);

    [LoggerMessage(LogLevel.Warning, "The database does not continue from revision {Revision} of the store {Identity}: everything is loaded again")]
    public static partial void Reloading(this ILogger logger, long revision, string identity);

    [LoggerMessage(LogLevel.Warning, "The database {What} at revision {Revision}: its history begins anew ({Noted} -> {Now})")]
    public static partial void HistoryBeginsAnew(this ILogger logger, string what, long revision, string noted, string now);

    [LoggerMessage(LogLevel.Debug, "Notifications are interrupted: {Reason}; polling goes on")]
    public static partial void ListenerInterrupted(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "{Units} units could not be committed: {Reason}")]
    public static partial void CommitFailed(this ILogger logger, int units, string reason);

    [LoggerMessage(LogLevel.Error, "The database does not take what {Actor} wants to store: {Reason} (SQLSTATE {SqlState})")]
    public static partial void UnitRefused(this ILogger logger, string actor, string reason, string sqlState);

    [LoggerMessage(LogLevel.Error, "A commit of {Units} units failed unexpectedly")]
    public static partial void CommitBroke(this ILogger logger, int units, Exception error);

    [LoggerMessage(LogLevel.Information, "Made the change log's partition {Partition} for revisions {From} to {To}")]
    public static partial void MadePartition(this ILogger logger, string partition, long from, long to);

    [LoggerMessage(LogLevel.Information, "Dropped the change log's partition {Partition}: revisions up to {Revision} are compacted")]
    public static partial void DroppedPartition(this ILogger logger, string partition, long revision);

    [LoggerMessage(LogLevel.Error, "{Changes} changes went to the change log's default partition: partitions were not made in time")]
    public static partial void DefaultPartitionUsed(this ILogger logger, long changes);

    [LoggerMessage(LogLevel.Warning, "The change log's partitions could not be looked after: {Reason}")]
    public static partial void MaintenanceFailed(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Information, "Changes of a status alone are logged as that status from now on: no replica of a version is connected that cannot read them")]
    public static partial void LogsStatusAlone(this ILogger logger);

    [LoggerMessage(LogLevel.Warning, "Changes of a status are logged with the whole object again: a replica of a version is connected that cannot read a status alone")]
    public static partial void LogsWholeObjects(this ILogger logger);

    [LoggerMessage(LogLevel.Warning, "Whether replicas of older versions are connected is not known: {Reason}")]
    public static partial void OlderReplicasUnknown(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Debug, "Which streams wait at other replicas is not known: {Reason}")]
    public static partial void StreamsInterrupted(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "Signs of life of nodes cannot be stored: {Reason}")]
    public static partial void PresenceFailed(this ILogger logger, string reason);
}
