namespace ControlPlane.Infrastructure.Leadership;

/// <summary>One leader at a time, by a lease row in the database; lease times are the database's clock.</summary>
public interface ILeaderLease
{
    /// <summary>
    /// Takes or extends the lease. Returns the term's epoch while this process is the leader, null while another one is.
    /// Each new term has a higher epoch; commits that carry an older one are refused.
    /// </summary>
    /// <exception cref="Domain.Commits.StoreUnavailableException">The database could not be reached: whether the lease still holds is unknown.</exception>
    Task<long?> TryHoldAsync(CancellationToken cancellationToken);

    /// <summary>Gives the lease up, so that another replica can take over at once.</summary>
    Task ReleaseAsync(CancellationToken cancellationToken);
}
