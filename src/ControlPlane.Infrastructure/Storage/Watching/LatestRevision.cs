using ControlPlane.Domain.Commits;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>
/// Asks the database for the store's revision, once for all who wait at that moment. Who comes after a question was sent waits for the next
/// one: the answer to the first may be older than what they have seen acknowledged.
/// </summary>
internal sealed class LatestRevision(Database database) : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim asked = new(0);
    private TaskCompletionSource<long>? next;
    private bool isStopped;

    /// <exception cref="StoreUnavailableException">The database could not be asked.</exception>
    public Task<long> AskAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (isStopped)
            {
                throw new StoreUnavailableException("The store is being stopped.");
            }

            if (next is null)
            {
                next = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
                asked.Release();
            }

            return next.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Asks whenever somebody waits, until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await using RevisionQuestion question = new(database);
        try
        {
            while (true)
            {
                await asked.WaitAsync(stopping);
                await AnswerAsync(question, Take()!, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            lock (gate)
            {
                isStopped = true;
            }

            Take()?.SetException(new StoreUnavailableException("The store is being stopped."));
        }
    }

    public void Dispose() => asked.Dispose();

    private TaskCompletionSource<long>? Take()
    {
        lock (gate)
        {
            TaskCompletionSource<long>? taken = next;
            next = null;
            return taken;
        }
    }

    private static async Task AnswerAsync(RevisionQuestion question, TaskCompletionSource<long> waiting, CancellationToken cancellationToken)
    {
        try
        {
            waiting.SetResult(await question.AskAsync(cancellationToken));
        }
        catch (StoreUnavailableException error)
        {
            waiting.SetException(error);
        }
        catch (OperationCanceledException)
        {
            waiting.SetException(new StoreUnavailableException("The store is being stopped."));
            throw;
        }
    }
}
