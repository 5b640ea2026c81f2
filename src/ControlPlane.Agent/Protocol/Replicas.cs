using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Protocol;

/// <summary>
/// Which replica of the control plane the agent talks to: one drawn at the start, so that agents spread, and the next in turn once it has failed.
/// </summary>
internal sealed class Replicas(ValueList<Uri> servers, Func<double> random)
{
    private int current = (int)(random() * servers.Count);

    public Uri Current => servers[Volatile.Read(ref current)];

    /// <summary>
    /// Goes on to the next replica, if the one that failed is still the current one: of two calls that fail together one moves the agent.
    /// </summary>
    public void LeaveAfterFailure(Uri failed)
    {
        int seen = Volatile.Read(ref current);
        if (servers[seen] == failed)
        {
            Interlocked.CompareExchange(ref current, (seen + 1) % servers.Count, seen);
        }
    }
}
