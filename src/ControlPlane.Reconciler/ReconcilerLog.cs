using Microsoft.Extensions.Logging;

namespace ControlPlane.Reconciler;

/// <summary>What the reconciler says.</summary>
internal static partial class ReconcilerLog
{
    [LoggerMessage(1, LogLevel.Information, "Leading in term {Epoch}: {Objects} objects at revision {Revision}")]
    public static partial void Leading(ILogger logger, long epoch, int objects, long revision);

    [LoggerMessage(2, LogLevel.Warning, "No longer the leader; term {Epoch} is over: {Why}")]
    public static partial void LostLeadership(ILogger logger, long epoch, string why);

    [LoggerMessage(3, LogLevel.Error, "The reconciler's loop crashed; it starts again in {Delay}")]
    public static partial void Crashed(ILogger logger, Exception exception, TimeSpan delay);

    [LoggerMessage(4, LogLevel.Warning, "The store is not reachable: {Why}")]
    public static partial void StoreUnavailable(ILogger logger, string why);

    [LoggerMessage(5, LogLevel.Error, "Planning {Key} failed; again in {Delay}")]
    public static partial void PlanningFailed(ILogger logger, Exception exception, string key, TimeSpan delay);

    [LoggerMessage(6, LogLevel.Debug, "{Key} was refused: {Reason} on {RefusedKind} {RefusedKey}; again in {Delay}")]
    public static partial void Refused(ILogger logger, string key, string reason, string refusedKind, string refusedKey, TimeSpan delay);

    [LoggerMessage(7, LogLevel.Debug, "Planned {Keys} keys: {Units} units, {Writes} writes")]
    public static partial void Planned(ILogger logger, int keys, int units, int writes);

    [LoggerMessage(8, LogLevel.Warning, "It is not known when the nodes were last heard of; silence counts from now")]
    public static partial void PresenceUnknown(ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Warning, "Evictions stop: {Silent} of {Counted} nodes are silent together")]
    public static partial void EvictionsStopped(ILogger logger, int silent, int counted);

    [LoggerMessage(10, LogLevel.Information, "Evictions go on: {Silent} of {Counted} nodes are silent")]
    public static partial void EvictionsResumed(ILogger logger, int silent, int counted);

    [LoggerMessage(11, LogLevel.Warning, "The lease could not be given up: {Why}")]
    public static partial void ReleaseFailed(ILogger logger, string why);

    [LoggerMessage(12, LogLevel.Error, "The store cannot keep what {Key} asks for ({RefusedKind} {RefusedKey}): {Why}; again in {Delay}")]
    public static partial void Unstorable(ILogger logger, string key, string refusedKind, string refusedKey, string why, TimeSpan delay);
}
