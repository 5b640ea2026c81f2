using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Traffic;

/// <summary>The connections that this gateway carries: each is followed to its end, and the last end can be awaited.</summary>
internal sealed class Connections(ILogger<Connections> log)
{
    private readonly Lock gate = new();
    private TaskCompletionSource? ended;
    private int count;

    /// <summary>Begins to carry one. What goes wrong with it is its own affair, and said.</summary>
    public void Add(Func<Task> carry)
    {
        lock (gate)
        {
            count++;
        }

        // Its end is awaited by the count.
        _ = GuardAsync(carry);
    }

    /// <summary>Returns when none is left.</summary>
    public async Task EndedAsync(CancellationToken cancellationToken)
    {
        Task last;
        lock (gate)
        {
            if (count == 0)
            {
                return;
            }

            ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            last = ended.Task;
        }

        await last.WaitAsync(cancellationToken);
    }

    private async Task GuardAsync(Func<Task> carry)
    {
        try
        {
            await carry();
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            log.ConnectionBroken(exception.Message);
        }
        catch (Exception exception)
        {
            log.ConnectionFailed(exception);
        }
        finally
        {
            lock (gate)
            {
                count--;
                if (count == 0)
                {
                    ended?.TrySetResult();
                    ended = null;
                }
            }
        }
    }
}
