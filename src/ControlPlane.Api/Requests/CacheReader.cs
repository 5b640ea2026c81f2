using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>Reads from the replica's memory, as fresh as the client asked for.</summary>
internal sealed class CacheReader(IResourceCache cache, TimeProvider time)
{
    /// <summary>How long a read waits for a revision that this replica has not reached (Kubernetes' watch cache: 3 s).</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(3);

    public IResourceCache Cache => cache;

    /// <summary>Returns once memory is as fresh as a <c>resourceVersion</c> asks: unset is the latest, 0 is whatever is there, N is at least N.</summary>
    public async Task WaitAsync(long? resourceVersion, CancellationToken cancellationToken)
    {
        if (resourceVersion is { } revision)
        {
            await WaitForAsync(revision, cancellationToken);
        }
        else
        {
            await WaitForLatestAsync(cancellationToken);
        }
    }

    /// <summary>Returns once memory shows every write that was acknowledged before.</summary>
    public async Task WaitForLatestAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(WaitMax, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            await cache.WaitForLatestAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException("the database's changes do not arrive");
        }
    }

    /// <summary>Returns once memory has reached a revision; one far in the future is a timeout, as Kubernetes answers it.</summary>
    public async Task WaitForAsync(long revision, CancellationToken cancellationToken)
    {
        if (cache.Revision >= revision)
        {
            return;
        }

        using CancellationTokenSource bound = new(WaitMax, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            await cache.WaitForRevisionAsync(revision, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw StatusError.TooLargeResourceVersion(revision, cache.Revision);
        }
    }

    public T? Find<T>(ObjectKey key)
        where T : Resource => (T?)cache.Find(ResourceKinds.Of<T>(), key);
}
