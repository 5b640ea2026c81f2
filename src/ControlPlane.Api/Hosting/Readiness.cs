using ControlPlane.Domain.Commits;

namespace ControlPlane.Api.Hosting;

/// <summary>Whether this replica can serve.</summary>
internal sealed class Readiness(IResourceCache cache, TimeProvider time)
{
    /// <summary>How long the database may take to answer.</summary>
    private static readonly TimeSpan StoreWaitMax = TimeSpan.FromSeconds(2);

    private volatile bool hasFirstObjects;

    /// <summary>Notes that the tokens and namespaces which are there from the start are stored.</summary>
    public void FirstObjectsStored() => hasFirstObjects = true;

    /// <summary>What must be well, in the order in which it is told.</summary>
    public IReadOnlyList<HealthCheck> Checks =>
    [
        HealthCheck.Ping,
        new("first-objects", _ => ValueTask.FromResult(hasFirstObjects ? null : "tokens and namespaces are not stored yet")),
        new("store", CheckStoreAsync),
    ];

    private async ValueTask<string?> CheckStoreAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(StoreWaitMax, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            await cache.WaitForLatestAsync(either.Token);
            return null;
        }
        catch (StoreUnavailableException unavailable)
        {
            return unavailable.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"the database's changes did not arrive within {StoreWaitMax.TotalSeconds} s";
        }
    }
}
