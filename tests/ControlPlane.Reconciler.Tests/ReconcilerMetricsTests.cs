using System.Diagnostics.Metrics;
using ControlPlane.Domain.Planning.Nodes;

namespace ControlPlane.Reconciler.Tests;

public sealed class ReconcilerMetricsTests
{
    [Fact]
    public void Publish_TellsWhatTheLeaderSees_AndForgetsItWithTheTerm()
    {
        ReconcilerFigures figures = new();
        using Meter meter = new("reconciler-metrics-test");
        figures.Publish(meter);
        figures.BeginTerm();
        figures.SetBrake(new Brake(Silent: 2, Counted: 3));
        figures.AddPass(TimeSpan.FromMilliseconds(1500), waiting: 7);
        figures.AddRefusal();

        Assert.Equal(
            new Dictionary<string, double>
            {
                ["controlplane.leader"] = 1,
                ["controlplane.evictions.stopped"] = 1,
                ["controlplane.nodes.silent"] = 2,
                ["controlplane.keys.waiting"] = 7,
                ["controlplane.passes"] = 1,
                ["controlplane.pass.time"] = 1.5,
                ["controlplane.plans.refused"] = 1,
            },
            Read(meter));

        figures.EndTerm();

        Assert.Equal((0, 0, 1), (Read(meter)["controlplane.leader"], Read(meter)["controlplane.evictions.stopped"], Read(meter)["controlplane.passes"]));
    }

    private static Dictionary<string, double> Read(Meter meter)
    {
        Dictionary<string, double> read = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter == meter)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => read[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => read[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => read[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }
}
