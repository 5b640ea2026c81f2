using System.Text.Json;
using ControlPlane.Api.Gateways;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Simulation.Replicas;

/// <summary>
/// Holds a gateway's question until there is news, by the product's own <see cref="RouteTables"/>. The product's endpoint waits with a timer that ends the wait
/// on a thread of the pool.
/// </summary>
internal sealed class HeldRoutes(RouteTables tables, TimeProvider time)
{
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(30);

    /// <summary>The table once it is newer than a revision of its store; null when it is not within the hold.</summary>
    public async Task<RouteTable?> NextAsync(long after, string store)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            RouteTables.View view = tables.Read();
            bool isOther = store.Length > 0 ? store != view.Store : after == 0;
            if (view.Store.Length > 0 && (isOther || view.Revision > after))
            {
                return JsonSerializer.Deserialize<RouteTable>(view.Body.Span, ResourceJson.Options);
            }

            TimeSpan left = HoldMax - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            await Holding.UntilAsync(view.Changed, left, time);
        }
    }
}
