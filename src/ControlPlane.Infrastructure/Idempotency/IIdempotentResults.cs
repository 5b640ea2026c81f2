namespace ControlPlane.Infrastructure.Idempotency;

/// <summary>
/// The first results of requests that carried an <c>Idempotency-Key</c> (IETF draft, The Idempotency-Key HTTP Header Field), shared by all replicas. They are
/// kept for a day, and at most 10,000 of them.
/// </summary>
public interface IIdempotentResults
{
    /// <summary>Takes a key for a request, or says what became of the request that took it first.</summary>
    /// <param name="actor">Whose key it is: keys of different callers never meet.</param>
    /// <param name="key">What the client chose.</param>
    /// <param name="fingerprint">Tells the request from any other that the client might send with the same key.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="Domain.Commits.StoreUnavailableException">The store could not be asked.</exception>
    Task<KeyClaim> ClaimAsync(string actor, string key, string fingerprint, CancellationToken cancellationToken);

    /// <summary>Keeps the result, if the claim still holds.</summary>
    Task CompleteAsync(KeyClaim.Taken claim, string result, CancellationToken cancellationToken);

    /// <summary>Gives the key back: the request came to nothing, and may be sent again.</summary>
    Task ReleaseAsync(KeyClaim.Taken claim, CancellationToken cancellationToken);
}

/// <summary>What a key came to.</summary>
public abstract record KeyClaim
{
    private KeyClaim()
    {
    }

    /// <summary>It is the caller's: the request is to be done now.</summary>
    /// <param name="Actor">Whose it is.</param>
    /// <param name="Key">The key.</param>
    /// <param name="Id">Tells this claim from a later one.</param>
    public sealed record Taken(string Actor, string Key, Guid Id) : KeyClaim;

    /// <summary>The request was done before, with this result.</summary>
    public sealed record Known(string Result) : KeyClaim;

    /// <summary>The request is being done right now, or the replica that did it died less than a minute ago.</summary>
    public sealed record Busy : KeyClaim;

    /// <summary>Another request was sent with this key.</summary>
    public sealed record Mismatch : KeyClaim;
}
