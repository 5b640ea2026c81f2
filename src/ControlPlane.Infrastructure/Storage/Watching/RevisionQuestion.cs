using ControlPlane.Domain.Commits;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>The question for the store's revision, prepared once on a connection that is kept. Not safe for use by several threads at once.</summary>
internal sealed class RevisionQuestion(Database database) : IAsyncDisposable
{
    /// <summary>How long the database may take to answer, in seconds; reads wait for it.</summary>
    private const int AnswerMaxSeconds = 5;

    private readonly KeptConnection kept = new(database.Source);
    private NpgsqlCommand? command;

    /// <summary>Asks; see <see cref="KeptConnection.AskAsync"/>.</summary>
    /// <exception cref="StoreUnavailableException">The database could not be asked.</exception>
    public Task<long> AskAsync(CancellationToken cancellationToken) => kept.AskAsync(connection => AskAsync(connection, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await ForgetCommandAsync();
        await kept.DisposeAsync();
    }

    private async Task<long> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (command?.Connection != connection)
        {
            await ForgetCommandAsync();
            command = new NpgsqlCommand("SELECT revision FROM store", connection) { CommandTimeout = AnswerMaxSeconds };
            await command.PrepareAsync(cancellationToken);
        }

        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task ForgetCommandAsync()
    {
        if (command is { } prepared)
        {
            command = null;
            await prepared.DisposeAsync();
        }
    }
}
