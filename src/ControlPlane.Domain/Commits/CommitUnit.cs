using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Commits;

/// <summary>
/// What is written together or not at all: one API request, one key's plan, or one node's report. A unit whose preconditions
/// do not hold is left out of its transaction and reported; the others commit.
/// </summary>
public sealed record CommitUnit
{
    /// <summary>Who writes: a token's name, <c>system:reconciler</c>, <c>system:node:NAME</c>.</summary>
    public required string Actor { get; init; }

    public ValueList<Precondition> Preconditions { get; init; }

    /// <summary>At most one write for each object.</summary>
    public ValueList<Write> Writes { get; init; }

    /// <summary>API requests go first when transactions are formed; a plan's parts and reports wait for them.</summary>
    public CommitPriority Priority { get; init; } = CommitPriority.Request;
}

public enum CommitPriority
{
    Request,
    Background,
}

/// <summary>Something that must still be true when the unit commits.</summary>
public abstract record Precondition
{
    private Precondition()
    {
    }

    /// <summary>The object still exists and neither its metadata nor its spec has changed; status may have moved on.</summary>
    public sealed record DesiredUnchanged(ResourceKind Kind, ObjectKey Key, string Uid, long DesiredRevision) : Precondition
    {
        public static DesiredUnchanged Of(Resource resource) =>
            new(ResourceKinds.Of(resource), resource.Key, resource.Uid, resource.Metadata.DesiredRevision);
    }

    /// <summary>The object exists, with this resource version.</summary>
    public sealed record AtResourceVersion(ResourceKind Kind, ObjectKey Key, long Revision) : Precondition;

    /// <summary>The object exists with this uid, whatever else has changed.</summary>
    public sealed record Exists(ResourceKind Kind, ObjectKey Key, string Uid) : Precondition;

    /// <summary>No object has this name.</summary>
    public sealed record Absent(ResourceKind Kind, ObjectKey Key) : Precondition;

    /// <summary>The namespace exists and is not being deleted.</summary>
    public sealed record NamespaceActive(string Name) : Precondition;

    /// <summary>This process is still the leader, in this term.</summary>
    public sealed record LeaderEpoch(long Epoch) : Precondition;

    /// <summary>The node's agent session is this one, and no report with this sequence or a later one has been stored.</summary>
    public sealed record AgentSession(string Node, string SessionId, long Sequence) : Precondition;
}

/// <summary>One object's change. Updates find their row by key and uid; a row that is gone or lives under another uid refuses the unit.</summary>
public abstract record Write
{
    private Write()
    {
    }

    public abstract ResourceKind Kind { get; }

    public abstract ObjectKey Key { get; }

    /// <summary>A new object; refused when the name is taken. Name and uid are set by the caller, the revision by the store.</summary>
    public sealed record Create(Resource Object) : Write
    {
        public override ResourceKind Kind => ResourceKinds.Of(Object);

        public override ObjectKey Key => Object.Key;
    }

    /// <summary>New contents for the named parts of an object; the parts not named keep what is stored.</summary>
    public sealed record Update(Resource Object, ResourceParts Parts) : Write
    {
        public override ResourceKind Kind => ResourceKinds.Of(Object);

        public override ObjectKey Key => Object.Key;
    }

    /// <summary>The object leaves the store.</summary>
    public sealed record Remove(ResourceKind OfKind, ObjectKey AtKey, string Uid) : Write
    {
        public static Remove Of(Resource resource) => new(ResourceKinds.Of(resource), resource.Key, resource.Uid);

        public override ResourceKind Kind => OfKind;

        public override ObjectKey Key => AtKey;
    }

    /// <summary>Starts a new agent session for a node, or ends it (<see cref="SessionId"/> null): its reports are refused from then on.</summary>
    public sealed record SetAgentSession(string Node, string? SessionId) : Write
    {
        public override ResourceKind Kind => ResourceKinds.Node;

        public override ObjectKey Key => new("", Node);
    }
}

/// <summary>The column groups of a stored object.</summary>
[Flags]
public enum ResourceParts
{
    None = 0,

    /// <summary>Metadata and spec (or what stands in its place).</summary>
    Desired = 1,

    Status = 2,

    All = Desired | Status,
}

/// <summary>What became of a unit.</summary>
public abstract record UnitResult
{
    private UnitResult()
    {
    }

    /// <summary>Stored. <see cref="Revision"/> is the unit's last revision; it is what the cache must reach to show the unit.</summary>
    public sealed record Committed(long Revision) : UnitResult;

    /// <summary>Left out: nothing of it is stored.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Kind">The kind of the object that it is about; empty when it is about none.</param>
    /// <param name="Key">Which object.</param>
    /// <param name="Detail">What the reason alone does not say; empty when there is no more to say.</param>
    public sealed record Refused(RefusalReason Reason, string Kind, ObjectKey Key, string Detail = "") : UnitResult;
}

public enum RefusalReason
{
    /// <summary>An object that the unit read or replaces has changed.</summary>
    Conflict,
    NotFound,

    /// <summary>The name lives under another uid than the unit expects.</summary>
    UidMismatch,
    AlreadyExists,
    NamespaceNotFound,
    NamespaceTerminating,
    StaleEpoch,
    StaleSession,

    /// <summary>The unit holds what the store cannot keep; it would be refused again as it is.</summary>
    Unstorable,
}
