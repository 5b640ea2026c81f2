using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ControlPlane.Reconciler;

/// <summary>Hosts the reconciler.</summary>
public static class ReconcilerServiceCollectionExtensions
{
    /// <summary>The meter that publishes what the reconciler counts of itself.</summary>
    public const string MeterName = "ControlPlane.Reconciler";

    /// <summary>
    /// Adds the reconciler as a hosted service. It takes the store, its cache, the leader's lease and the presence of nodes and gateways from the container.
    /// </summary>
    public static IServiceCollection AddControlPlaneReconciler(this IServiceCollection services, Action<ReconcilerOptions>? configure = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddOptions<ReconcilerOptions>().Configure(options => configure?.Invoke(options));
        return services.AddHostedService<ReconcilerService>();
    }
}
