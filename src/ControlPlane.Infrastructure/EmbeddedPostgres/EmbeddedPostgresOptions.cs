using System.Collections.Immutable;

namespace ControlPlane.Infrastructure.EmbeddedPostgres;

/// <summary>Where a private cluster keeps its files and how it runs.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>
    /// The folder of the product's data; the cluster lives in its subfolder <c>postgres</c>, or, for root, elsewhere behind a
    /// link of that name when the user <c>postgres</c> cannot reach the folder.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>Where <c>postgres</c> and <c>initdb</c> are; null: <c>CONTROLPLANE_POSTGRES_BIN</c>, PATH, <c>/usr/lib/postgresql/*/bin</c>.</summary>
    public string? BinFolder { get; init; }

    /// <summary>The database that is made when it is not there.</summary>
    public string Database { get; init; } = "controlplane";

    /// <summary>How long a start may take, recovery after a crash included.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a stop may take before the processes are killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether commits survive a power failure. Only tests, whose data ends with them, turn this off.</summary>
    public bool IsDurable { get; init; } = true;

    /// <summary>Further settings of <c>postgresql.conf</c>; they win over the built-in ones.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>The private cluster could not be made or started; the message says what to do about it.</summary>
public sealed class EmbeddedPostgresException(string message, Exception? inner = null) : Exception(message, inner);
