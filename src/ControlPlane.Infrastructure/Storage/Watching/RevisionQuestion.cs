using ControlPlane.Domain.Commits;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>The question for the store's revision, prepared once on a connection that is kept. Not safe for use by several threads at once.</summary>
internal sealed class RevisionQuestion(Database database) : IAsyncDisposable
{
    /// <summary>How long the database may take to answer, in seconds; reads wait for it.</summary>
    private const int AnswerMaxSeconds = 5;

    private NpgsqlConnection? connection;
    private NpgsqlCommand? command;

    /// <summary>Asks; once more, on a new connection, when the one that was kept turns out to be broken.</summary>
    /// <exception cref="StoreUnavailableException">The database could not be asked.</exception>
    public async Task<long> AskAsync(CancellationToken cancellationToken)
    {
        bool wasKept = command is not null;
        try
        {
            return await AskOnceAsync(cancellationToken);
        }
        catch (Exception error) when (Database.IsTrouble(error))
        {
            await DisposeAsync();
            if (!wasKept || error.InnerException is TimeoutException)
            {
                throw Unavailable(error);
            }
        }

        try
        {
            return await AskOnceAsync(cancellationToken);
        }
        catch (Exception error) when (Database.IsTrouble(error))
        {
            await DisposeAsync();
            throw Unavailable(error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (command is { } prepared)
        {
            command = null;
            await prepared.DisposeAsync();
        }

        if (connection is { } kept)
        {
            connection = null;
            await kept.DisposeAsync();
        }
    }

    private async Task<long> AskOnceAsync(CancellationToken cancellationToken)
    {
        if (command is null)
        {
            connection ??= await database.Source.OpenConnectionAsync(cancellationToken);
            command = new NpgsqlCommand("SELECT revision FROM store", connection) { CommandTimeout = AnswerMaxSeconds };
            await command.PrepareAsync(cancellationToken);
        }

        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static StoreUnavailableException Unavailable(Exception error) => new($"The database cannot be reached: {error.Message}", error);
}
