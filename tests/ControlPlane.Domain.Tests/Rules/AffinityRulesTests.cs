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

    [Theory]
    [InlineData("""{"labelSelector": {}}""", ".topologyKey: Required value: can not be empty")]
    [InlineData("""{"topologyKey": "a b"}""", ".topologyKey: Invalid value: \"a b\": name part")]
    [InlineData("""{"topologyKey": "zone", "namespaces": ["A"]}""", ".namespaces[0]: Invalid value: \"A\": a lowercase RFC 1123 label")]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}""",
        ".labelSelector.matchExpressions[0].values: Required value")]
    [InlineData("""{"topologyKey": "zone", "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Gt"}]}}""",
        ".namespaceSelector.matchExpressions[0].operator: Invalid value: \"Gt\"")]
    [InlineData("""{"topologyKey": "zone", "matchLabelKeys": ["a"]}""", ".matchLabelKeys: Forbidden: must not be specified when labelSelector is not set")]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {}, "mismatchLabelKeys": ["-"]}""", ".mismatchLabelKeys[0]: Invalid value: \"-\"")]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}, "matchLabelKeys": ["a"]}""",
        ".matchLabelKeys[0]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector")]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {}, "matchLabelKeys": ["a"], "mismatchLabelKeys": ["a"]}""",
        ".matchLabelKeys[0]: Invalid value: \"a\": exists in both matchLabelKeys and mismatchLabelKeys")]
    public void PodAffinityTerm_ThatIsWrong_IsRefusedAtItsPath(string term, string error)
    {
        foreach (string kind in (string[])["podAffinity", "podAntiAffinity"])
        {
            string required = $"spec.affinity.{kind}.requiredDuringSchedulingIgnoredDuringExecution[0]";
            string preferred = $"spec.affinity.{kind}.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm";
            Assert.StartsWith(required + error, ErrorOf($$$$"""{"{{{{kind}}}}": {"requiredDuringSchedulingIgnoredDuringExecution": [{{{{term}}}}]}}"""), StringComparison.Ordinal);
            Assert.StartsWith(preferred + error, ErrorOf(
                $$$$"""{"{{{{kind}}}}": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {{{{term}}}}}]}}"""), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void PreferredPodAffinity_WeightOutOfRange_IsRefused() => AssertError(
        """{"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 101, "podAffinityTerm": {"topologyKey": "zone"}}]}}""",
        "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100");

    [Theory]
    [InlineData("""{"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}""", "[0].maxSkew: Invalid value: 0: must be greater than zero")]
    [InlineData("""{"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}""", "[0].topologyKey: Required value: can not be empty")]
    [InlineData("""{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "Never"}""",
        "[0].whenUnsatisfiable: Unsupported value: \"Never\": supported values: \"DoNotSchedule\", \"ScheduleAnyway\"")]
    [InlineData("""{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "minDomains": 0}""", "[0].minDomains: Invalid value: 0: must be greater than zero")]
    [InlineData("""{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2}""",
        "[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway")]
    [InlineData("""{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "nodeTaintsPolicy": "Maybe"}""",
        "[0].nodeTaintsPolicy: Unsupported value: \"Maybe\": supported values: \"Honor\", \"Ignore\"")]
    [InlineData("""{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["a"]}""",
        "[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set")]
    [InlineData("""{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}, {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}""",
        "[1].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{zone, DoNotSchedule}\"")]
    public void TopologySpreadConstraint_ThatIsWrong_IsRefusedAtItsPath(string constraints, string error)
    {
        Pod pod = Objects.Pod(spec => spec with { TopologySpreadConstraints = [.. ResourceJson.Deserialize<TopologySpreadConstraint[]>($"[{constraints}]")] });

        FieldError found = Assert.Single(ResourceRules.ValidateCreate(ResourceRules.WithDefaults(pod)));

        Assert.Equal("spec.topologySpreadConstraints" + error, $"{found.Field}: {found.Message}");
    }

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
