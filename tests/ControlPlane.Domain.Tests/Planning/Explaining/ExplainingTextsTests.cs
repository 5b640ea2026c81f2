using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Tests.Planning.Rollouts;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

/// <summary>Words that clients see or send, where no other example reads them.</summary>
public sealed class ExplainingTextsTests
{
    public static TheoryData<RolloutAction, string> Names() => new()
    {
        { new RolloutAction.Rollback(null), "rollback" },
        { new RolloutAction.Restart(), "restart" },
        { new RolloutAction.Pause(), "pause" },
        { new RolloutAction.Resume(), "resume" },
        { new RolloutAction.Promote(Full: false), "promote" },
        { new RolloutAction.Abort(), "abort" },
        { new RolloutAction.Retry(), "retry" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Name_OfAnAction_IsTheLastPartOfItsPath(RolloutAction action, string name) => Assert.Equal(name, action.Name);

    /// <summary>An empty text is left out of the answer.</summary>
    [Fact]
    public void TextsThatNobodySet_AreEmpty() => Assert.All(
        [
            new RolloutActionResult().Action,
            new RolloutView().Phase,
            new RevisionView().Name,
            new RevisionView().Outcome,
            new StrategyView().Type,
            new StrategyView().Policy,
            new StrategyView().Phase,
            new PodGroup().ReplicaSet,
            new Misfit().Message,
        ],
        text => Assert.Equal("", text));

    [Fact]
    public void Phase_OfWhatNobodyHasLookedAt_SaysWhat()
    {
        TestWorld world = Releases.Served();
        world.SetImage("hello:2");
        Assert.Equal(new RolloutPhase("Progressing", "NotObserved", "generation 2 has not been looked at yet"), RolloutPhase.Of(world.Deployment!, world.ReplicaSets));

        TestWorld failed = Releases.RolledBack();
        Assert.Equal("RolledBack", RolloutPhase.Of(failed.Deployment!, failed.ReplicaSets).Name);
        failed.Change(deployment => Assert.IsType<ActionOutcome.Done>(
            RolloutActions.Apply(new RolloutAction.Retry(), deployment, failed.ReplicaSets, failed.Now)).Deployment);
        Assert.Equal(new RolloutPhase("Progressing", "NotObserved", "the retry has not been looked at yet"), RolloutPhase.Of(failed.Deployment!, failed.ReplicaSets));
    }

    [Fact]
    public void Phase_OfATimeoutWithNothingToGoBackTo_IsFailedForItsReason()
    {
        Condition late = new() { Type = "Progressing", Status = "False", Reason = "ProgressDeadlineExceeded", Message = "too late" };
        Deployment timedOut = Make.Deployment() with { Status = new DeploymentStatus { ObservedGeneration = 1, Conditions = [late] } };

        Assert.Equal(new RolloutPhase("Failed", "ProgressDeadlineExceeded", "too late"), RolloutPhase.Of(timedOut, []));
    }

    [Fact]
    public void View_CountsThePodsOfAllRevisions()
    {
        TestWorld world = Releases.Served();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(pod => pod.Name == world.ActivePodsOf(world.ByImage("hello:2")).First().Name);

        RolloutView view = RolloutViews.Of(world.Snapshot());

        Assert.Equal(("Rollout", RolloutView.GroupVersion), (view.Kind, view.ApiVersion));
        Assert.Equal(new RolloutCounts { Desired = 4, Total = 5, Ready = 4, Available = 4, Terminating = 1 }, view.Counts);
    }

    [Fact]
    public void View_OfABareReplicaSet_IsRefused() =>
        Assert.Contains("a bare ReplicaSet has no rollout", Assert.Throws<ArgumentException>(() => RolloutViews.Of(new TestWorld().Snapshot())).Message, StringComparison.Ordinal);

    [Fact]
    public void History_IsOfItsDeploymentAndTellsTheLatestFirst()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(image: "hello:1"));
        world.Record(null, new Author("ann", "kubectl/1.36"));
        world.Settle();
        world.Declare(deployment => deployment with { Spec = deployment.Spec with { Template = Make.WithImage(deployment.Spec.Template, "hello:2") } }, new Author("bob", "curl"));
        world.Settle();
        world.Declare(deployment => deployment with { Spec = deployment.Spec with { Template = Make.WithImage(deployment.Spec.Template, "hello:3") } }, new Author("cid", "curl"));

        DeploymentHistory history = DeploymentHistories.Of(world.Deployment!, world.ReplicaSets, world.Records.Select(record => record.Status?.Revision is null ? record with { Status = null } : record));

        Assert.Equal((DeploymentHistory.Group + "/" + DeploymentHistory.Version, "DeploymentHistory"), (history.ApiVersion, history.Kind));
        Assert.Equal(RolloutViews.Of(world.Snapshot()).Metadata, history.Metadata);
        Assert.Equal(("hello", "deployment-uid"), (history.Metadata.Name, history.Metadata.Uid));
        Assert.Equal([(null, "cid"), (2L, "bob"), (1L, "ann")], history.Items.Select(item => (item.Revision, item.StartedBy)));
        Assert.Equal(RevisionRecords.Progressing, history.Items[0].Outcome);
    }
}
