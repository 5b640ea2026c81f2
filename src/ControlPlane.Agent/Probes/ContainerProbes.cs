using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Protocol;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Probes;

/// <summary>
/// The probes of one life of a container. The startup probe gates the others; each counts its own successes and failures in a row
/// (Kubernetes: configure probes).
/// </summary>
internal sealed class ContainerProbes : IAsyncDisposable
{
    /// <summary>
    /// How long a failure's words stand before others take their place: words that differ each time, such as a page with a clock on it,
    /// must not become a stored change a second.
    /// </summary>
    private static readonly TimeSpan ShortestFailure = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource cancel = new();
    private readonly ProbeTarget target;
    private readonly ProbeRunner runner;
    private readonly EventBuffer events;
    private readonly Signals signals;
    private readonly TimeProvider time;
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ProbeVerdict verdict;
    private volatile bool hasAnswered;
    private long failureSaidAt;

    public ContainerProbes(ProbeTarget target, ProbeRunner runner, EventBuffer events, Signals signals, TimeProvider time)
    {
        (this.target, this.runner, this.events, this.signals, this.time) = (target, runner, events, signals, time);
        Container container = target.Container;
        bool isStarted = container.StartupProbe is null;
        verdict = new ProbeVerdict { IsStarted = isStarted, IsReady = isStarted && container.ReadinessProbe is null };
        hasAnswered = container.ReadinessProbe is null;
        if (isStarted)
        {
            started.SetResult();
        }

        Loops = Task.WhenAll(
            LoopAsync("Startup", container.StartupProbe, gate: Task.CompletedTask, OnStartup),
            LoopAsync("Liveness", container.LivenessProbe, gate: started.Task, OnLiveness),
            LoopAsync("Readiness", container.ReadinessProbe, gate: started.Task, OnReadiness));
    }

    /// <summary>Ends when all loops have ended.</summary>
    private Task Loops { get; }

    public ProbeVerdict Verdict => Volatile.Read(ref verdict);

    /// <summary>True once the readiness probe has answered for the first time, or when there is none.</summary>
    public bool HasAnswered => hasAnswered;

    /// <summary>True once the pod shall stop: from then on nothing is restarted for a probe's sake.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Ends the probes and waits for their loops.</summary>
    public async ValueTask DisposeAsync()
    {
        Cancel();
        await Loops;
        cancel.Dispose();
    }

    /// <summary>On the caller's thread: the loops only stop waiting, and who awaits their end need not look for it on another.</summary>
    private void Cancel() => cancel.Cancel();

    private async Task LoopAsync(string kind, Probe? probe, Task gate, Func<Probe, bool, bool> settle)
    {
        if (probe is null)
        {
            return;
        }

        try
        {
            await gate.WaitAsync(cancel.Token);
            await WaitInitialDelayAsync(probe);
            int successes = 0;
            int failures = 0;
            bool goesOn = true;
            while (goesOn)
            {
                ProbeAnswer answer = await runner.ProbeAsync(target, probe, cancel.Token);
                (successes, failures) = answer.IsSuccess ? (successes + 1, 0) : (0, failures + 1);
                if (!answer.IsSuccess && !(IsEnding && kind != "Readiness"))
                {
                    events.Say(target.Pod, target.Container.Name, "Warning", "Unhealthy", $"{kind} probe failed: {answer.Message}");
                }

                if (kind != "Liveness")
                {
                    Note(answer.IsSuccess ? "" : $"{kind} probe failed: {answer.Message}");
                }

                if (answer.IsSuccess ? successes >= (probe.SuccessThreshold ?? 1) : failures >= (probe.FailureThreshold ?? 3))
                {
                    goesOn = settle(probe, answer.IsSuccess);
                }

                if (kind == "Readiness" && !hasAnswered)
                {
                    hasAnswered = true;
                    signals.Pods.Set();
                }

                await Task.Delay(TimeSpan.FromSeconds(probe.PeriodSeconds ?? 10), time, cancel.Token);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The container is gone or the agent ends: there is nothing left to ask.
            return;
        }
    }

    /// <summary>Counted from the container's start, so that a container adopted later is asked at once.</summary>
    private async Task WaitInitialDelayAsync(Probe probe)
    {
        TimeSpan age = time.GetUtcNow() - (target.Running.StartedAt ?? time.GetUtcNow());
        TimeSpan wait = TimeSpan.FromSeconds(probe.InitialDelaySeconds ?? 0) - age;
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancel.Token);
        }
    }

    private bool OnStartup(Probe probe, bool isSuccess)
    {
        if (!isSuccess)
        {
            return AskForRestart("startup", probe);
        }

        Change(now => now with { IsStarted = true, IsReady = target.Container.ReadinessProbe is null });
        started.TrySetResult();
        return false;
    }

    /// <summary>Keeps what the startup or the readiness probe got, for whoever asks why the container is not ready. They never run at the same time.</summary>
    private void Note(string failure)
    {
        string known = Verdict.Failure;
        if (failure == known || (failure.Length > 0 && known.Length > 0 && time.GetElapsedTime(failureSaidAt) < ShortestFailure))
        {
            return;
        }

        failureSaidAt = time.GetTimestamp();
        Change(now => now with { Failure = failure });
    }

    private bool OnLiveness(Probe probe, bool isSuccess) => isSuccess || AskForRestart("liveness", probe);

    private bool OnReadiness(Probe probe, bool isSuccess)
    {
        Change(now => now with { IsReady = isSuccess });
        return true;
    }

    /// <summary>The container's life ends with this; the next life gets probes of its own.</summary>
    private bool AskForRestart(string kind, Probe probe)
    {
        Change(now => now with { FailedProbe = kind, GraceSeconds = probe.TerminationGracePeriodSeconds });
        return false;
    }

    /// <summary>Wakes the pod loop when there is something new: a probe a second whose answer is the same as ever must not cost its node a look at all of its pods.</summary>
    private void Change(Func<ProbeVerdict, ProbeVerdict> change)
    {
        ProbeVerdict before;
        ProbeVerdict after;
        do
        {
            before = Volatile.Read(ref verdict);
            after = change(before);
            if (after == before)
            {
                return;
            }
        }
        while (!ReferenceEquals(Interlocked.CompareExchange(ref verdict, after, before), before));
        signals.Pods.Set();
    }
}
