using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Routing;

public sealed class DrainingTests
{
    private const string Store = "store";
    private static readonly Guid Uid = new("11111111-1111-1111-1111-111111111111");
    private static readonly DateTimeOffset Marked = Make.Start;

    /// <summary>Marked at 11:00:00 with 30 s of grace.</summary>
    private static readonly Pod Pod = Make.Ready(Make.Pod(Make.ReplicaSet(), "a"), Make.Start) with
    {
        Metadata = new ObjectMeta { Name = "a", Namespace = TestWorld.Namespace, Uid = Uid.ToString(), DeletionTimestamp = Marked.AddSeconds(30), DeletionGracePeriodSeconds = 30 },
    };

    /// <summary>What the gateways say 2 s after the mark, and whether the pod is drained then. The pod left the endpoints at revision 50.</summary>
    [Theory]
    [InlineData("no gateways", true)]
    [InlineData("acknowledged 50", true)]
    [InlineData("acknowledged 49", false)]
    [InlineData("acknowledged 50, 1 in flight", false)]
    [InlineData("acknowledged 50, 0 in flight", true)]
    [InlineData("acknowledged 50; acknowledged 49", false)]
    [InlineData("acknowledged 49, silent for 13 s", true)]
    [InlineData("acknowledged 49, silent for 11 s", false)]
    [InlineData("acknowledged 99, other store", false)]
    public void Plan_WithGateways_WaitsForEachThatLives(string said, bool isDrained)
    {
        Plan plan = Assert.Single(PlanFor(said, now: Marked.AddSeconds(2)));

        Assert.Equal(isDrained, !plan.Writes.IsEmpty);
        Assert.Equal(isDrained ? null : Draining.RecheckDelay, plan.RecheckAfter);
        Assert.Empty(plan.Events);
    }

    [Fact]
    public void Plan_WhileASliceListsThePodAsReady_Waits() =>
        Assert.Empty(Assert.Single(PlanFor("acknowledged 99", Marked.AddSeconds(2), isReady: true)).Writes);

    /// <summary>A leader in office for less than the lease cannot know which gateways are gone.</summary>
    [Theory]
    [InlineData(5, false)]
    [InlineData(13, true)]
    public void Plan_OfANewLeader_WaitsForSilentGatewaysOneLease(int secondsInOffice, bool isDrained)
    {
        Plan plan = Assert.Single(PlanFor("acknowledged 49, silent for 13 s", Marked.AddSeconds(2), heardFor: secondsInOffice));

        Assert.Equal(isDrained, !plan.Writes.IsEmpty);
    }

    [Fact]
    public void Plan_WhenTheTimeIsOver_GoesOnAndSaysWhy()
    {
        Assert.Empty(Assert.Single(PlanFor("acknowledged 50, 3 in flight", Marked.AddSeconds(29))).Writes);

        Plan plan = Assert.Single(PlanFor("acknowledged 50, 3 in flight", Marked.AddSeconds(30)));

        Assert.NotEmpty(plan.Writes);
        EventNote note = Assert.Single(plan.Events);
        Assert.Equal(("Warning", "DrainTimeout", "Stopping after 30 s with requests in flight: 3 through the gateway of node-1"), (note.Type, note.Reason, note.Message));
    }

    [Fact]
    public void Plan_WhenAGatewayHasNotSpokenInTime_GoesOnAndSaysSo() => Assert.Equal(
        "Stopping after 30 s without the word of the gateway of node-2 that it sends nothing more",
        Assert.Single(Assert.Single(PlanFor("acknowledged 50; acknowledged 49", Marked.AddSeconds(30))).Events).Message);

    /// <summary>A gateway counts for 12 s after its last report, and silence from before it could be heard does not count.</summary>
    [Theory]
    [InlineData("acknowledged 49, silent for 12 s", 12, true)]
    [InlineData("acknowledged 49, silent for 12 s", 11, false)]
    public void Plan_AGatewaysLease_IsOverAfterTwelveSeconds(string said, int heardFor, bool isDrained) =>
        Assert.Equal(isDrained, !Assert.Single(PlanFor(said, Marked.AddSeconds(2), heardFor: heardFor)).Writes.IsEmpty);

    [Fact]
    public void Plan_RequestsToOtherPods_HoldUpNobody()
    {
        DrainSnapshot snapshot = Snapshot("acknowledged 50", Marked.AddSeconds(2), isReady: false, heardFor: 60);

        Assert.NotEmpty(Assert.Single(Draining.Plan(snapshot with { Gateways = [snapshot.Gateways[0] with { Draining = [new DrainingEndpoint(Guid.NewGuid(), 7)] }] })).Writes);
    }

    /// <summary>An endpoint whose readiness nobody tells may be sent requests; another pod's says nothing of this one.</summary>
    [Fact]
    public void Plan_ASliceThatDoesNotSayReadiness_CountsAsRouted()
    {
        DrainSnapshot snapshot = Snapshot("acknowledged 99", Marked.AddSeconds(2), isReady: true, heardFor: 60);
        EndpointSlice slice = snapshot.SlicesOf("").Single();
        DrainSnapshot With(Endpoint endpoint) => snapshot with { SlicesOf = _ => [slice with { Endpoints = [endpoint] }] };

        Assert.Empty(Assert.Single(Draining.Plan(With(slice.Endpoints[0] with { Conditions = null }))).Writes);
        Assert.NotEmpty(Assert.Single(Draining.Plan(With(slice.Endpoints[0] with { TargetRef = new ObjectReference { Uid = "another" } }))).Writes);
    }

    [Fact]
    public void Plan_OfSeveralSlices_WaitsForTheNewest()
    {
        DrainSnapshot snapshot = Snapshot("acknowledged 50", Marked.AddSeconds(2), isReady: false, heardFor: 60);
        EndpointSlice slice = snapshot.SlicesOf("").Single();
        EndpointSlice newer = slice with { Metadata = slice.Metadata with { ResourceVersion = "51" } };

        Assert.Empty(Assert.Single(Draining.Plan(snapshot with { SlicesOf = _ => [newer, slice] })).Writes);
        Assert.Empty(Assert.Single(Draining.Plan(snapshot with { SlicesOf = _ => [slice, newer] })).Writes);
    }

    [Fact]
    public void AsRunning_HasNoMarkLeft()
    {
        Pod running = Draining.AsRunning(Pod);

        Assert.Equal((null, null), (running.Metadata.DeletionTimestamp, running.Metadata.DeletionGracePeriodSeconds));
        Assert.Equal(Pod.Spec, running.Spec);
    }

    [Fact]
    public void Drained_BeginsTheGracePeriodAnew_AndIsSaidOnce()
    {
        Pod drained = (Pod)((Write.Update)Assert.Single(PlanFor("acknowledged 50", Marked.AddSeconds(7)))!.Writes[0]).Object;

        Assert.Equal(Marked.AddSeconds(37), drained.Metadata.DeletionTimestamp);
        Assert.Equal("2026-01-01T11:00:07Z", drained.Metadata.Annotations["controlplane.dev/drained"]);
        Assert.False(Draining.IsPending(drained));
    }

    [Fact]
    public void Pods_ThatNobodyWaitsFor_AreNotPlanned()
    {
        Assert.False(Draining.IsPending(Pod with { Metadata = Pod.Metadata with { DeletionGracePeriodSeconds = 0 } }));
        Assert.False(Draining.IsPending(Pod with { Status = Pod.Status! with { Phase = "Failed" } }));
        Assert.False(Draining.IsPending(Pod with { Metadata = Pod.Metadata with { DeletionTimestamp = null } }));
        Assert.Empty(Draining.Plan(Snapshot("acknowledged 1", Marked, isReady: false, heardFor: 60) with { SlicesOf = _ => [] }));
    }

    /// <summary>A Service that was deleted, or that selects the pod no more: no slice lists it, and its requests are waited for all the same.</summary>
    [Theory]
    [InlineData("acknowledged 60", true)]
    [InlineData("acknowledged 59", false)]
    [InlineData("acknowledged 60, 1 in flight", false)]
    public void Plan_OfAPodThatSlicesListedUntilAMomentAgo_WaitsForGatewaysAllTheSame(string said, bool isDrained)
    {
        DrainSnapshot snapshot = Snapshot(said, Marked.AddSeconds(2), isReady: false, heardFor: 60) with { SlicesOf = _ => [], FormerOf = pod => pod.Uid == Pod.Uid ? new FormerEndpoint(60, Draining.Timeout) : null };

        Assert.Equal(isDrained, !Assert.Single(Draining.Plan(snapshot)).Writes.IsEmpty);
    }

    /// <summary>Its Service said 10 minutes before it was deleted; none of the gateways has said that nothing is in flight.</summary>
    [Theory]
    [InlineData(30, 29, false)]
    [InlineData(30, 30, true)]
    [InlineData(600, 30, false)]
    [InlineData(600, 599, false)]
    [InlineData(600, 600, true)]
    public void Plan_OfAPodWhoseServiceIsGone_WaitsForAsLongAsThatSaid(int seconds, int second, bool isDrained)
    {
        DrainSnapshot snapshot = Snapshot("acknowledged 60, 1 in flight", Marked.AddSeconds(second), isReady: false, heardFor: 60) with
        {
            SlicesOf = _ => [],
            FormerOf = _ => new FormerEndpoint(60, TimeSpan.FromSeconds(seconds)),
        };

        Assert.Equal(isDrained, !Assert.Single(Draining.Plan(snapshot)).Writes.IsEmpty);
    }

    /// <summary>A Service that said 10 minutes is gone; one that says 5 s lists the pod still.</summary>
    [Theory]
    [InlineData(599, false)]
    [InlineData(600, true)]
    public void Plan_OfAPodThatAMorePatientServiceHasLeft_WaitsForAsLongAsThatSaid(int second, bool isDrained)
    {
        DrainSnapshot snapshot = Snapshot("acknowledged 60, 1 in flight", Marked.AddSeconds(second), isReady: false, heardFor: 60) with
        {
            DrainTimeOf = _ => TimeSpan.FromSeconds(5),
            FormerOf = _ => new FormerEndpoint(60, TimeSpan.FromMinutes(10)),
        };

        Assert.Equal(isDrained, !Assert.Single(Draining.Plan(snapshot)).Writes.IsEmpty);
    }

    /// <summary>
    /// Nothing else is ready, so gateways send requests to the pod until they are told not to. What the slices say of it, whether another is ready at port "http" (since revision 60), whether it is marked as closing at second 2,
    /// what gateways say at which second after the mark, and what is done.
    /// </summary>
    [Theory]
    [InlineData("serves", false, false, "acknowledged 50", 2, "closes")]
    [InlineData("serves", false, false, "acknowledged 50, 1 in flight", 2, "waits")]
    [InlineData("serves", false, false, "acknowledged 49", 2, "waits")]
    [InlineData("serves", false, false, "acknowledged 50, 1 in flight", 30, "closes")]
    [InlineData("serves", false, true, "acknowledged 50", 3, "waits")]
    [InlineData("does not serve", false, true, "acknowledged 49", 3, "waits")]
    [InlineData("does not serve", false, true, "acknowledged 50", 3, "is drained")]
    [InlineData("serves", true, false, "acknowledged 60", 2, "is drained")]
    [InlineData("serves", true, false, "acknowledged 59", 2, "waits")]
    [InlineData("does not serve", true, false, "acknowledged 59", 2, "is drained")]
    [InlineData("does not serve", false, false, "acknowledged 50", 2, "is drained")]
    [InlineData("serves", false, false, "no gateways", 2, "is drained")]
    [InlineData("does not serve", false, true, "acknowledged 50, 1 in flight", 29, "waits")]
    [InlineData("does not serve", false, true, "acknowledged 50, 1 in flight", 30, "is drained, with a warning")]
    public void Plan_OfTheLastPodOfAService_ClosesItBeforeItCountsAsDrained(string slice, bool hasOther, bool isClosing, string said, int second, string outcome)
    {
        DrainSnapshot snapshot = Snapshot(said, Marked.AddSeconds(second), isReady: false, heardFor: 60);
        EndpointSlice own = snapshot.SlicesOf("").Single();
        EndpointSlice mine = own with
        {
            Metadata = own.Metadata.WithController(Web),
            Ports = [new EndpointSlicePort { Name = "http", Port = 31000 }],
            Endpoints = [own.Endpoints[0] with { Conditions = new EndpointConditions { Ready = false, Serving = slice == "serves", Terminating = true } }],
        };
        EndpointSlice others = mine with
        {
            Metadata = mine.Metadata with { ResourceVersion = "60" },
            Ports = [new EndpointSlicePort { Name = hasOther ? "http" : "admin", Port = 31001 }],
            Endpoints = [new Endpoint { Conditions = new EndpointConditions { Ready = true, Serving = true }, TargetRef = new ObjectReference { Uid = "other" } }],
        };
        Pod pod = isClosing ? Annotated(Draining.ClosingAnnotation, "2026-01-01T11:00:02Z") : Pod;

        Plan plan = Assert.Single(Draining.Plan(snapshot with { Terminating = [pod], SlicesOf = _ => [mine], SlicesOfService = uid => uid == Web.Uid ? [mine, others] : [] }));

        Assert.Equal(outcome, OutcomeOf(plan));
    }

    /// <summary>Told to close when the time was over already, gateways have three seconds to say that they have.</summary>
    [Theory]
    [InlineData(32, "waits")]
    [InlineData(33, "is drained, with a warning")]
    public void Plan_ClosedAtTheLastMoment_WaitsAMomentMore(int second, string outcome)
    {
        DrainSnapshot snapshot = Snapshot("acknowledged 49", Marked.AddSeconds(second), isReady: false, heardFor: 60);

        Assert.Equal(outcome, OutcomeOf(Assert.Single(Draining.Plan(snapshot with { Terminating = [Annotated(Draining.ClosingAnnotation, "2026-01-01T11:00:30Z")] }))));
    }

    /// <summary>Requests are waited for as long as the most patient Service says; one that says nothing has 30 s. So they are when the Service is deleted and its slices are not yet.</summary>
    [Theory]
    [InlineData("5m", null, 299, "waits")]
    [InlineData("5m", null, 300, "is drained, with a warning")]
    [InlineData("5", "2", 4, "waits")]
    [InlineData("5", "2", 5, "is drained, with a warning")]
    [InlineData("0s", null, 0, "is drained, with a warning")]
    [InlineData(null, "5", 29, "waits")]
    [InlineData(null, "5", 30, "is drained, with a warning")]
    public void Plan_WithServicesThatSayHowLong_WaitsSoLong(string? one, string? other, int second, string outcome)
    {
        DrainTimes times = new(TimeProvider.System);
        DrainSnapshot snapshot = Snapshot("acknowledged 50, 1 in flight", Marked.AddSeconds(second), isReady: false, heardFor: 60);
        EndpointSlice slice = snapshot.SlicesOf("").Single();
        Service[] services = [.. new[] { one, other }.Select((timeout, i) => Web with { Metadata = Web.Metadata with { Uid = $"{i}", Annotations = timeout is null ? default : ValueMap.Of((Draining.TimeoutAnnotation, timeout)) } })];
        EndpointSlice[] slices = [.. services.Take(other is null ? 1 : 2).Select(service => slice with { Metadata = slice.Metadata.WithController(service) })];

        foreach (Service service in services)
        {
            times.Put(service);
        }

        DrainSnapshot said = snapshot with { SlicesOf = _ => slices, DrainTimeOf = times.Of };
        Assert.Equal(outcome, OutcomeOf(Assert.Single(Draining.Plan(said))));

        foreach (Service service in services)
        {
            times.Take(service);
        }

        Assert.Equal(outcome, OutcomeOf(Assert.Single(Draining.Plan(said))));
    }

    private static readonly Service Web = new() { ApiVersion = "v1", Kind = "Service", Metadata = new ObjectMeta { Name = "web", Namespace = TestWorld.Namespace, Uid = "web-uid" } };

    private static Pod Annotated(string name, string value) => Pod with { Metadata = Pod.Metadata with { Annotations = Pod.Metadata.Annotations.SetItem(name, value) } };

    private static string OutcomeOf(Plan plan)
    {
        if (plan.Writes.IsEmpty)
        {
            return "waits";
        }

        Pod written = (Pod)((Write.Update)Assert.Single(plan.Writes)).Object;
        return !written.Metadata.Annotations.ContainsKey(Draining.DrainedAnnotation) && written.Metadata.Annotations.ContainsKey(Draining.ClosingAnnotation) ? "closes"
            : written.Metadata.Annotations.ContainsKey(Draining.DrainedAnnotation) ? plan.Events.IsEmpty ? "is drained" : "is drained, with a warning"
            : "does something else";
    }

    private static IReadOnlyList<Plan> PlanFor(string said, DateTimeOffset now, bool isReady = false, int heardFor = 60) =>
        Draining.Plan(Snapshot(said, now, isReady, heardFor));

    private static DrainSnapshot Snapshot(string said, DateTimeOffset now, bool isReady, int heardFor) => new()
    {
        Terminating = [Pod],
        SlicesOf = _ =>
        [
            new EndpointSlice
            {
                Metadata = new ObjectMeta { Name = "web-1", Namespace = TestWorld.Namespace, ResourceVersion = "50" },
                Endpoints = [new Endpoint { Conditions = new EndpointConditions { Ready = isReady, Terminating = true }, TargetRef = new ObjectReference { Uid = Uid.ToString() } }],
            },
        ],
        SlicesOfService = _ => [],
        Gateways = said == "no gateways" ? [] : [.. said.Split("; ").Select(Gateway)],
        HeardFor = TimeSpan.FromSeconds(heardFor),
        Store = Store,
        Now = now,
    };

    private static GatewayState Gateway(string said, int index)
    {
        string[] words = said.Split(", ");
        int Number(string before, string after) => words.Where(word => word.StartsWith(before, StringComparison.Ordinal) && word.EndsWith(after, StringComparison.Ordinal))
            .Select(word => int.Parse(word[before.Length..^after.Length], System.Globalization.CultureInfo.InvariantCulture)).SingleOrDefault(-1);
        return new GatewayState
        {
            Node = $"node-{index + 1}",
            Instance = $"instance-{index}",
            Store = words.Contains("other store") ? "other" : Store,
            Acknowledged = Number("acknowledged ", ""),
            Age = TimeSpan.FromSeconds(Math.Max(1, Number("silent for ", " s"))),
            Draining = Number("", " in flight") is >= 0 and var count ? [new DrainingEndpoint(Uid, count)] : [],
        };
    }
}
