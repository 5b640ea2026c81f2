using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Protocol;

/// <summary>Events on their way to the control plane: at most <see cref="MaxEvents"/>; while it is away, the oldest give way.</summary>
internal sealed class EventBuffer(TimeProvider time, Signal reporter)
{
    public const int MaxEvents = 1_000;

    /// <summary>How many go with one report.</summary>
    public const int MaxPerReport = 100;

    private readonly Lock gate = new();
    private readonly Queue<AgentEvent> events = new();

    /// <summary>Says something about a pod, or about one of its containers.</summary>
    public void Say(Pod pod, string? container, string type, string reason, string message)
    {
        ObjectReference involved = new()
        {
            Kind = "Pod",
            ApiVersion = "v1",
            Namespace = pod.Namespace,
            Name = pod.Name,
            Uid = pod.Uid,
            ResourceVersion = pod.Metadata.ResourceVersion,
            FieldPath = container is null ? null : $"spec.{(pod.Spec.IsInitContainer(container) ? "initContainers" : "containers")}{{{container}}}",
        };
        Add(new AgentEvent(involved, type, reason, message, time.GetUtcNow()));
    }

    /// <summary>Says something about the node. Its uid is its name, as the kubelet has it.</summary>
    public void SayOfNode(string node, string type, string reason, string message) =>
        Add(new AgentEvent(new ObjectReference { Kind = "Node", ApiVersion = "v1", Name = node, Uid = node }, type, reason, message, time.GetUtcNow()));

    /// <summary>Takes the oldest events out, at most <see cref="MaxPerReport"/>.</summary>
    public IReadOnlyList<AgentEvent> Take()
    {
        lock (gate)
        {
            List<AgentEvent> taken = [];
            while (taken.Count < MaxPerReport && events.TryDequeue(out AgentEvent? next))
            {
                taken.Add(next);
            }

            return taken;
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (gate)
            {
                return events.Count == 0;
            }
        }
    }

    private void Add(AgentEvent said)
    {
        lock (gate)
        {
            if (events.Count == MaxEvents)
            {
                events.Dequeue();
            }

            events.Enqueue(said);
        }

        reporter.Set();
    }
}
