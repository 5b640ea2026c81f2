using System.Diagnostics.Metrics;

namespace ControlPlane.Reconciler;

/// <summary>The reconciler's figures as .NET meters publish them: read when a listener asks, so that a pass pays nothing for them.</summary>
internal static class ReconcilerMetrics
{
    /// <summary>Has a meter publish the figures for as long as it lives.</summary>
    public static void Publish(this ReconcilerFigures figures, Meter meter)
    {
        Gauge("controlplane.leader", () => figures.Leads ? 1 : 0, null, "Whether this replica leads (1) or stands by (0).");
        Gauge("controlplane.evictions.stopped", () => figures.AreEvictionsStopped ? 1 : 0, null, "Whether pods stay on lost nodes because more than half of the nodes fell silent together.");
        Gauge("controlplane.nodes.silent", () => figures.SilentNodes, "{node}", "Nodes that have not been heard of for too long, as the leader sees it.");
        Gauge("controlplane.keys.waiting", () => figures.KeysWaiting, "{key}", "Objects that are to be planned, now or by the clock.");
        Counter("controlplane.passes", () => figures.Passes, "{pass}", "Passes of the reconciler.");
        Counter("controlplane.pass.time", () => figures.PassTime.TotalSeconds, "s", "Time that passes took, their commits included.");
        Counter("controlplane.plans.refused", () => figures.Refusals, "{plan}", "Plans that were not stored, because what they were made from had changed.");

        void Gauge(string name, Func<int> read, string? unit, string description) => meter.CreateObservableGauge(name, read, unit, description);
        void Counter<T>(string name, Func<T> read, string unit, string description) where T : struct => meter.CreateObservableCounter(name, read, unit, description);
    }
}
