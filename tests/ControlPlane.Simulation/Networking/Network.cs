using System.Net;
using ControlPlane.Agent.Protocol;
using ControlPlane.Api.Wire;
using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Networking;

/// <summary>Calls from one process to another: requests and answers are late, lost, repeated and overtake each other.</summary>
internal sealed class Network(Scheduler scheduler, FaultRates faults, Dice dice)
{
    /// <summary>Calls a server. The handler runs in the server's process.</summary>
    /// <param name="server">Who is called; null when nobody can be reached.</param>
    /// <param name="handle">What it does with the request; twice, when the request is repeated.</param>
    /// <param name="timeout">How long the caller waits.</param>
    /// <param name="cancellationToken">The caller gives up.</param>
    /// <exception cref="ControlPlaneException">No answer, or a refusal.</exception>
    public async Task<T> CallAsync<T>(SimulatedProcess? server, Func<Task<T>> handle, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource<T> reply = new();
        void Break() => scheduler.After(Delay(), () => reply.TrySetException(new ControlPlaneException("the simulated connection broke", status: null)));
        scheduler.After(timeout, () => reply.TrySetException(new ControlPlaneException("no answer in time", status: null)));
        if (server is null || server.IsDead)
        {
            Break();
        }
        else
        {
            server.Killed += Break;
            Send(server, handle, reply, Break);
            if (faults.Strikes(faults.RepeatedMessages))
            {
                Send(server, handle, new TaskCompletionSource<T>(), static () => { });
            }
        }

        await using CancellationTokenRegistration registration = cancellationToken.Register(() => reply.TrySetCanceled(cancellationToken));
        try
        {
            return await reply.Task;
        }
        finally
        {
            if (server is not null)
            {
                server.Killed -= Break;
            }
        }
    }

    private void Send<T>(SimulatedProcess server, Func<Task<T>> handle, TaskCompletionSource<T> reply, Action onLost)
    {
        if (faults.Strikes(faults.LostMessages))
        {
            Lose(onLost);
            return;
        }

        scheduler.After(Delay(), () => server.Start(async () =>
        {
            Action<TaskCompletionSource<T>> answer = await AnswerAsync(handle);
            if (faults.Strikes(faults.LostMessages))
            {
                Lose(onLost);
            }
            else
            {
                scheduler.After(Delay(), () => answer(reply));
            }
        }));
    }

    /// <summary>Half of the losses show at once, as a connection that breaks; the other half as silence.</summary>
    private void Lose(Action onLost)
    {
        if (dice.Chance(0.5))
        {
            onLost();
        }
    }

    /// <summary>An exception of the server is an answer with its status.</summary>
    private static async Task<Action<TaskCompletionSource<T>>> AnswerAsync<T>(Func<Task<T>> handle)
    {
        try
        {
            T result = await handle();
            return reply => reply.TrySetResult(result);
        }
        catch (Exception exception)
        {
            HttpStatusCode code = exception is ApiException refusal ? (HttpStatusCode)refusal.Status.Code : HttpStatusCode.ServiceUnavailable;
            return reply => reply.TrySetException(new ControlPlaneException($"{(int)code} {exception.Message}", code, exception));
        }
    }

    private TimeSpan Delay() => faults.Strikes(faults.LateMessages) ? dice.Milliseconds(1, 3_000) : dice.Milliseconds(1, 10);
}
