using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

public sealed class PolicyChoiceTests
{
    private static readonly RolloutPolicy All = Make.Policy("all");

    private static readonly RolloutPolicy Web = All with
    {
        Metadata = All.Metadata with { Name = "web", Uid = "web-uid" },
        Spec = new RolloutPolicySpec { Selector = new LabelSelector { MatchLabels = ValueMap.Of(("tier", "web")) } },
    };

    private static readonly RolloutPolicy Named = Make.Policy("named", target: "hello");

    [Fact]
    public void Of_SeveralPolicies_TakesTheMostSpecific()
    {
        Deployment deployment = Tiered("web");

        Assert.Equal("named", PolicyChoice.Of(deployment, [All, Web, Named]).Policy?.Name);
        Assert.Equal("web", PolicyChoice.Of(deployment, [Web, All]).Policy?.Name);
        Assert.Equal("all", PolicyChoice.Of(Tiered("db"), [All, Web]).Policy?.Name);
        Assert.Null(PolicyChoice.Of(Tiered("db"), [Web]).Policy);
    }

    [Fact]
    public void Of_TwoAlike_IsAConflictUnlessAnotherIsMoreSpecific()
    {
        RolloutPolicy other = Make.Policy("other");

        Assert.True(PolicyChoice.Of(Tiered("web"), [All, other]).IsConflict);
        Assert.Equal("web", PolicyChoice.Of(Tiered("web"), [All, other, Web]).Policy?.Name);
    }

    [Fact]
    public void Plan_OfAStatus_CountsDeploymentsAndNamesTheOneThatClaimsThemAlike()
    {
        RolloutPolicy other = Make.Policy("other");

        RolloutPolicyStatus alone = Status(PolicyStatuses.Plan(All, [All], [Tiered("web")], _ => null, Make.Start));
        RolloutPolicyStatus alike = Status(PolicyStatuses.Plan(All, [All, other], [Tiered("web")], _ => null, Make.Start));

        Assert.Equal((1, "True"), (alone.Deployments, alone.Conditions.Single().Status));
        Assert.Equal(("False", "PolicyConflict"), (alike.Conditions.Single().Status, alike.Conditions.Single().Reason));
        Assert.StartsWith("other: as specific for hello", alike.Conditions.Single().Message, StringComparison.Ordinal);
        Assert.Equal(Plan.Nothing, PolicyStatuses.Plan(All with { Status = alone }, [All], [Tiered("web")], _ => null, Make.Start.AddHours(1)));
    }

    [Fact]
    public void Of_PoliciesThatEndOrAreOfAnotherNamespaceOrDeployment_AreNotAskedFor()
    {
        RolloutPolicy ending = All with { Metadata = All.Metadata with { DeletionTimestamp = Make.Start } };
        RolloutPolicy elsewhere = All with { Metadata = All.Metadata with { Namespace = "elsewhere" } };
        RolloutPolicy another = Make.Policy("another", target: "another");
        RolloutPolicy nobodys = All with { Spec = new RolloutPolicySpec() };

        Assert.Equal(PolicyChoice.None, PolicyChoice.Of(Tiered("web"), [ending, elsewhere, another, nobodys]));
    }

    [Fact]
    public void Of_SelectorsByExpression_AreAsSpecificAsByLabel()
    {
        RolloutPolicy expression = Web with
        {
            Metadata = Web.Metadata with { Name = "by-expression", Uid = "e" },
            Spec = new RolloutPolicySpec { Selector = new LabelSelector { MatchExpressions = [new LabelSelectorRequirement { Key = "tier", Operator = "Exists" }] } },
        };

        PolicyChoice choice = PolicyChoice.Of(Tiered("web"), [Web, All, expression]);

        Assert.Equal("the policies by-expression, web are for this Deployment alike: only one may be the most specific", choice.ConflictMessage);
        Assert.True(choice.IsConflict);
        Assert.Null(choice.Policy);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void RollsBackOnFailure_UnlessThePolicySaysOtherwise(bool? said, bool rollsBack) =>
        Assert.Equal(rollsBack, PolicyChoice.Of(Tiered("web"), [Make.Policy(rollbackOnFailure: said)]).RollsBackOnFailure);

    [Fact]
    public void Plan_OfAStatus_TellsTheRolloutsOfItsOwnInTheOrderOfTheirNames()
    {
        Deployment b = Tiered("web") is var one ? one with { Metadata = one.Metadata with { Name = "b" } } : one;
        Deployment a = b with { Metadata = b.Metadata with { Name = "a" } };
        RolloutState StateOf(Deployment deployment) => new()
        {
            Spec = new RolloutStateSpec
            {
                Deployment = deployment.Name,
                Policy = "all",
                Revision = 3,
                Stable = "s",
                Canary = "c",
                Phase = RolloutPhases.Paused,
                Step = 1,
                Steps = 4,
                WeightPerMille = 125,
            },
        };

        RolloutPolicyStatus status = Status(PolicyStatuses.Plan(All, [All], [b, a], StateOf, Make.Start));
        RolloutPolicyStatus others = Status(PolicyStatuses.Plan(All, [All], [a], _ => StateOf(a) with { Spec = StateOf(a).Spec with { Policy = "other" } }, Make.Start));

        Assert.Equal((2, 1), (status.Deployments, (int)status.ObservedGeneration!));
        Assert.Equal(["a", "b"], status.Rollouts.Select(rollout => rollout.Deployment));
        Assert.Equal(
            new PolicyRollout { Deployment = "a", Revision = 3, Stable = "s", Canary = "c", Phase = RolloutPhases.Paused, Step = 1, Steps = 4, Weight = 12.5m }, status.Rollouts[0]);
        Assert.Empty(others.Rollouts);
    }

    [Fact]
    public void Plan_OfAStatus_SaysWhenItWasAcceptedAndNamesAtMostFive()
    {
        Plan plan = PolicyStatuses.Plan(All, [All], [], _ => null, Make.Start);
        Condition accepted = Status(plan).Conditions.Single();
        Assert.Equal(("Accepted", "True", "Accepted", null, Make.Start), (accepted.Type, accepted.Status, accepted.Reason, accepted.Message, accepted.LastTransitionTime));
        Assert.Equal([Precondition.DesiredUnchanged.Of(All)], plan.Preconditions);

        RolloutPolicy[] rivals = [.. Enumerable.Range(1, 6).Select(i => Make.Policy($"p{i}"))];
        Deployment[] deployments = [.. Enumerable.Range(1, 6).Select(i => Tiered("web") is var one ? one with { Metadata = one.Metadata with { Name = $"d{i}" } } : one)];
        Condition conflict = Status(PolicyStatuses.Plan(All with { Status = Status(plan) }, [All, .. rivals], deployments, _ => null, Make.Start.AddHours(1))).Conditions.Single();

        Assert.Equal("p1, p2, p3, p4, p5: as specific for d1, d2, d3, d4, d5; nothing of it rolls until one of them is", conflict.Message);
        Assert.Equal(Make.Start.AddHours(1), conflict.LastTransitionTime);
    }

    [Fact]
    public void Plan_OfAStatus_ListsFiftyRollouts()
    {
        Deployment[] deployments = [.. Enumerable.Range(0, 51).Select(i => Tiered("web") is var one ? one with { Metadata = one.Metadata with { Name = $"d{i}" } } : one)];

        RolloutPolicyStatus status = Status(PolicyStatuses.Plan(All, [All], deployments, _ => new RolloutState { Spec = new RolloutStateSpec { Policy = "all" } }, Make.Start));

        Assert.Equal((51, PolicyStatuses.RolloutsMax), (status.Deployments, status.Rollouts.Count));
    }

    [Fact]
    public void Plan_OfAStatus_SaysThatAServiceSelectsPodsOfMoreThanOneDeployment()
    {
        RolloutPolicy policy = Make.Policy(strategy: new RolloutStrategy
        {
            Type = "BlueGreen",
            BlueGreen = new BlueGreenStrategy { ActiveService = "web", PreviewService = "preview" },
        });
        Deployment one = Tiered("web");
        Deployment two = one with { Metadata = one.Metadata with { Name = "two" } };
        Service? ServiceOf(string name) => name == "web" ? Selecting(one.Spec.Template.Metadata.Labels) : null;

        Plan plan = PolicyStatuses.Plan(policy, [policy], [two, one], _ => null, Make.Start, ServiceOf);
        RolloutPolicy told = policy with { Status = Status(plan) };
        Condition shared = told.Status!.Conditions[1];

        Assert.Equal(["Accepted", "ServiceShared"], told.Status.Conditions.Select(condition => condition.Type));
        Assert.Equal(("True", "ServiceShared", Make.Start), (shared.Status, shared.Reason, shared.LastTransitionTime));
        Assert.Equal("Service web selects pods of hello, two: shares are of one Deployment's pods, and the others' get no requests while it rolls", shared.Message);
        Assert.Equal(Plan.Nothing, PolicyStatuses.Plan(told, [policy], [one, two], _ => null, Make.Start.AddHours(1), ServiceOf));
        Assert.Equal(["Accepted"], Status(PolicyStatuses.Plan(told, [policy], [one], _ => null, Make.Start, ServiceOf)).Conditions.Select(condition => condition.Type));
    }

    [Fact]
    public void Plan_OfAStatus_SaysThatAServiceSelectsNoPodsOfItsDeployments()
    {
        RolloutPolicy policy = Make.Policy(strategy: Make.Canary(Make.Pause()));
        RolloutPolicy nearer = Make.Policy("nearer", target: "third");
        Deployment one = Tiered("web");
        Deployment two = one with { Metadata = one.Metadata with { Name = "two" }, Spec = one.Spec with { Template = new PodTemplateSpec() } };
        Deployment third = two with { Metadata = one.Metadata with { Name = "third" } };
        Service? ServiceOf(string name) => name == "hello" ? Selecting(one.Spec.Template.Metadata.Labels) : null;

        RolloutPolicy told = policy with { Status = Status(PolicyStatuses.Plan(policy, [policy, nearer], [two, one, third], _ => null, Make.Start, ServiceOf)) };
        Condition mismatch = told.Status!.Conditions[1];

        Assert.Equal(["Accepted", "ServiceMismatch"], told.Status.Conditions.Select(condition => condition.Type));
        Assert.Equal(("True", "ServiceMismatch", Make.Start), (mismatch.Status, mismatch.Reason, mismatch.LastTransitionTime));
        Assert.Equal("Service hello selects no pods of two: its requests are not divided for them, and theirs follow the numbers of pods", mismatch.Message);
        Assert.Equal(["Accepted"], Status(PolicyStatuses.Plan(told, [policy, nearer], [one, third], _ => null, Make.Start, ServiceOf)).Conditions.Select(condition => condition.Type));
    }

    /// <summary>One replica takes what it wrote from memory, another reads it: an empty text where the other sees none would be a difference that is written away for ever.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_OfAStatus_ReadsTheSameAsJson(bool hasRival)
    {
        RolloutPolicy[] policies = hasRival ? [All, All with { Metadata = All.Metadata with { Name = "other" } }] : [All];

        RolloutPolicyStatus written = Status(PolicyStatuses.Plan(All, policies, [Tiered("web")], _ => null, Make.Start));

        Assert.Equal(written, ResourceJson.Deserialize<RolloutPolicyStatus>(ResourceJson.Serialize(written)));
    }

    [Fact]
    public void IsOf_AServiceWithoutASelector_IsAnybodys()
    {
        Assert.True(ForeignServices.IsOf(Selecting(default), Tiered("web")));
        Assert.False(ForeignServices.IsOf(Selecting(ValueMap.Of(("app", "another"))), Tiered("web")));
    }

    [Fact]
    public void SelectedBy_GoesByTheLabelsOfTemplates_AndLeavesOutThoseWithoutPods()
    {
        Deployment one = Tiered("web");
        ValueMap<string> labels = one.Spec.Template.Metadata.Labels;
        Deployment ending = one with { Metadata = one.Metadata with { Name = "ending", DeletionTimestamp = Make.Start } };
        Deployment none = one with { Metadata = one.Metadata with { Name = "none" }, Spec = one.Spec with { Replicas = 0 } };
        Deployment absent = none with { Metadata = one.Metadata with { Name = "absent" }, Spec = one.Spec with { Replicas = null } };

        Assert.Equal(["absent", "hello"], SharedServices.SelectedBy(Selecting(labels), [one, ending, none, absent]));
        Assert.Empty(SharedServices.SelectedBy(Selecting(labels.SetItem("app", "other")), [one]));
        Assert.Empty(SharedServices.SelectedBy(Selecting(default), [one]));
    }

    [Fact]
    public void NamedBy_OfAPolicy_IsEachServiceOnce()
    {
        Assert.Equal(["c"], SharedServices.NamedBy(new RolloutPolicySpec { Strategy = new RolloutStrategy { Canary = new CanaryStrategy { Service = "c" } } }));
        Assert.Equal(["a"], SharedServices.NamedBy(new RolloutPolicySpec { Strategy = new RolloutStrategy { BlueGreen = new BlueGreenStrategy { ActiveService = "a", PreviewService = "a" } } }));
        Assert.Empty(SharedServices.NamedBy(new RolloutPolicySpec()));
    }

    private static Service Selecting(ValueMap<string> labels) => new() { Spec = new ServiceSpec { Selector = labels } };

    private static RolloutPolicyStatus Status(Plan plan) => ((RolloutPolicy)Assert.IsType<Write.Update>(plan.Writes.Single()).Object).Status!;

    private static Deployment Tiered(string tier)
    {
        Deployment deployment = Make.Deployment();
        return deployment with { Metadata = deployment.Metadata with { Labels = ValueMap.Of(("tier", tier)) } };
    }
}
