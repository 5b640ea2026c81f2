using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Routing;

public sealed class DrainTimesTests
{
    private static readonly Service Patient = new()
    {
        Metadata = new ObjectMeta { Name = "uploads", Namespace = "default", Uid = "s1", Annotations = ValueMap.Of((Draining.TimeoutAnnotation, "10m")) },
        Spec = new ServiceSpec(),
    };

    private readonly Clock clock = new();
    private readonly DrainTimes times;

    public DrainTimesTests() => times = new DrainTimes(clock);

    [Fact]
    public void ADeletedService_IsRemembered_ForItsSlicesGoAfterIt()
    {
        times.Put(Patient);
        times.Take(Patient);

        Assert.Equal(TimeSpan.FromMinutes(10), times.Of(SliceOf("s1")));
        Assert.Equal(Draining.Timeout, times.Of(SliceOf("s2")));
        Assert.Equal(Draining.Timeout, times.Of(SliceOf(null)));
    }

    [Fact]
    public void AnAnnotationThatIsTakenAway_HoldsNoLonger()
    {
        times.Put(Patient);
        times.Put(Patient with { Metadata = Patient.Metadata with { Annotations = default } });

        Assert.Equal(Draining.Timeout, times.Of(SliceOf("s1")));
    }

    [Fact]
    public void ADeletedService_IsForgotten_WhenNothingCanBeWaitedForAnyLonger()
    {
        times.Put(Patient);
        times.Take(Patient);
        clock.Seconds = 7259;
        times.Take(Patient with { Metadata = Patient.Metadata with { Uid = "s2" } });
        Assert.Equal(TimeSpan.FromMinutes(10), times.Of(SliceOf("s1")));

        clock.Seconds = 7260;
        times.Take(Patient with { Metadata = Patient.Metadata with { Uid = "s2" } });

        Assert.Equal(Draining.Timeout, times.Of(SliceOf("s1")));
    }

    private static EndpointSlice SliceOf(string? service) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "slice",
            Namespace = "default",
            OwnerReferences = service is null ? [] : [new OwnerReference { ApiVersion = "v1", Kind = "Service", Name = "uploads", Uid = service, Controller = true }],
        },
        AddressType = "IPv4",
    };

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
