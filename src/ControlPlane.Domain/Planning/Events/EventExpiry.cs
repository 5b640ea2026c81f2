using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Events;

/// <summary>Removes Events that have not been seen for an hour.</summary>
public static class EventExpiry
{
    /// <summary>At most this many Events are removed in one pass.</summary>
    public const int BatchMax = 1000;

    /// <summary>A plan for each Event that has expired.</summary>
    public static IReadOnlyList<Plan> Plan(IEnumerable<Event> events, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(events);
        return
        [
            .. events
                .Where(item => now - EventCorrelator.LastSeen(item) >= EventCorrelator.TimeToLive)
                .Take(BatchMax)
                .Select(item => new Plan { Preconditions = [Precondition.DesiredUnchanged.Of(item)], Writes = [Write.Remove.Of(item)] }),
        ];
    }
}
