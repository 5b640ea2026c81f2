using ControlPlane.Domain.Routing;

namespace ControlPlane.Infrastructure.Presence;

/// <summary>
/// What each gateway last said. Reports are noted in memory by the replica that hears them and flushed together, within milliseconds, to a table of their
/// own; the leader reads that table.
/// </summary>
public interface IGatewayPresence
{
    /// <summary>Notes a report.</summary>
    void Note(string node, GatewayReport report);

    /// <summary>Every gateway that was heard of in the last minutes and has not said that it ends.</summary>
    /// <exception cref="Domain.Commits.StoreUnavailableException">The database could not be reached.</exception>
    Task<IReadOnlyList<GatewayState>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>The same without <see cref="GatewayState.Traffic"/>, which is much: for those who ask ten times a second.</summary>
    /// <exception cref="Domain.Commits.StoreUnavailableException">The database could not be reached.</exception>
    Task<IReadOnlyList<GatewayState>> ReadWithoutTrafficAsync(CancellationToken cancellationToken) => ReadAsync(cancellationToken);
}
