namespace ControlPlane.Api.Hosting;

/// <summary>Something that must be well for this replica to live, or to serve.</summary>
/// <param name="Name">As it stands in paths and in <c>?exclude</c>.</param>
/// <param name="FailureAsync">Why it is not well; null when it is.</param>
internal sealed record HealthCheck(string Name, Func<CancellationToken, ValueTask<string?>> FailureAsync)
{
    /// <summary>A process that answers lives.</summary>
    public static readonly HealthCheck Ping = new("ping", static _ => default);
}
