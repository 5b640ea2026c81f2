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

    private static RolloutPolicyStatus Status(Plan plan) => ((RolloutPolicy)Assert.IsType<Write.Update>(plan.Writes.Single()).Object).Status!;

    private static Deployment Tiered(string tier)
    {
        Deployment deployment = Make.Deployment();
        return deployment with { Metadata = deployment.Metadata with { Labels = ValueMap.Of(("tier", tier)) } };
    }
}
