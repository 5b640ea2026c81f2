using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Tests.Rules;

namespace ControlPlane.Domain.Tests.Planning.Quotas;

/// <summary>What is used, in the amounts that a status shows.</summary>
public sealed class QuotaUsageTests
{
    private static readonly ResourceQuota Memory = QuotaAccountingTests.Quota("q", ("memory", "1Gi"), ("cpu", "1"));

    [Fact]
    public void AmountsOfLessThanAByte_AreKept() => Assert.Equal("cpu=0,memory=300m", Used(Memory, Asking(new() { Name = "c", Resources = Of("100m") }, new() { Name = "d", Resources = Of("200m") })));

    [Fact]
    public void NoMemoryAtAll_ReadsAsZero() => Assert.Equal("cpu=0,memory=0", Used(Memory));

    /// <summary>A quota that nobody has counted for yet is counted by whoever takes from it first.</summary>
    [Fact]
    public void AQuotaWithoutAStatus_HasOneAfterTheFirstPod()
    {
        ResourceQuota quota = QuotaAccountingTests.Quota("q", ("pods", "2"), ("secrets", "2"));
        Assert.Null(quota.Status);

        QuotaAnswer.Fits fits = Assert.IsType<QuotaAnswer.Fits>(QuotaAccounting.Judge(Asking(new Container { Name = "c" }), null, [quota], []));

        Assert.Equal(
            new ResourceQuotaStatus { Hard = quota.Spec.Hard, Used = Objects.Quantities(("pods", "1")) }, ((ResourceQuota)Assert.IsType<Write.Update>(Assert.Single(fits.Writes)).Object).Status);
    }

    /// <summary>They run one after another, so what counts is the largest of them, wherever it stands.</summary>
    [Theory]
    [InlineData("300Mi", "500Mi", "200Mi")]
    [InlineData("500Mi", "300Mi", "200Mi")]
    [InlineData("200Mi", "300Mi", "500Mi")]
    public void OfSeveralInitContainers_TheLargestCounts(string first, string second, string third)
    {
        Pod pod = Asking(new Container { Name = "c", Resources = Of("100Mi") });
        pod = pod with { Spec = pod.Spec with { InitContainers = [Init(first), Init(second), Init(third)] } };

        Assert.Equal("cpu=0,memory=500Mi", Used(Memory, pod));
    }

    private static string Used(ResourceQuota quota, params Resource[] contents) =>
        ((ResourceQuota)Assert.IsType<Write.Update>(Assert.Single(QuotaAccounting.Plan(quota, contents).Writes)).Object).Status!.Used.ToString();

    private static Container Init(string memory) => new() { Name = memory, Resources = Of(memory) };

    private static ResourceRequirements Of(string memory) => new() { Requests = Objects.Quantities(("memory", memory)) };

    private static Pod Asking(params Container[] containers) =>
        new() { Metadata = new ObjectMeta { Name = "p", Namespace = TestWorld.Namespace, Uid = "p-uid" }, Spec = new PodSpec { Containers = containers.ToValueList() } };
}
