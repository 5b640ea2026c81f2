using Microsoft.Extensions.Logging;

namespace ControlPlane.Infrastructure.EmbeddedPostgres;

internal static partial class EmbeddedPostgresLog
{
    [LoggerMessage(LogLevel.Information, "Making a PostgreSQL {Version} cluster in {Folder}")]
    public static partial void MakingCluster(this ILogger logger, int version, string folder);

    [LoggerMessage(LogLevel.Information, "PostgreSQL {Version} runs as process {ProcessId} on {Folder}")]
    public static partial void Started(this ILogger logger, int version, int processId, string folder);

    [LoggerMessage(LogLevel.Information, "PostgreSQL process {ProcessId} ended with {ExitCode}")]
    public static partial void Ended(this ILogger logger, int processId, int exitCode);

    [LoggerMessage(LogLevel.Warning, "Stopping the PostgreSQL server {ProcessId} that an earlier run left on {Folder}")]
    public static partial void StoppingOrphan(this ILogger logger, int processId, string folder);

    [LoggerMessage(LogLevel.Warning, "PostgreSQL did not start and is tried again: {Output}")]
    public static partial void StartFailed(this ILogger logger, string output);

    [LoggerMessage(LogLevel.Warning, "PostgreSQL process {ProcessId} did not stop in time and is killed")]
    public static partial void KillingServer(this ILogger logger, int processId);

    [LoggerMessage(LogLevel.Debug, "postgres: {Line}")]
    public static partial void ServerLine(this ILogger logger, string line);
}
