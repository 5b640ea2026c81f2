using ControlPlane.Domain.Commits;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Brings the change log's news into the world. One read is always under way, so that its completion can be waited for beside a timer.</summary>
internal sealed class Feed
{
    private readonly ChangeSubscription subscription;
    private readonly World world;
    private readonly Action<Change> applied;
    private readonly CancellationToken cancellationToken;
    private Task<ChangeBatch> next;

    public Feed(ChangeSubscription subscription, World world, Action<Change> applied, CancellationToken cancellationToken)
    {
        this.subscription = subscription;
        this.world = world;
        this.applied = applied;
        this.cancellationToken = cancellationToken;
        next = Read();
    }

    /// <summary>Completes when there is news.</summary>
    public Task Next => next;

    /// <summary>Applies the news that is there.</summary>
    /// <exception cref="RevisionCompactedException">The world fell too far behind.</exception>
    public async Task ApplyReadyAsync()
    {
        while (next.IsCompleted)
        {
            await ApplyNextAsync();
        }
    }

    /// <summary>Waits until the world has reached a revision.</summary>
    public async Task ReachAsync(long revision)
    {
        while (world.Revision < revision)
        {
            await ApplyNextAsync();
        }
    }

    /// <summary>Sees the read that is under way to its end, once it has been cancelled. How it ends no longer matters.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAny(next);
        _ = next.Exception;
    }

    private async Task ApplyNextAsync()
    {
        ChangeBatch batch = await next;
        next = Read();
        world.Apply(batch, applied);
    }

    private Task<ChangeBatch> Read() => subscription.ReadAsync(cancellationToken).AsTask();
}
