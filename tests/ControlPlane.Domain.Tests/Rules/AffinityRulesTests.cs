using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class AffinityRulesTests
{
    private const string Required = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution";
    private const string Preferred = "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution";

    [Theory]
    [InlineData("""{"nodeSelectorTerms": []}""", ".nodeSelectorTerms: Required value: must have at least one node selector term")]
    [InlineData("""{"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In"}]}]}""",
        ".nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'")]
    [InlineData("""{"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}]}""",
        ".nodeSelectorTerms[0].matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    [InlineData("""{"nodeSelectorTerms": [{}, {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1", "2"]}]}]}""",
        ".nodeSelectorTerms[1].matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'")]
    [InlineData("""{"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Like", "values": ["b"]}]}]}""",
        ".nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: \"Like\": not a valid selector operator")]
    [InlineData("""{"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.uid", "operator": "In", "values": ["b"]}]}]}""",
        ".nodeSelectorTerms[0].matchFields[0].key: Invalid value: \"metadata.uid\": not a valid field selector key")]
    [InlineData("""{"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a", "b"]}]}]}""",
        ".nodeSelectorTerms[0].matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector")]
    [InlineData("""{"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "Exists"}]}]}""",
        ".nodeSelectorTerms[0].matchFields[0].operator: Invalid value: \"Exists\": not a valid selector operator")]
    public void RequiredNodeAffinity_ThatIsWrong_IsRefusedAtItsPath(string required, string error) =>
        AssertError($$$$"""{"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {{{{required}}}}}}""", Required + error);

    [Theory]
    [InlineData("a b")]
    [InlineData("-")]
    public void RequiredNodeAffinity_ValueThatNoLabelHas_IsRefusedWhereAPreferenceIsNot(string value)
    {
        string term = $$$"""{"matchExpressions": [{"key": "a", "operator": "In", "values": ["{{{value}}}"]}]}""";

        Assert.StartsWith(Required + ".nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value", ErrorOf(
            $$$$"""{"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{{{{term}}}}]}}}"""), StringComparison.Ordinal);
        Assert.Empty(ErrorsOf(
            $$$$"""{"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {{{{term}}}}}]}}"""));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public void PreferredNodeAffinity_WeightOutOfRange_IsRefused(int weight) => AssertError(
        $$$"""{"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": {{{weight}}}, "preference": {}}]}}""",
        $"{Preferred}[0].weight: Invalid value: {weight}: must be in the range 1-100");

    private static void AssertError(string affinity, string expected) => Assert.Equal(expected, ErrorOf(affinity));

    private static string ErrorOf(string affinity) => Assert.Single(ErrorsOf(affinity));

    private static IEnumerable<string> ErrorsOf(string affinity) => ResourceRules
        .ValidateCreate(ResourceRules.WithDefaults(Pod(affinity)))
        .Select(error => $"{error.Field}: {error.Message}");

    private static Pod Pod(string affinity)
    {
        Pod pod = Objects.Pod();
        return pod with { Spec = pod.Spec with { Affinity = ResourceJson.Deserialize<Affinity>(affinity) } };
    }
}
