using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Agents;

/// <summary>
/// An agent's first contact, <c>POST /agent/v1/nodes/{name}/join</c> with the token that all agents may join with: from then on it speaks for its node with
/// this token, which it made itself, and nobody else does. Answered with 204, and with 403 when the name has another token.
/// </summary>
public sealed record JoinRequest
{
    /// <summary>At least 32 random bytes, in base 64.</summary>
    public required string Token { get; init; }

    /// <summary>Without the token, which has no place in a log.</summary>
    public override string ToString() => nameof(JoinRequest);
}

/// <summary>What a node says: <c>POST /agent/v1/nodes/{name}/report</c>. Every message carries state; lost, repeated and late ones are harmless.</summary>
public sealed record NodeReport
{
    /// <summary>Made anew each time the agent starts or is told to.</summary>
    public required string SessionId { get; init; }

    /// <summary>Counts the reports of a session from 1; a report that is repeated keeps its number.</summary>
    public required long Sequence { get; init; }

    /// <summary>True when <see cref="Pods"/> is everything that runs here; else those that changed since the last acknowledged report.</summary>
    public bool IsFull { get; init; }

    /// <summary>The node itself: addresses, capacity, system. Sent when full or changed.</summary>
    public NodeStatus? Node { get; init; }

    /// <summary>Labels the agent gives its node (<c>kubernetes.io/hostname</c>, <c>kubernetes.io/os</c>, …).</summary>
    public ValueMap<string> NodeLabels { get; init; }

    public ValueList<PodReport> Pods { get; init; }

    /// <summary>Events of the agent: <c>Pulling</c>, <c>Started</c>, <c>Unhealthy</c>, <c>BackOff</c>, …</summary>
    public ValueList<AgentEvent> Events { get; init; }
}

/// <summary>One pod as its node sees it.</summary>
public sealed record PodReport
{
    public required string Uid { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The identity of the store that ordered the pod; see <see cref="DesiredState.StoreIdentity"/>.</summary>
    public string StoreIdentity { get; init; } = "";

    /// <summary>The revision at which the node first saw the pod's record.</summary>
    public long BornAtRevision { get; init; }

    public PodStatus? Status { get; init; }

    /// <summary>True once every container of a pod that was to stop has stopped and is removed: the record may go.</summary>
    public bool IsStopped { get; init; }
}

public sealed record AgentEvent(ObjectReference Involved, string Type, string Reason, string Message, DateTimeOffset At);

/// <summary>The answer to a report.</summary>
public sealed record ReportReply
{
    public required string StoreIdentity { get; init; }

    public required long Revision { get; init; }

    /// <summary>The replica does not know the session: send a full report, in a new session.</summary>
    public bool SendAll { get; init; }
}

/// <summary>
/// What a node shall do: the answer of <c>GET /agent/v1/nodes/{name}/desired?after=R&amp;store=S</c>, held until something for this node is newer
/// than R (or 20 s have passed: then the same again), unless the store is another one than S, whose revisions say nothing here. It is the whole desired state of the node as of <see cref="Revision"/>.
/// </summary>
public sealed record DesiredState
{
    /// <summary>Tells this database from any other.</summary>
    public required string StoreIdentity { get; init; }

    /// <summary>The revision this was derived from. An agent acts on none older than the highest it has acted on.</summary>
    public required long Revision { get; init; }

    /// <summary>Revisions that failovers of the store may have lost: a container born at one of them that has no record may have had one.</summary>
    public ValueList<LostRevisions> LostRevisions { get; init; }

    /// <summary>Every pod bound to this node; those with a deletion mark are to stop, with their grace period.</summary>
    public ValueList<Pod> Pods { get; init; }

    /// <summary>
    /// The stores that this one has replaced on this node, as a person confirmed: containers that they ordered may be stopped like this store's own.
    /// Those of any other store run on.
    /// </summary>
    public ValueList<string> ReplacedStores { get; init; }

    /// <summary>Registry logins for the pods' images, from their pull secrets.</summary>
    public ValueList<RegistryLogin> RegistryLogins { get; init; }

    /// <summary>
    /// What the variables of the pods' containers take from ConfigMaps and Secrets. Of an object that is not among these the agent knows that it does not exist.
    /// </summary>
    public ValueList<EnvironmentContent> EnvironmentContents { get; init; }

    /// <summary>What the names of the pods' images stand for, as far as their revisions know it. Such a pod runs that and nothing else.</summary>
    public ValueList<ResolvedImage> ResolvedImages { get; init; }

    /// <summary>The Services of the pods' namespaces, in the order of namespace and name: what containers are told of when they start.</summary>
    public ValueList<ServiceAddress> Services { get; init; }

    /// <summary>Streams that someone waits for: the agent dials out for each.</summary>
    public ValueList<StreamRequest> Streams { get; init; }
}

/// <summary>A login for one registry, for one pod's pulls.</summary>
public sealed record RegistryLogin(string PodUid, string Registry, string Username, string Password);

/// <summary>What the name of an image stands for, for one pod: a registry's digest, or the id of an image that only its engine has.</summary>
public sealed record ResolvedImage(string PodUid, string Image, string Resolved);

/// <summary>
/// What an image's name stands for on a node that is about to start a pod whose revision does not know it yet: <c>POST /agent/v1/nodes/{name}/images</c>. Asked
/// once for each start, with all that can be asked then; without an answer the pod starts with what the node has.
/// </summary>
public sealed record ImageReport
{
    public required string PodUid { get; init; }

    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string Name { get; init; }

    /// <summary>The image's name as the pod has it.</summary>
    public required string Image { get; init; }

    /// <summary>See <see cref="ResolvedImage"/>.</summary>
    public required string Resolved { get; init; }

    /// <summary>What other names of the pod's images stand for that the node has too, by name: agreed on in the same exchange.</summary>
    public ValueMap<string> Others { get; init; }
}

/// <summary>The answer to an <see cref="ImageReport"/>.</summary>
/// <param name="Resolved">What the first node of the revision said: what the pod is to run.</param>
public sealed record ImageReply(string Resolved)
{
    /// <summary>The same for the report's other names.</summary>
    public ValueMap<string> Others { get; init; }
}

/// <summary>
/// A stream that a client of the API waits for. The agent dials to <c>/agent/v1/streams/{id}</c> of the replica that the client is connected to. A log's bytes it
/// posts there as they come (<c>application/octet-stream</c>, chunked). For anything else it upgrades the connection to <see cref="DuplexProtocol"/>, whose bytes are those of
/// a <see cref="StreamConnection"/>. What it cannot serve it ends with a post of a status code and a text.
/// </summary>
public sealed record StreamRequest
{
    /// <summary>What the agent asks to upgrade to, for a stream of bytes in both directions.</summary>
    public const string DuplexProtocol = "controlplane-stream";

    public required string Id { get; init; }

    public required string PodUid { get; init; }

    /// <summary>What is asked for: one of <see cref="StreamTypes"/>, whose options are given.</summary>
    public required string Type { get; init; }

    public LogOptions? Logs { get; init; }

    public ExecOptions? Exec { get; init; }

    public AttachOptions? Attach { get; init; }

    public PortForwardOptions? PortForward { get; init; }

    /// <summary>The address of the replica that waits for it, such as <c>https://10.0.0.6:8443/</c>; null: the one that says so.</summary>
    public string? ReplicaUrl { get; init; }
}

/// <summary>The types of streams, by which an agent tells those that it can serve.</summary>
public static class StreamTypes
{
    public const string Logs = "logs";
    public const string Exec = "exec";
    public const string Attach = "attach";
    public const string PortForward = "portforward";
}

/// <summary>Which part of a container's log (Kubernetes: PodLogOptions).</summary>
public sealed record LogOptions
{
    public string Container { get; init; } = "";

    public bool Follow { get; init; }

    public bool Previous { get; init; }

    public bool Timestamps { get; init; }

    public long? TailLines { get; init; }

    public long? SinceSeconds { get; init; }

    public DateTimeOffset? SinceTime { get; init; }

    public long? LimitBytes { get; init; }
}
