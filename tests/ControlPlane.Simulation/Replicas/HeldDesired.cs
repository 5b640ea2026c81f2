using ControlPlane.Api.Agents;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;

namespace ControlPlane.Simulation.Replicas;

/// <summary>
/// Holds an agent's question until there is news for its node, by the product's own <see cref="NodeAssignments"/>. The product's <c>DesiredStates</c> waits on
/// several tasks at once, whose completion would leave the simulated thread.
/// </summary>
internal sealed class HeldDesired(NodeAssignments assignments, TimeProvider time)
{
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BehindMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BehindPoll = TimeSpan.FromMilliseconds(50);

    public async Task<DesiredState> NextAsync(string node, long after, string store)
    {
        long started = time.GetTimestamp();
        while (IsBehind(assignments.Read(node), after, store))
        {
            if (time.GetElapsedTime(started) >= BehindMax)
            {
                throw StatusError.ServiceUnavailable($"this replica has not reached revision {after}");
            }

            await Task.Delay(BehindPoll, time);
        }

        while (true)
        {
            NodeAssignments.View view = assignments.Read(node);
            TimeSpan left = HoldMax - time.GetElapsedTime(started);
            if (after == 0 || IsOther(view, store) || view.ChangedAt > after || left <= TimeSpan.Zero)
            {
                return new DesiredState
                {
                    StoreIdentity = view.StoreIdentity,
                    Revision = view.Revision,
                    Pods = view.Pods,
                    ReplacedStores = view.ReplacedStores,
                };
            }

            await Holding.UntilAsync(view.Changed, left, time);
        }
    }

    private static bool IsOther(NodeAssignments.View view, string store) => store.Length > 0 && store != view.StoreIdentity;

    private static bool IsBehind(NodeAssignments.View view, long after, string store) =>
        view.Revision == 0 || (!IsOther(view, store) && view.Revision < after);
}
