using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

public sealed class RolloutForecastsTests
{
    private readonly TestWorld world = new();

    [Fact]
    public void Of_NewTemplate_TellsEachStepWithinTheBounds()
    {
        RolloutForecast forecast = Forecast(Started(Make.Deployment(replicas: 10)), deployment => WithImage(deployment, "hello:2"));

        Assert.True(forecast.Rolls);
        Assert.Equal("the new template becomes revision 2", forecast.Message);
        Assert.True(forecast.Completes);
        Assert.Equal((8, 13, 3), (forecast.LowestAvailable, forecast.HighestTotal, forecast.HighestSurge));
        Assert.Equal((3, 2), (forecast.Steps[0].Starts.Sum(group => group.Count), forecast.Steps[0].Stops.Sum(group => group.Count)));
        Assert.Equal(10, forecast.Steps.Sum(step => step.Starts.Sum(group => group.Count)));
        Assert.Equal(world.Pods.Select(pod => pod.Name), forecast.Steps.SelectMany(step => step.Stops).SelectMany(group => group.Pods).Order(StringComparer.Ordinal));
        Assert.All(forecast.Steps.SelectMany(step => step.Starts), group => Assert.Contains(group.Node, world.Nodes));
        Assert.Empty(forecast.DoesNotFit);
    }

    /// <summary>The forecast is what the planners then do: the same steps as a world that really lives through it.</summary>
    [Fact]
    public void Of_NewTemplate_MeetsTheBoundsThatTheWorldThenMeets()
    {
        RolloutForecast forecast = Forecast(Started(Make.Deployment(replicas: 7, maxSurge: 2, maxUnavailable: 1)), deployment => WithImage(deployment, "hello:2"));
        (int lowest, int highest) = (int.MaxValue, 0);

        world.SetImage("hello:2");
        do
        {
            world.PassUntilQuiet();
            (lowest, highest) = (Math.Min(lowest, world.AvailablePods), Math.Max(highest, world.ActivePods));
            world.Now = world.Now.AddSeconds(1);
            world.EndTerminating();
            world.SetReady(_ => true);
        }
        while (world.Condition("Progressing").Reason != "NewReplicaSetAvailable");

        Assert.Equal((lowest, highest), (forecast.LowestAvailable, forecast.HighestTotal));
    }

    [Fact]
    public void Of_Forecast_StoresNothingAndIsTheSameAgain()
    {
        Started(Make.Deployment(replicas: 3));
        Deployment changed = WithImage(world.Deployment!, "hello:2");
        Pod[] before = [.. world.Pods];

        RolloutForecast first = RolloutForecasts.Of(world.Snapshot(), changed);

        Assert.Equal(before, world.Pods);
        Assert.Equal(first, RolloutForecasts.Of(world.Snapshot(), changed));
    }

    [Fact]
    public void Of_MinReadySeconds_TakesThatLongForEachStep()
    {
        RolloutForecast forecast = Forecast(
            Started(Make.Deployment(replicas: 1, maxSurge: 1, maxUnavailable: 0, minReadySeconds: 30)), deployment => WithImage(deployment, "hello:2"));

        Assert.True(forecast.Completes);
        Assert.Equal([0, 31], forecast.Steps.Select(step => step.AfterSeconds));
        Assert.Equal((1, 2), (forecast.LowestAvailable, forecast.HighestTotal));
    }

    [Fact]
    public void Of_SameTemplate_RollsNothing()
    {
        RolloutForecast forecast = Forecast(Started(Make.Deployment(replicas: 3)), deployment => deployment with { Spec = deployment.Spec with { Replicas = 5 } });

        Assert.False(forecast.Rolls);
        Assert.Equal("the template is the same, so nothing is rolled", forecast.Message);
        Assert.Equal(2, Assert.Single(forecast.Steps).Starts.Sum(group => group.Count));
        Assert.True(forecast.Completes);
    }

    [Fact]
    public void Of_PausedDeployment_RollsNothingYet()
    {
        RolloutForecast forecast = Forecast(
            Started(Make.Deployment(replicas: 3)),
            deployment => WithImage(deployment with { Spec = deployment.Spec with { Paused = true } }, "hello:2"));

        Assert.False(forecast.Rolls);
        Assert.Empty(forecast.Steps);
        Assert.False(forecast.Completes);
        Assert.Equal("it is paused: the new template is rolled once it is resumed", forecast.Message);
    }

    /// <summary>The template was declared while it was paused, so the stored one is the same.</summary>
    [Fact]
    public void Of_AResume_RollsTheTemplateThatWasDeclaredMeanwhile()
    {
        Started(Make.Deployment(replicas: 3));
        world.SetPaused(true);
        world.SetImage("hello:2");
        world.Settle(tolerant: true);

        RolloutForecast forecast = Forecast(world, deployment => deployment with { Spec = deployment.Spec with { Paused = null } });

        Assert.Equal((true, "the new template becomes revision 2"), (forecast.Rolls, forecast.Message));
        Assert.Equal(3, forecast.Steps.Sum(step => step.Stops.Sum(group => group.Count)));
        Assert.Equal((false, "it is paused: the new template is rolled once it is resumed"), Forecast(world, deployment => deployment) is var still ? (still.Rolls, still.Message) : default);
    }

    /// <summary>10 replicas, surge 3, unavailable 2: 3 pods are new and 8 old when it is asked again.</summary>
    [Fact]
    public void Of_ARolloutOnItsWay_SaysThatItGoesOn()
    {
        Started(Make.Deployment(replicas: 10));
        world.SetImage("hello:2");
        world.Pass();
        world.Pass();

        RolloutForecast forecast = Forecast(world, deployment => deployment with { Spec = deployment.Spec with { MinReadySeconds = 1 } });

        Assert.True(forecast.Rolls);
        Assert.Matches("^revision 2 goes on: it has [35] of 10 pods, and there are [0-9]+ of other revisions$", forecast.Message);
        Assert.True(forecast.Completes);
        Assert.Equal(3, forecast.HighestSurge);
    }

    [Fact]
    public void Of_ATemplateThatIsPutBackWhilePaused_RollsNothing()
    {
        Started(Make.Deployment(replicas: 3));
        world.SetPaused(true);
        world.SetImage("hello:2");
        world.Settle(tolerant: true);

        RolloutForecast forecast = Forecast(world, deployment => WithImage(deployment with { Spec = deployment.Spec with { Paused = null } }, "hello:1"));

        Assert.Equal((false, "the template is the same, so nothing is rolled"), (forecast.Rolls, forecast.Message));
        Assert.Empty(forecast.Steps);
    }

    [Fact]
    public void Of_ARevisionThatWasGivenUp_SaysThatItIsNotRolled()
    {
        Started(Make.Deployment(replicas: 4));
        world.SetImage("hello:2");
        world.Pass();
        world.Pass();
        world.Change(deployment => deployment with
        {
            Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem("controlplane.dev/abort", "2@2026-01-01T12:30:00Z") },
        });
        world.Pass();

        RolloutForecast forecast = Forecast(world, deployment => deployment);

        Assert.Equal((false, "revision 2 has failed, and another serves in its place, so it is not rolled"), (forecast.Rolls, forecast.Message));
    }

    /// <summary>The pods that there are already are no surge of the plan's.</summary>
    [Fact]
    public void Of_FewerReplicas_HasNoSurge()
    {
        RolloutForecast forecast = Forecast(Started(Make.Deployment(replicas: 10)), deployment => deployment with { Spec = deployment.Spec with { Replicas = 2 } });

        Assert.Equal((10, 0), (forecast.HighestTotal, forecast.HighestSurge));
        Assert.Equal(8, forecast.Steps.Sum(step => step.Stops.Sum(group => group.Count)));
    }

    /// <summary>
    /// 4 replicas on two nodes, surge 1, unavailable 1: 1 stops and 2 start; then again; the last one stops. The groups are in the order of ReplicaSets and nodes, and pods that
    /// do not exist yet have no names.
    /// </summary>
    [Fact]
    public void Of_EachStep_NamesReplicaSetsAndNodesInOrder()
    {
        RolloutForecast forecast = Forecast(Started(Make.Deployment(replicas: 4, maxSurge: 2, maxUnavailable: 0)), deployment => WithImage(deployment, "hello:2"));

        Assert.Equal([2, 2], forecast.Steps.Where(step => !step.Starts.IsEmpty).Select(step => step.Starts.Sum(group => group.Count)));
        Assert.Equal(["node-1", "node-2"], forecast.Steps[0].Starts.Select(group => group.Node));
        Assert.All(forecast.Steps.SelectMany(step => step.Starts), group => Assert.Empty(group.Pods));
        Assert.Equal([world.ByImage("hello:1").Name], forecast.Steps.SelectMany(step => step.Stops).Select(group => group.ReplicaSet).Distinct());
        Assert.All(forecast.Steps.SelectMany(step => step.Starts), group => Assert.StartsWith("hello-", group.ReplicaSet, StringComparison.Ordinal));
        Assert.DoesNotContain(world.ByImage("hello:1").Name, forecast.Steps.SelectMany(step => step.Starts).Select(group => group.ReplicaSet));
        Assert.Equal((4, 4), (forecast.Steps[^1].Available, forecast.Steps[^1].Total));
    }

    /// <summary>What stops makes room for what starts: a node for two pods, no surge, one at a time.</summary>
    [Fact]
    public void Of_AFullCluster_LetsPodsStartWhereOthersHaveStopped()
    {
        RolloutForecast forecast = Forecast(
            Started(WithCpu(Make.Deployment(replicas: 2, maxSurge: 0, maxUnavailable: 1), "1000")), deployment => WithImage(deployment, "hello:2"));

        Assert.True(forecast.Completes);
        Assert.Empty(forecast.DoesNotFit);
        Assert.Equal((1, 2, 0), (forecast.LowestAvailable, forecast.HighestTotal, forecast.HighestSurge));
    }

    /// <summary>The surge finds no room while both old pods are there, and is placed as soon as one of them has stopped.</summary>
    [Fact]
    public void Of_PodsThatFitOnlyLater_AreBoundThen()
    {
        RolloutForecast forecast = Forecast(
            Started(WithCpu(Make.Deployment(replicas: 2, maxSurge: 1, maxUnavailable: 1), "1000")), deployment => WithImage(deployment, "hello:2"));

        Assert.True(forecast.Completes);
        Assert.Empty(forecast.DoesNotFit);
        Assert.Equal(2, forecast.Steps.SelectMany(step => step.Starts).Sum(group => group.Count));
    }

    /// <summary>ReplicaSets beyond the history's limit go on the way, and the forecast ends all the same.</summary>
    [Fact]
    public void Of_AHistoryThatIsFull_CompletesAndLosesTheOldest()
    {
        Started(Make.Deployment(replicas: 2, revisionHistoryLimit: 1));
        world.SetImage("hello:2");
        world.Settle();

        RolloutForecast forecast = RolloutForecasts.Of(world.Snapshot(), WithImage(world.Deployment!, "hello:3"));

        Assert.True(forecast.Completes);
        Assert.Null(forecast.IsCutShort);
    }

    /// <summary>4 pods on two nodes, one of which was deleted: its 2 are not counted on, they go, and all new ones find room on the other.</summary>
    [Fact]
    public void Of_PodsOfADeletedNode_CountsOnTheOthersAlone()
    {
        Started(Make.Deployment(replicas: 4, maxSurge: 0, maxUnavailable: 2));
        ClusterState cluster = new();
        cluster.SetNode(Make.Node("node-2"));
        WorkloadSnapshot snapshot = world.Snapshot();
        snapshot = snapshot with { Cluster = cluster, Pods = [.. snapshot.Pods.Select(pod => CountedPods.Of(pod, node => node == "node-2", world.Now))] };

        RolloutForecast forecast = RolloutForecasts.Of(snapshot, WithImage(world.Deployment!, "hello:2"));

        Assert.Equal(2, forecast.LowestAvailable);
        Assert.True(forecast.Completes);
        Assert.All(forecast.Steps.SelectMany(step => step.Starts), group => Assert.Equal("node-2", group.Node));
    }

    /// <summary>They are ended, and others made in their place, though nothing rolls.</summary>
    [Fact]
    public void Of_PodsOfADeletedNode_ReplacesThem()
    {
        Started(Make.Deployment(replicas: 4));
        ClusterState cluster = new();
        cluster.SetNode(Make.Node("node-2"));

        RolloutForecast forecast = RolloutForecasts.Of(world.Snapshot() with { Cluster = cluster }, world.Deployment!);

        Assert.Equal(("node-2", 2), Assert.Single(Assert.Single(forecast.Steps).Starts) is var group ? (group.Node, group.Count) : default);
        Assert.True(forecast.Completes);
    }

    [Fact]
    public void Of_ATimedCanary_WaitsAndThenTakesOver()
    {
        Started(Make.Deployment(replicas: 4, maxSurge: 1, maxUnavailable: 0));
        world.Policies.Add(Make.Policy(strategy: Make.Canary(Make.Weight(25), Make.Pause(60))));

        RolloutForecast forecast = RolloutForecasts.Of(world.Snapshot(), WithImage(world.Deployment!, "hello:2"));

        Assert.True(forecast.Completes);
        Assert.Equal((0L, 1), (forecast.Steps[0].AfterSeconds, forecast.Steps[0].Starts.Sum(group => group.Count)));
        Assert.Equal(61, forecast.Steps[1].AfterSeconds);
        Assert.Equal((4, 5), (forecast.LowestAvailable, forecast.HighestTotal));
    }

    [Fact]
    public void Of_OldTemplate_SaysWhichRevisionItWas()
    {
        Started(Make.Deployment(replicas: 2));
        world.SetImage("hello:2");
        world.Settle();

        Assert.Equal("the template of revision 1 becomes revision 3", RolloutForecasts.Of(world.Snapshot(), WithImage(world.Deployment!, "hello:1")).Message);
    }

    [Fact]
    public void Of_TemplateThatFitsNowhere_SaysWhatIsMissingAndDoesNotComplete()
    {
        RolloutForecast forecast = Forecast(Started(Make.Deployment(replicas: 4)), deployment =>
        {
            Deployment next = WithImage(deployment, "hello:2");
            Container greedy = next.Spec.Template.Spec.Containers[0] with
            {
                Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("2000") }.ToValueMap() },
            };
            return next with { Spec = next.Spec with { Template = next.Spec.Template with { Spec = next.Spec.Template.Spec with { Containers = [greedy] } } } };
        });

        Misfit misfit = Assert.Single(forecast.DoesNotFit);
        Assert.Equal((2, "2 of 2 nodes: cpu"), (misfit.Count, misfit.Message));
        Assert.False(forecast.Completes);
        Assert.Null(forecast.IsCutShort);
        Assert.Equal(3, forecast.LowestAvailable);
    }

    [Fact]
    [Trait(RunLength.Trait, RunLength.Long)]
    public void Of_MorePassesThanAreWorkedOut_IsCutShortAndSaysSo()
    {
        RolloutForecast forecast = Forecast(
            Started(Make.Deployment(replicas: 400, maxSurge: 1, maxUnavailable: 0)), deployment => WithImage(deployment, "hello:2"));

        Assert.True(forecast.IsCutShort);
        Assert.False(forecast.Completes);
    }

    [Theory]
    [InlineData(4_000, false)]
    [InlineData(4_001, true)]
    [InlineData(int.MaxValue, true)]
    public void IsTooLarge_CountsTheSurge(int replicas, bool isTooLarge) =>
        Assert.Equal(isTooLarge, RolloutForecasts.IsTooLarge(Make.Deployment(replicas: replicas)));

    private TestWorld Started(Deployment deployment)
    {
        world.Store(deployment);
        world.Settle();
        return world;
    }

    private static RolloutForecast Forecast(TestWorld world, Func<Deployment, Deployment> change)
    {
        Deployment changed = change(world.Deployment!);
        changed = changed with { Metadata = changed.Metadata with { Generation = changed.Metadata.Generation + 1 } };
        return RolloutForecasts.Of(world.Snapshot(), changed);
    }

    /// <summary>Each pod asks for so many CPUs; a node has 1,000.</summary>
    private static Deployment WithCpu(Deployment deployment, string cpu)
    {
        PodSpec spec = deployment.Spec.Template.Spec;
        Container asking = spec.Containers[0] with { Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse(cpu) }.ToValueMap() } };
        return deployment with { Spec = deployment.Spec with { Template = deployment.Spec.Template with { Spec = spec with { Containers = [asking] } } } };
    }

    private static Deployment WithImage(Deployment deployment, string image) =>
        deployment with { Spec = deployment.Spec with { Template = Make.WithImage(deployment.Spec.Template, image) } };
}
