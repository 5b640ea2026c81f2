using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Hosting;

/// <summary>What is true of this node at one moment. Replaced whole, never changed.</summary>
internal sealed record NodeSnapshot(NodeStatus Node, ValueMap<string> NodeLabels, ValueList<PodReport> Pods);

/// <summary>Where the pod loop writes what it sees, and the reporter reads it.</summary>
internal sealed class NodeBoard(Signals signals)
{
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeSnapshot? current;

    /// <summary>The newest snapshot; there is one once <see cref="WaitUntilReadyAsync"/> has returned.</summary>
    public NodeSnapshot Current => Volatile.Read(ref current) ?? throw new InvalidOperationException("nothing has been observed yet");

    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => ready.Task.WaitAsync(cancellationToken);

    public void Publish(NodeSnapshot snapshot)
    {
        if (snapshot.Equals(current))
        {
            return;
        }

        Volatile.Write(ref current, snapshot);
        ready.TrySetResult();
        signals.Report.Set();
    }
}

/// <summary>The wakes of the agent's loops.</summary>
internal sealed class Signals
{
    /// <summary>Something to report.</summary>
    public Signal Report { get; } = new();

    /// <summary>Something to look at: the desired state, a container, a probe or a finished step.</summary>
    public Signal Pods { get; } = new();
}
