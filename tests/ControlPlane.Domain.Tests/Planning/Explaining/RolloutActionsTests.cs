using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

public sealed class RolloutActionsTests
{
    private static readonly DateTimeOffset Now = Make.Start.AddHours(1);

    private readonly Deployment deployment = Make.Deployment(image: "hello:3");

    [Theory]
    [InlineData("Complete", "Failed", 1)]
    [InlineData("Complete", "Complete", 2)]
    [InlineData("", "Failed", 1)]
    [InlineData("", "", 2)]
    [InlineData("Complete", "", 1)]
    public void Rollback_WithoutARevision_GoesToTheLastGoodOne(string first, string second, long expected)
    {
        ActionOutcome.Done done = Done(new RolloutAction.Rollback(null), Revision(1, first), Revision(2, second), Revision(3, ""));

        Assert.Equal(expected, done.Revision);
        Assert.Equal($"hello:{expected}", done.Deployment.Spec.Template.Spec.Containers[0].Image);
        Assert.False(done.Deployment.Spec.Template.Metadata.Labels.ContainsKey("pod-template-hash"));
    }

    [Fact]
    public void Rollback_ToARevision_TakesItsTemplateAndAnnotations()
    {
        ReplicaSet first = Revision(1, "");
        first = first with { Metadata = first.Metadata with { Annotations = first.Metadata.Annotations.SetItem("kubernetes.io/change-cause", "first") } };

        ActionOutcome.Done done = Done(new RolloutAction.Rollback(1), first, Revision(2, "Complete"), Revision(3, ""));

        Assert.Equal(("hello:1", "first"), (done.Deployment.Spec.Template.Spec.Containers[0].Image, done.Deployment.Metadata.Annotations["kubernetes.io/change-cause"]));
    }

    [Fact]
    public void Rollback_ToTheDeclaredRevision_ChangesNothing() =>
        Assert.Equal(
            new ActionOutcome.Done(deployment, "revision 3 is declared already", 3), Done(new RolloutAction.Rollback(3), Revision(2, "Complete"), Revision(3, "")));

    [Theory]
    [InlineData(7, "there is no such revision; there are 2, 3")]
    [InlineData(-1, "must be greater than or equal to 0")]
    public void Rollback_ToNoRevision_IsInvalid(long revision, string because)
    {
        ActionOutcome.Invalid invalid = Assert.IsType<ActionOutcome.Invalid>(Act(new RolloutAction.Rollback(revision), Revision(2, "Complete"), Revision(3, "")));

        Assert.Equal("toRevision", invalid.Field);
        Assert.Equal($"Invalid value: {revision}: {because}", invalid.Because);
    }

    [Fact]
    public void Rollback_WithNothingToGoBackTo_IsNotNow() =>
        Assert.Equal("there is no older revision to go back to", NotNow(new RolloutAction.Rollback(0), Revision(3, "")));

    [Fact]
    public void RollbackAndRestart_OfAPausedDeployment_AreNotNow()
    {
        Deployment paused = deployment with { Spec = deployment.Spec with { Paused = true } };

        Assert.All<RolloutAction>(
            [new RolloutAction.Rollback(null), new RolloutAction.Restart()],
            action => Assert.IsType<ActionOutcome.NotNow>(RolloutActions.Apply(action, paused, [Revision(2, "Complete")], Now)));
    }

    [Fact]
    public void AnyAction_OnADeploymentThatIsBeingDeleted_IsNotNow()
    {
        Deployment leaving = deployment with { Metadata = deployment.Metadata with { DeletionTimestamp = Now } };

        Assert.Equal(new ActionOutcome.NotNow("it is being deleted"), RolloutActions.Apply(new RolloutAction.Pause(), leaving, [], Now));
    }

    [Fact]
    public void Restart_ChangesTheTemplateByTheTime_OnceASecond()
    {
        ActionOutcome.Done done = Done(new RolloutAction.Restart());

        Assert.Equal("2026-01-01T12:00:00Z", done.Deployment.Spec.Template.Metadata.Annotations["kubectl.kubernetes.io/restartedAt"]);
        ActionOutcome.Done again = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Restart(), done.Deployment, [], Now));
        Assert.Same(done.Deployment, again.Deployment);
    }

    [Fact]
    public void PauseAndResume_SetWhatIsNotSet_AndNothingElse()
    {
        Deployment paused = Done(new RolloutAction.Pause()).Deployment;
        Assert.True(paused.Spec.Paused);
        Assert.Same(paused, Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Pause(), paused, [], Now)).Deployment);
        Assert.Equal(deployment, Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Resume(), paused, [], Now)).Deployment);
        Assert.Same(deployment, Done(new RolloutAction.Resume()).Deployment);
    }

    [Fact]
    public void Promote_ResumesWhatWaits_AndSaysWhenNothingDoes()
    {
        Deployment paused = Done(new RolloutAction.Pause()).Deployment;

        Assert.Equal(deployment, Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Promote(Full: true), paused, [], Now)).Deployment);
        Assert.StartsWith("nothing waits", NotNow(new RolloutAction.Promote(Full: false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Abort_OfARevisionOnTrial_IsRecordedWithIt() =>
        Assert.Equal(
            "3@2026-01-01T12:00:00Z",
            Done(new RolloutAction.Abort(), Revision(2, "Complete"), Revision(3, "")).Deployment.Metadata.Annotations["controlplane.dev/abort"]);

    [Theory]
    [InlineData("Complete", "Complete", "revision 3 has been complete, there is nothing to abort; a rollback goes back from it")]
    [InlineData("", "", "no older revision has been complete, so there is none to go back to")]
    public void Abort_OfWhatIsNotOnTrialOrCannotGoBack_IsNotNow(string older, string current, string because) =>
        Assert.Equal(because, NotNow(new RolloutAction.Abort(), Revision(2, older), Revision(3, current)));

    [Fact]
    public void Abort_Again_ChangesNothing()
    {
        ReplicaSet[] revisions = [Revision(2, "Complete"), Revision(3, "")];
        Deployment aborted = Done(new RolloutAction.Abort(), revisions).Deployment;

        Assert.Same(aborted, Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Abort(), aborted, revisions, Now.AddSeconds(1))).Deployment);
        Assert.Same(deployment, Done(new RolloutAction.Abort(), Revision(2, "Complete"), Revision(3, "Failed")).Deployment);
    }

    /// <summary>A retry takes an earlier abort back; one that came in the same moment as the retry would be taken back by it.</summary>
    [Fact]
    public void Abort_InTheMomentOfARetry_IsLaterThanIt()
    {
        Deployment retried = Done(new RolloutAction.Retry(), Revision(2, "Complete"), Revision(3, "Failed")).Deployment;

        ActionOutcome.Done aborted = Assert.IsType<ActionOutcome.Done>(
            RolloutActions.Apply(new RolloutAction.Abort(), retried, [Revision(2, "Complete"), Revision(3, "")], Now));

        Assert.Equal("3@2026-01-01T12:00:00.001Z", aborted.Deployment.Metadata.Annotations["controlplane.dev/abort"]);
    }

    /// <summary>A retry has taken the abort before it back, one of the same moment too, so there is something to give up again.</summary>
    [Theory]
    [InlineData("3@2026-01-01T11:59:00Z", "3@2026-01-01T12:00:00Z")]
    [InlineData("3@2026-01-01T11:58:00Z", "3@2026-01-01T12:00:00Z")]
    [InlineData("3@2026-01-01T11:59:30Z", "3@2026-01-01T11:59:30Z")]
    public void Abort_OfWhatWasTriedAgainSince_IsRecordedAnew(string abortedAt, string expected)
    {
        Deployment retried = deployment with
        {
            Metadata = deployment.Metadata with { Annotations = ValueMap.Of(("controlplane.dev/abort", abortedAt), ("controlplane.dev/retry", "3@2026-01-01T11:59:00Z")) },
        };

        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Abort(), retried, [Revision(2, "Complete"), Revision(3, "")], Now));

        Assert.Equal(expected, done.Deployment.Metadata.Annotations["controlplane.dev/abort"]);
    }

    [Fact]
    public void Retry_OfAFailedRevision_GoesByItsOwnFailure_NotByWhatIsToldSince()
    {
        Condition late = new() { Type = "Progressing", Status = "False", Reason = "ProgressDeadlineExceeded", LastUpdateTime = Now.AddSeconds(9) };
        Deployment told = deployment with { Status = new DeploymentStatus { Conditions = [late] } };

        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Retry(), told, [Revision(3, "Failed", at: Now.AddSeconds(5))], Now));

        Assert.Equal("3@2026-01-01T12:00:05Z", done.Deployment.Metadata.Annotations["controlplane.dev/retry"]);
    }

    /// <summary>Several ReplicaSets of the declared template: the oldest is meant, and of two equally old ones the first by name.</summary>
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 4)]
    public void Abort_WhereSeveralHaveTheTemplate_IsAboutTheOldest(int minutesLater, long expected)
    {
        ReplicaSet third = Revision(3, "");
        ReplicaSet fourth = Revision(4, "");
        third = third with { Metadata = third.Metadata with { CreationTimestamp = Make.Start.AddMinutes(minutesLater) } };
        fourth = fourth with
        {
            Metadata = fourth.Metadata with { CreationTimestamp = Make.Start },
            Spec = fourth.Spec with { Template = Make.WithImage(fourth.Spec.Template, "hello:3") },
        };

        Assert.Equal(expected, Done(new RolloutAction.Abort(), Revision(2, "Complete"), fourth, third).Revision);
        Assert.Equal(expected, Done(new RolloutAction.Abort(), Revision(2, "Complete"), third, fourth).Revision);
    }

    [Fact]
    public void Retry_OfAFailedRevision_IsRecordedNotBeforeItsFailure()
    {
        ReplicaSet failed = Revision(3, "Failed", at: Now.AddSeconds(5));

        ActionOutcome.Done done = Done(new RolloutAction.Retry(), failed);

        Assert.Equal("3@2026-01-01T12:00:05Z", done.Deployment.Metadata.Annotations["controlplane.dev/retry"]);
        Assert.Same(done.Deployment, Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Retry(), done.Deployment, [failed], Now)).Deployment);
    }

    /// <summary>The clock of the replica that took the abort is six seconds ahead: a retry that counted as older would leave the revision given up for good.</summary>
    [Fact]
    public void Retry_AfterAnAbortByAClockThatIsAhead_IsNoEarlierThanIt()
    {
        ReplicaSet failed = Revision(3, "Failed");
        DateTimeOffset ahead = Now.AddSeconds(6);
        Deployment aborted = deployment with { Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(RolloutRequests.Abort, RolloutRequests.Format(3, ahead)) } };

        Deployment retried = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Retry(), aborted, [failed], Now)).Deployment;

        Assert.Equal(ahead, RolloutRequests.At(retried, RolloutRequests.Retry, 3));
        Assert.Same(retried, Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Retry(), retried, [failed], Now)).Deployment);
    }

    [Fact]
    public void Retry_OfARevisionThatTimedOutWithNothingToGoBackTo_IsRecorded()
    {
        Condition late = new() { Type = "Progressing", Status = "False", Reason = "ProgressDeadlineExceeded", LastUpdateTime = Now.AddMinutes(-1) };
        Deployment timedOut = deployment with { Status = new DeploymentStatus { Conditions = [late] } };

        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Retry(), timedOut, [Revision(3, "")], Now));

        Assert.Equal("3@2026-01-01T12:00:00Z", done.Deployment.Metadata.Annotations["controlplane.dev/retry"]);
    }

    [Fact]
    public void Retry_OfWhatHasNotFailed_IsNotNow() => Assert.Equal("revision 3 has not failed", NotNow(new RolloutAction.Retry(), Revision(3, "")));

    [Fact]
    public void AbortAndRetry_BeforeTheRolloutHasBegun_AreNotNow() => Assert.All<RolloutAction>(
        [new RolloutAction.Abort(), new RolloutAction.Retry()],
        action => Assert.StartsWith("its rollout has not begun yet", NotNow(action, Revision(2, "Complete")), StringComparison.Ordinal));

    [Fact]
    public void EachAction_SaysWhatItDid()
    {
        ReplicaSet[] onTrial = [Revision(2, "Complete"), Revision(3, "")];
        ReplicaSet[] failed = [Revision(2, "Complete"), Revision(3, "Failed")];

        Assert.Equal("rolled back to revision 2", Done(new RolloutAction.Rollback(2), onTrial).Message);
        AssertSays("restarted", "it was restarted in this very second", new RolloutAction.Restart(), onTrial);
        AssertSays("paused", "it is paused already", new RolloutAction.Pause(), onTrial);
        Assert.Equal("it is not paused", Done(new RolloutAction.Resume()).Message);
        Assert.Equal("resumed", Told(RolloutActions.Apply(new RolloutAction.Resume(), Done(new RolloutAction.Pause()).Deployment, [], Now)));
        AssertSays("revision 3 is given up", "revision 3 is given up already", new RolloutAction.Abort(), onTrial);
        Assert.Equal("revision 3 has failed already", Done(new RolloutAction.Abort(), failed).Message);
        AssertSays("revision 3 is tried again", "revision 3 is being tried again already", new RolloutAction.Retry(), failed);
    }

    [Fact]
    public void EachActionThatCannotBe_SaysWhy()
    {
        Deployment paused = Done(new RolloutAction.Pause()).Deployment;
        string OfPaused(RolloutAction action) => Assert.IsType<ActionOutcome.NotNow>(RolloutActions.Apply(action, paused, [], Now)).Because;

        Assert.Equal("it is paused; resume it before it is rolled back", OfPaused(new RolloutAction.Rollback(null)));
        Assert.Equal("it is paused; resume it before it is restarted", OfPaused(new RolloutAction.Restart()));
        Assert.Equal("its rollout has not begun yet; try again", NotNow(new RolloutAction.Abort()));
        Assert.Equal("nothing waits for a promotion: it is not paused, and it is at no step of a canary or blue-green", NotNow(new RolloutAction.Promote(Full: true)));
        Assert.Equal("Invalid value: 7: there is no such revision; there are none", Assert.IsType<ActionOutcome.Invalid>(Act(new RolloutAction.Rollback(7))).Because);
    }

    [Fact]
    public void Rollback_PassesOverRevisionsThatAreBeingDeleted()
    {
        ReplicaSet leaving = Revision(2, "Complete") is var one ? one with { Metadata = one.Metadata with { DeletionTimestamp = Now } } : one;

        Assert.Equal(1, Done(new RolloutAction.Rollback(null), Revision(1, "Complete"), leaving, Revision(3, "")).Revision);
    }

    /// <summary>A canary of revision 3 at step 1 of 4 since 12:00:10, by a clock that is ahead of ours.</summary>
    [Theory]
    [InlineData(false, "revision 3 is promoted past step 1 of 4", "3/1@2026-01-01T12:00:10Z")]
    [InlineData(true, "revision 3 is promoted past all steps that are left", "3/full@2026-01-01T12:00:00Z")]
    public void Promote_OfACanary_IsRecordedWithItsStepAndNotBeforeThatBegan(bool full, string message, string recorded)
    {
        ReplicaSet current = Revision(3, "");
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Promote(full), deployment, [current], Now, AtStep(current)));

        Assert.Equal((message, 3L, recorded), (done.Message, done.Revision, done.Deployment.Metadata.Annotations["controlplane.dev/promote"]));
        Assert.Equal(
            new ActionOutcome.Done(done.Deployment, "revision 3 is promoted already", 3),
            RolloutActions.Apply(new RolloutAction.Promote(full), done.Deployment, [current], Now.AddMinutes(1), AtStep(current)));
    }

    [Fact]
    public void Promote_InFullInTheMomentOfARetry_IsLaterThanIt()
    {
        Deployment retried = Done(new RolloutAction.Retry(), Revision(3, "Failed")).Deployment;
        ReplicaSet current = Revision(3, "");

        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Promote(Full: true), retried, [current], Now, AtStep(current)));

        Assert.Equal("3/full@2026-01-01T12:00:00.001Z", done.Deployment.Metadata.Annotations["controlplane.dev/promote"]);
    }

    [Theory]
    [InlineData("aborted")]
    [InlineData("past its steps")]
    [InlineData("another ReplicaSet's")]
    [InlineData("another revision's")]
    [InlineData("not declared")]
    public void Promote_OfWhatIsAtNoStep_IsNotNow(string which)
    {
        ReplicaSet current = Revision(3, "");
        RolloutState state = AtStep(current);
        state = state with
        {
            Spec = which switch
            {
                "aborted" => state.Spec with { Phase = RolloutPhases.Aborted },
                "past its steps" => state.Spec with { Step = 4 },
                "another ReplicaSet's" => state.Spec with { Canary = "other" },
                "another revision's" => state.Spec with { Revision = 2 },
                _ => state.Spec,
            },
        };

        Assert.IsType<ActionOutcome.NotNow>(RolloutActions.Apply(new RolloutAction.Promote(Full: false), deployment, which == "not declared" ? [Revision(2, "")] : [current], Now, state));
    }

    private static RolloutState AtStep(ReplicaSet current) => new()
    {
        Spec = new RolloutStateSpec { Canary = current.Name, Revision = 3, Step = 1, Steps = 4, Phase = RolloutPhases.WaitingForPromotion, Since = Now.AddSeconds(10) },
    };

    private void AssertSays(string first, string again, RolloutAction action, ReplicaSet[] replicaSets)
    {
        ActionOutcome.Done done = Done(action, replicaSets);

        Assert.Equal(first, done.Message);
        Assert.Equal(again, Told(RolloutActions.Apply(action, done.Deployment, replicaSets, Now)));
    }

    private static string Told(ActionOutcome outcome) => Assert.IsType<ActionOutcome.Done>(outcome).Message;

    private ActionOutcome Act(RolloutAction action, params ReplicaSet[] replicaSets) => RolloutActions.Apply(action, deployment, replicaSets, Now);

    private ActionOutcome.Done Done(RolloutAction action, params ReplicaSet[] replicaSets) => Assert.IsType<ActionOutcome.Done>(Act(action, replicaSets));

    private string NotNow(RolloutAction action, params ReplicaSet[] replicaSets) => Assert.IsType<ActionOutcome.NotNow>(Act(action, replicaSets)).Because;

    private ReplicaSet Revision(int revision, string outcome, DateTimeOffset? at = null)
    {
        ReplicaSet made = Make.Revision(deployment, revision, 0);
        ValueList<Condition> conditions = outcome.Length == 0 ? [] : [new Condition { Type = outcome, Status = "True", LastTransitionTime = at ?? Make.Start }];
        return made with { Status = new ReplicaSetStatus { Conditions = conditions } };
    }
}
