using ControlPlane.Domain.Commits;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>A connection that is kept between questions. Not safe for use by several threads at once.</summary>
internal sealed class KeptConnection(NpgsqlDataSource source) : IAsyncDisposable
{
    private NpgsqlConnection? kept;

    /// <summary>Asks; once more, on a new connection, when the one that was kept turns out to be broken. One on which anything has failed is not kept.</summary>
    /// <exception cref="StoreUnavailableException">The database could not be asked.</exception>
    public async Task<T> AskAsync<T>(Func<NpgsqlConnection, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (bool wasKept = kept is not null; ; wasKept = false)
        {
            try
            {
                kept ??= await source.OpenConnectionAsync(cancellationToken);
                return await ask(kept);
            }
            catch (Exception error) when (Database.IsTrouble(error))
            {
                await DisposeAsync();
                if (!wasKept || error.InnerException is TimeoutException)
                {
                    throw new StoreUnavailableException($"The database cannot be reached: {error.Message}", error);
                }
            }
            catch
            {
                await DisposeAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (kept is { } connection)
        {
            kept = null;
            await connection.DisposeAsync();
        }
    }
}
