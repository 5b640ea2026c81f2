using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Nodes;

/// <summary>
/// What the containers of a node answer to their probes. All is well with most of them; while faults are on some are not ready for some seconds, and some hang: those fail every probe until they are
/// started anew.
/// </summary>
internal sealed class SimulatedProbes(Scheduler scheduler, FaultRates faults, Dice dice)
{
    private const string AsksReady = "ready";
    private const string AsksAlive = "alive";
    private const double HangingShare = 0.3;

    private readonly Dictionary<string, DateTimeOffset> unreadyUntil = new(StringComparer.Ordinal);
    private readonly HashSet<string> hanging = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> livenessFailedAt = new(StringComparer.Ordinal);

    /// <summary>Says what has befallen a container.</summary>
    public event Action<string>? Struck;

    /// <summary>Every second; one failure is enough.</summary>
    public static Probe Readiness { get; } = Asking(AsksReady);

    /// <inheritdoc cref="Readiness"/>
    public static Probe Liveness { get; } = Asking(AsksAlive);

    /// <summary>When a container's liveness probe last failed, whatever the cause; null when it never has.</summary>
    public DateTimeOffset? LivenessFailedAt(string id) => livenessFailedAt.TryGetValue(id, out DateTimeOffset at) ? at : null;

    /// <summary>A container with probes has begun to run.</summary>
    public void Begin(string id, Func<bool> isRunning) => scheduler.After(dice.Milliseconds(1_000, 15_000), () =>
    {
        if (!isRunning() || hanging.Contains(id))
        {
            return;
        }

        if (faults.AreOn)
        {
            Strike(id);
        }

        Begin(id, isRunning);
    });

    /// <summary>The exit code of a probe's command.</summary>
    public int Answer(string id, string question)
    {
        bool isWell = !hanging.Contains(id) && (question == AsksAlive || !unreadyUntil.TryGetValue(id, out DateTimeOffset until) || until <= scheduler.Now);
        if (!isWell)
        {
            Fail(id, question);
        }

        return isWell ? 0 : 1;
    }

    /// <summary>A probe got a bad answer, or none in time.</summary>
    public void Fail(string id, string question)
    {
        if (question == AsksAlive)
        {
            livenessFailedAt[id] = scheduler.Now;
        }
    }

    private void Strike(string id)
    {
        if (dice.Chance(HangingShare))
        {
            hanging.Add(id);
            Struck?.Invoke($"{id} hangs");
        }
        else
        {
            TimeSpan spell = dice.Milliseconds(500, 8_000);
            unreadyUntil[id] = scheduler.Now + spell;
            Struck?.Invoke($"{id} is not ready for {spell.TotalSeconds:0.0} s");
        }
    }

    private static Probe Asking(string question) =>
        new() { Exec = new ExecAction { Command = [question] }, PeriodSeconds = 1, TimeoutSeconds = 1, SuccessThreshold = 1, FailureThreshold = 1 };
}
