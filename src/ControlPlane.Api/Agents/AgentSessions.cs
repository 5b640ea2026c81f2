using System.Collections.Concurrent;

namespace ControlPlane.Api.Agents;

/// <summary>What this replica knows of the agents that talk to it. In memory only: a replica that knows nothing asks for everything.</summary>
internal sealed class AgentSessions(TimeProvider time)
{
    /// <summary>An agent that was heard within this time is connected here: its calls come each few seconds and are held for 20 s at most.</summary>
    private static readonly TimeSpan ConnectedFor = TimeSpan.FromSeconds(25);

    private readonly ConcurrentDictionary<string, AgentSession> sessions = new(StringComparer.Ordinal);
    private int generation;

    /// <summary>Counts how often the store was loaded anew; see <see cref="BeginAnew"/>.</summary>
    public int Generation => Volatile.Read(ref generation);

    /// <summary>
    /// The store was loaded anew: what agents were acknowledged may be lost, so each is asked for everything again.
    /// </summary>
    public void BeginAnew() => Interlocked.Increment(ref generation);

    public AgentSession Of(string node) => sessions.GetOrAdd(node, static _ => new AgentSession());

    /// <summary>Notes that a node's agent has called.</summary>
    public void Heard(string node) => Of(node).HeardAt = time.GetTimestamp();

    public bool IsConnected(string node) =>
        sessions.TryGetValue(node, out AgentSession? session) && session.HeardAt is { } at && time.GetElapsedTime(at) < ConnectedFor;
}

/// <summary>One agent's session. All but <see cref="HeardAt"/> is used with <see cref="Turn"/> held.</summary>
internal sealed class AgentSession
{
    private long heardAt;

    /// <summary>Reports of one node are worked on one at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The timestamp of the agent's last call; null before the first.</summary>
    public long? HeardAt
    {
        get => Interlocked.Read(ref heardAt) is var at and not 0 ? at : null;
        set => Interlocked.Exchange(ref heardAt, value ?? 0);
    }

    /// <summary>The session; null when this replica knows none.</summary>
    public string? Id { get; private set; }

    /// <summary>The generation of <see cref="AgentSessions"/> in which the session began.</summary>
    public int Generation { get; private set; }

    /// <summary>The number of the last report that was taken.</summary>
    public long Sequence { get; private set; }

    /// <summary>The revision of the last report that was stored.</summary>
    public long Revision { get; private set; }

    public void Took(string id, int generation, long sequence, long? revision)
    {
        Generation = id == Id ? Generation : generation;
        Id = id;
        Sequence = sequence;
        Revision = revision ?? Revision;
    }

    public void Forget() => Id = null;
}
