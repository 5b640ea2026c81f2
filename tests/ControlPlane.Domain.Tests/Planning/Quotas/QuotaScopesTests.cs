using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Tests.Rules;

namespace ControlPlane.Domain.Tests.Planning.Quotas;

/// <summary>Quotas that count some pods alone.</summary>
public sealed class QuotaScopesTests
{
    private static readonly PodSpec Plain = new() { Containers = [new Container { Name = "c" }] };

    private static readonly PodSpec Asking = Plain with
    {
        Containers = [new Container { Name = "c", Resources = new ResourceRequirements { Requests = Objects.Quantities(("cpu", "100m")) } }],
    };

    private static readonly PodSpec Bounded = Plain with { ActiveDeadlineSeconds = 60 };

    private static readonly PodSpec Urgent = Plain with { PriorityClassName = "system-node-critical" };

    private static readonly PodSpec Neighbour = Plain with
    {
        Affinity = new Affinity
        {
            PodAntiAffinity = new PodAntiAffinity
            {
                PreferredDuringSchedulingIgnoredDuringExecution = [new WeightedPodAffinityTerm { Weight = 1, PodAffinityTerm = new PodAffinityTerm { Namespaces = ["other"] } }],
            },
        },
    };

    public static TheoryData<string, PodSpec, bool> Scopes => new()
    {
        { "Terminating", Bounded, true },
        { "Terminating", Plain, false },
        { "NotTerminating", Plain, true },
        { "NotTerminating", Bounded, false },
        { "BestEffort", Plain, true },
        { "BestEffort", Asking, false },
        { "NotBestEffort", Asking, true },
        { "NotBestEffort", Plain, false },
        { "PriorityClass", Urgent, true },
        { "PriorityClass", Plain, false },
        { "CrossNamespacePodAffinity", Neighbour, true },
        { "CrossNamespacePodAffinity", Plain, false },
    };

    [Theory]
    [MemberData(nameof(Scopes))]
    public void AScope_IncludesThePodsThatFallIntoIt(string scope, PodSpec pod, bool isIncluded)
    {
        ResourceQuota quota = None() with { Spec = None().Spec with { Scopes = [scope] } };

        Assert.Equal(isIncluded, IsRefused(quota, pod));
        Assert.Equal(isIncluded, QuotaAccounting.Concerns(quota, Pod("p", pod)));
    }

    [Theory]
    [InlineData("In", "system-node-critical", true, false)]
    [InlineData("In", "other", false, false)]
    [InlineData("NotIn", "system-node-critical", false, true)]
    [InlineData("Exists", null, true, false)]
    [InlineData("DoesNotExist", null, false, true)]
    public void ASelector_ChoosesPodsByTheirClass(string @operator, string? value, bool hasUrgent, bool hasPlain)
    {
        ScopedResourceSelectorRequirement requirement = new() { ScopeName = "PriorityClass", Operator = @operator, Values = value is null ? default : [value] };
        ResourceQuota quota = None() with { Spec = None().Spec with { ScopeSelector = new ScopeSelector { MatchExpressions = [requirement] } } };

        Assert.Equal((hasUrgent, hasPlain), (IsRefused(quota, Urgent), IsRefused(quota, Plain)));
    }

    [Fact]
    public void AllScopes_MustHold()
    {
        ResourceQuota quota = None() with { Spec = None().Spec with { Scopes = ["BestEffort", "Terminating"] } };

        Assert.Equal((true, false), (IsRefused(quota, Bounded), IsRefused(quota, Plain)));
    }

    [Fact]
    public void WhatIsUsed_IsCountedAmongThePodsOfTheScope_AndNoOtherObjectsAre()
    {
        ResourceQuota quota = QuotaAccountingTests.Quota("q", ("pods", "1"), ("count/secrets", "0"));
        quota = quota with { Spec = quota.Spec with { Scopes = ["BestEffort"] } };
        Secret secret = new() { Metadata = Pod("s", Plain).Metadata };

        Plan(quota, "count/secrets=0,pods=1", Pod("a", Plain), Pod("b", Asking), secret);
        Assert.IsType<QuotaAnswer.Fits>(QuotaAccounting.Judge(Pod("new", Plain), null, [quota], [Pod("b", Asking)]));
        Assert.IsType<QuotaAnswer.Refused>(QuotaAccounting.Judge(Pod("new", Plain), null, [quota], [Pod("a", Plain)]));
        Assert.IsType<QuotaAnswer.Fits>(QuotaAccounting.Judge(secret, null, [quota], []));
    }

    [Fact]
    public void APodThatFallsIntoAScopeByAChange_CountsForAllThatItIs()
    {
        ResourceQuota quota = None() with { Spec = None().Spec with { Scopes = ["Terminating"] } };

        Assert.IsType<QuotaAnswer.Refused>(QuotaAccounting.Judge(Pod("p", Bounded), Pod("p", Plain), [quota], [Pod("p", Plain)]));
        Assert.IsType<QuotaAnswer.Fits>(QuotaAccounting.Judge(Pod("p", Bounded), Pod("p", Bounded with { PriorityClassName = "x" }), [quota], [Pod("p", Bounded)]));
    }

    [Fact]
    public void APodOutsideOfTheScope_NeedNotSayWhatItAsksFor()
    {
        ResourceQuota quota = QuotaAccountingTests.Quota("q", ("requests.cpu", "1"));
        quota = quota with { Spec = quota.Spec with { Scopes = ["Terminating"] } };

        Assert.IsType<QuotaAnswer.Fits>(QuotaAccounting.Judge(Pod("p", Plain), null, [quota], []));
        Assert.Contains("must specify requests.cpu", Assert.IsType<QuotaAnswer.Refused>(QuotaAccounting.Judge(Pod("p", Bounded), null, [quota], [])).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void TheRoomOfAPlan_CountsThePodsOfTheScopeAlone()
    {
        ResourceQuota quota = QuotaAccountingTests.Quota("q", ("pods", "1"));
        QuotaRoom room = new([quota with { Spec = quota.Spec with { Scopes = ["BestEffort"] } }], [Pod("a", Asking)]);

        Assert.Null(room.Take(Pod("b", Asking)));
        Assert.Null(room.Take(Pod("c", Plain)));
        Assert.NotNull(room.Take(Pod("d", Plain)));
    }

    private static ResourceQuota None() => QuotaAccountingTests.Quota("q", ("pods", "0"));

    private static bool IsRefused(ResourceQuota quota, PodSpec pod) => QuotaAccounting.Judge(Pod("p", pod), null, [quota], []) is QuotaAnswer.Refused;

    private static Pod Pod(string name, PodSpec spec) => new() { Metadata = QuotaAccountingTests.Quota(name).Metadata, Spec = spec };

    private static void Plan(ResourceQuota quota, string used, params Resource[] contents) =>
        Assert.Equal(used, ((ResourceQuota)((Write.Update)Assert.Single(QuotaAccounting.Plan(quota, contents).Writes)).Object).Status!.Used.ToString());
}
