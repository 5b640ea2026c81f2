using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlPlane.Infrastructure.EmbeddedPostgres;

/// <summary>
/// A private PostgreSQL server as a child of this process, for people who want to try things without setting up a database and for
/// tests. It listens on a Unix socket only, in a folder that no other user can enter.
/// </summary>
/// <remarks>The server is in a session of its own: Ctrl-C in a terminal reaches the launcher, which stops its children in order.</remarks>
public sealed class EmbeddedPostgresCluster : IAsyncDisposable
{
    private const string SuperUser = "controlplane";
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(300);
    private readonly EmbeddedPostgresOptions options;
    private readonly ILogger logger;
    private readonly ServerProcess server;
    private readonly ClusterLocation location;

    private EmbeddedPostgresCluster(EmbeddedPostgresOptions options, ILogger logger, ServerProcess server, ClusterLocation location, string connectionString)
    {
        this.options = options;
        this.logger = logger;
        this.server = server;
        this.location = location;
        ConnectionString = connectionString;
    }

    /// <summary>Where the cluster's files are.</summary>
    public string Folder => location.Root;

    /// <summary>Stays the same over restarts on the same data folder.</summary>
    public string ConnectionString { get; }

    public int ProcessId => server.Id;

    /// <summary>Completes with the exit code when the server has ended, for whatever reason.</summary>
    public Task<int> Completion => server.Completion;

    /// <summary>
    /// Makes the cluster when it is not there, stops what a killed run left behind, starts the server, and returns once it answers
    /// and the database exists.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">It could not be done; the message says why and what to do.</exception>
    public static async Task<EmbeddedPostgresCluster> StartAsync(EmbeddedPostgresOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        // Looked for first: without programs there may be no user to own the files either.
        _ = await PostgresBinaries.FindAsync(options.BinFolder, majorVersion: null, cancellationToken);
        ClusterLocation location = await ClusterLocation.PrepareAsync(options.DataFolder, cancellationToken);
        PostgresBinaries binaries = await PostgresBinaries.FindAsync(options.BinFolder, await ReadVersionAsync(location, cancellationToken), cancellationToken);
        await OrphanedServer.StopAsync(location.DataFolder, options.StopTimeout, logger, cancellationToken);
        await InitializeAsync(options, binaries, location, logger, cancellationToken);

        NpgsqlConnectionStringBuilder connection = new()
        {
            Host = location.SocketFolder,
            Port = ClusterLocation.Port,
            Username = SuperUser,
            Database = options.Database,
        };
        ServerProcess server = await StartServerAsync(options, binaries, location, connection, logger, cancellationToken);
        logger.Started(binaries.MajorVersion, server.Id, location.DataFolder);
        return new EmbeddedPostgresCluster(options, logger, server, location, connection.ConnectionString);
    }

    /// <summary>Ends all sessions and stops the server, with a checkpoint; kills it when that takes too long.</summary>
    public async Task StopAsync()
    {
        _ = Command.Signal(server.Id, Command.Interrupt);
        if (await Task.WhenAny(server.Completion, Task.Delay(options.StopTimeout)) != server.Completion)
        {
            logger.KillingServer(server.Id);
            await KillAsync();
        }

        logger.Ended(server.Id, await server.Completion);
        location.DeleteSocketFolder();
    }

    /// <summary>Kills the server as a power failure of its process would: no goodbye, no checkpoint. The next start recovers.</summary>
    public async Task KillAsync()
    {
        server.Kill();
        await server.Completion;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        server.Dispose();
    }

    private static async Task<int?> ReadVersionAsync(ClusterLocation location, CancellationToken cancellationToken)
    {
        string file = Path.Combine(location.DataFolder, "PG_VERSION");
        return File.Exists(file)
            ? int.Parse((await File.ReadAllTextAsync(file, cancellationToken)).Trim(), CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>Made beside its place and moved there when complete, so that an interrupted start leaves no half cluster.</summary>
    private static async Task InitializeAsync(
        EmbeddedPostgresOptions options, PostgresBinaries binaries, ClusterLocation location, ILogger logger, CancellationToken cancellationToken)
    {
        if (Directory.Exists(location.DataFolder))
        {
            return;
        }

        logger.MakingCluster(binaries.MajorVersion, location.DataFolder);
        string unfinished = location.DataFolder + ".new";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        List<string> command =
        [
            .. location.RunAs, binaries.InitDb, "-D", unfinished, "-U", SuperUser, "-A", "trust", "-E", "UTF8", "--locale=C", "--data-checksums",
        ];
        if (!options.IsDurable)
        {
            command.Add("--no-sync");
        }

        await Command.RunOrThrowAsync(command, cancellationToken);
        Directory.Move(unfinished, location.DataFolder);
    }

    /// <summary>Given on the command line at each start, so that <c>postgresql.conf</c> stays as PostgreSQL made it.</summary>
    private static IEnumerable<string> Settings(EmbeddedPostgresOptions options, ClusterLocation location)
    {
        Dictionary<string, string> settings = new()
        {
            ["listen_addresses"] = "",
            ["port"] = ClusterLocation.Port.ToString(CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = $"\"{location.SocketFolder}\"",
            ["unix_socket_permissions"] = "0700",
            ["max_connections"] = "60",
            ["shared_buffers"] = "128MB",
            ["max_wal_size"] = "1GB",
            // Nothing replicates a private cluster, and its backup is a dump.
            ["wal_level"] = "minimal",
            ["max_wal_senders"] = "0",
            ["log_line_prefix"] = "%m [%p] ",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
        };
        if (!options.IsDurable)
        {
            settings["fsync"] = "off";
            settings["full_page_writes"] = "off";
        }

        foreach ((string name, string value) in options.Settings)
        {
            settings[name] = value;
        }

        return settings.SelectMany(setting => (IEnumerable<string>)["-c", $"{setting.Key}={setting.Value}"]);
    }

    private static async Task<ServerProcess> StartServerAsync(
        EmbeddedPostgresOptions options,
        PostgresBinaries binaries,
        ClusterLocation location,
        NpgsqlConnectionStringBuilder connection,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            ServerProcess server = new(["setsid", .. location.RunAs, binaries.Server, "-D", location.DataFolder, .. Settings(options, location)], logger);
            try
            {
                if (await AnswersAsync(server, connection, options.StartTimeout - Stopwatch.GetElapsedTime(start), cancellationToken))
                {
                    await EnsureDatabaseAsync(connection, cancellationToken);
                    return server;
                }
            }
            catch
            {
                server.Kill();
                await server.Completion;
                server.Dispose();
                throw;
            }

            // Sessions of a killed server hold its shared memory for a moment longer.
            string output = server.LastOutput;
            server.Dispose();
            if (Stopwatch.GetElapsedTime(start) > options.StartTimeout / 4)
            {
                throw new EmbeddedPostgresException($"PostgreSQL does not start on {location.DataFolder}: {output}");
            }

            logger.StartFailed(output);
            await Task.Delay(RetryDelay, cancellationToken);
        }
    }

    /// <summary>True once the server answers; false when it has ended instead.</summary>
    private static async Task<bool> AnswersAsync(
        ServerProcess server, NpgsqlConnectionStringBuilder connection, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (!server.Completion.IsCompleted)
        {
            try
            {
                await using NpgsqlConnection attempt = new(Maintenance(connection));
                await attempt.OpenAsync(cancellationToken);
                return true;
            }
            catch (NpgsqlException error)
            {
                if (Stopwatch.GetElapsedTime(start) > timeout)
                {
                    throw new EmbeddedPostgresException($"PostgreSQL did not answer in time ({error.Message}): {server.LastOutput}", error);
                }
            }

            await Task.WhenAny(server.Completion, Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken));
        }

        return false;
    }

    private static async Task EnsureDatabaseAsync(NpgsqlConnectionStringBuilder connection, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection maintenance = new(Maintenance(connection));
        await maintenance.OpenAsync(cancellationToken);
        await using NpgsqlCommand exists = new("SELECT count(*) FROM pg_database WHERE datname = $1", maintenance) { Parameters = { new() { Value = connection.Database } } };
        if ((long)(await exists.ExecuteScalarAsync(cancellationToken))! > 0)
        {
            return;
        }

        string quoted = new NpgsqlCommandBuilder().QuoteIdentifier(connection.Database!);
        await using NpgsqlCommand create = new($"CREATE DATABASE {quoted}", maintenance);
        await create.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The database that is always there; never pooled, so that nothing of ours holds the server.</summary>
    private static string Maintenance(NpgsqlConnectionStringBuilder connection) =>
        new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Database = "postgres", Pooling = false, Timeout = 5 }.ConnectionString;
}
