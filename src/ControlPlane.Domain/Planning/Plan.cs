using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning;

/// <summary>What a planner decided: the writes that bring the world closer, what to tell people, and when to look again by itself.</summary>
public sealed record Plan
{
    public static Plan Nothing { get; } = new();

    /// <summary>What the plan read and relies on, beside what it writes (each <see cref="Write.Update"/> of a desired part, and each owner).</summary>
    public ValueList<Precondition> Preconditions { get; init; }

    /// <summary>At most one for each object.</summary>
    public ValueList<Write> Writes { get; init; }

    public ValueList<EventNote> Events { get; init; }

    /// <summary>When something changes by time alone (a deadline, a pod that becomes available); null when nothing does.</summary>
    public TimeSpan? RecheckAfter { get; init; }
}

/// <summary>Something worth an Event, said about an object.</summary>
/// <param name="Involved">What it is about.</param>
/// <param name="Type"><c>Normal</c> or <c>Warning</c>.</param>
/// <param name="Reason">One CamelCase word, such as <c>ScalingReplicaSet</c>.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record EventNote(ObjectReference Involved, string Type, string Reason, string Message)
{
    /// <summary>How often it happened; more than once for a note that stands for several (<see cref="Events.SimilarEvents"/>).</summary>
    public int Count { get; init; } = 1;

    public static EventNote Normal(Resource involved, string reason, string message) => new(ReferenceTo(involved), "Normal", reason, message);

    public static EventNote Warning(Resource involved, string reason, string message) => new(ReferenceTo(involved), "Warning", reason, message);

    public static ObjectReference ReferenceTo(Resource resource)
    {
        ResourceKind kind = ResourceKinds.Of(resource);
        return new ObjectReference
        {
            Kind = kind.Kind,
            ApiVersion = kind.ApiVersion,
            Namespace = resource.Namespace.Length > 0 ? resource.Namespace : null,
            Name = resource.Name,
            Uid = resource.Uid,
            ResourceVersion = resource.Metadata.ResourceVersion,
        };
    }
}
