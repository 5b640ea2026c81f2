using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Infrastructure.Streams;

/// <summary>
/// Streams that clients wait for at some replica and that a node's agent, connected to another replica perhaps, shall dial out for. Known to all
/// replicas; each for a short time only, and at most 1,000 of them.
/// </summary>
public interface IWaitingStreams
{
    /// <summary>Makes a stream known to all replicas, until it is removed or its time is up (the database's clock).</summary>
    /// <returns>False when too many wait already.</returns>
    /// <exception cref="Domain.Commits.StoreUnavailableException">The database could not be reached.</exception>
    Task<bool> AddAsync(WaitingStream stream, TimeSpan lifetime, CancellationToken cancellationToken);

    /// <summary>Removes a stream: its agent has dialed, or nobody waits any longer. One that is not there is no error.</summary>
    /// <exception cref="Domain.Commits.StoreUnavailableException">The database could not be reached: the stream goes when its time is up.</exception>
    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Tells which streams wait, whenever that may have changed and each poll interval, until it is told to stop. While the database is away nothing is told.
    /// </summary>
    Task FollowAsync(Action<ValueList<WaitingStream>> seen, CancellationToken stopping);
}

/// <summary>A stream that is waited for.</summary>
/// <param name="Node">The node whose agent shall dial.</param>
/// <param name="Request">What is asked for, and at which replica.</param>
public sealed record WaitingStream(string Node, StreamRequest Request);
