using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public sealed class RolloutPolicyRulesTests
{
    [Theory]
    [InlineData("""{}""", "spec")]
    [InlineData("""{"selector": {}, "targetRef": {"name": "a"}}""", "spec")]
    [InlineData("""{"targetRef": {"name": "A!"}}""", "spec.targetRef.name")]
    [InlineData("""{"targetRef": {"name": "a", "kind": "Pod"}}""", "spec.targetRef.kind")]
    [InlineData("""{"targetRef": {"name": "a", "apiVersion": "v1"}}""", "spec.targetRef.apiVersion")]
    [InlineData("""{"selector": {"matchLabels": {"a": "!"}}}""", "spec.selector.matchLabels")]
    [InlineData("""{"selector": {}, "strategy": {"type": "Shadow"}}""", "spec.strategy.type")]
    [InlineData("""{"selector": {}, "strategy": {"type": "Canary"}}""", "spec.strategy.canary")]
    [InlineData("""{"selector": {}, "strategy": {"type": "BlueGreen", "canary": {"steps": [{"setWeight": 1}]}, "blueGreen": {"activeService": "a"}}}""", "spec.strategy.canary")]
    public void Create_OfAPolicyThatIsWrong_NamesTheField(string spec, string field) => Assert.Equal([field], Fields(spec));

    [Theory]
    [InlineData("""{"steps": []}""", "steps")]
    [InlineData("""{"service": "A!", "steps": [{"setWeight": 1}]}""", "service")]
    [InlineData("""{"steps": [{}]}""", "steps[0]")]
    [InlineData("""{"steps": [{"setWeight": 1, "pause": {}}]}""", "steps[0]")]
    [InlineData("""{"steps": [{"setWeight": 101}]}""", "steps[0].setWeight")]
    [InlineData("""{"steps": [{"setWeight": -1}]}""", "steps[0].setWeight")]
    [InlineData("""{"steps": [{"setWeight": 33.33}]}""", "steps[0].setWeight")]
    [InlineData("""{"steps": [{"setWeight": 1}, {"pause": {"duration": "soon"}}]}""", "steps[1].pause.duration")]
    [InlineData("""{"steps": [{"setCanaryScale": {"replicas": 1, "weight": 2}}]}""", "steps[0].setCanaryScale")]
    [InlineData("""{"steps": [{"setCanaryScale": {"replicas": -1}}]}""", "steps[0].setCanaryScale.replicas")]
    [InlineData("""{"service": "a", "steps": [{"setHeaderRoute": {"match": []}}]}""", "steps[0].setHeaderRoute.name")]
    [InlineData("""{"service": "a", "steps": [{"setHeaderRoute": {"name": "r", "match": [{}]}}]}""", "steps[0].setHeaderRoute.match[0]")]
    [InlineData("""{"service": "a", "steps": [{"setHeaderRoute": {"name": "r", "match": [{"headerName": "X"}]}}]}""", "steps[0].setHeaderRoute.match[0].headerValue")]
    [InlineData("""{"service": "a", "steps": [{"setHeaderRoute": {"name": "r", "match": [{"headerName": "X Y", "headerValue": {"exact": "a"}}]}}]}""", "steps[0].setHeaderRoute.match[0].headerName")]
    [InlineData("""{"service": "a", "steps": [{"setHeaderRoute": {"name": "r", "match": [{"headerName": "X", "headerValue": {"regex": "(?=a)"}}]}}]}""", "steps[0].setHeaderRoute.match[0].headerValue.regex")]
    [InlineData("""{"steps": [{"setHeaderRoute": {"name": "r"}}]}""", "steps[0].setHeaderRoute")]
    [InlineData("""{"steps": [{"analysis": {"successRate": 99}}]}""", "steps[0].analysis")]
    [InlineData("""{"service": "a", "steps": [{"setWeight": 1}, {"analysis": {}}]}""", "steps[1].analysis")]
    [InlineData("""{"service": "a", "steps": [{"setWeight": 1}, {"analysis": {"successRate": 101}}]}""", "steps[1].analysis.successRate")]
    [InlineData("""{"service": "a", "steps": [{"setWeight": 1}, {"analysis": {"successRate": 99, "interval": "1s"}}]}""", "steps[1].analysis.interval")]
    [InlineData("""{"service": "a", "steps": [{"setWeight": 1}, {"analysis": {"successRate": 99, "count": 0}}]}""", "steps[1].analysis.count")]
    [InlineData("""{"service": "a", "steps": [{"setWeight": 1}, {"analysis": {"latencyP95": "fast"}}]}""", "steps[1].analysis.latencyP95")]
    [InlineData("""{"service": "a", "steps": [{"setWeight": 1}, {"analysis": {"againstStable": {"latencyP95": -1}}}]}""", "steps[1].analysis.againstStable.latencyP95")]
    [InlineData("""{"service": "a", "steps": [{"analysis": {"successRate": 99}}, {"setWeight": 1}]}""", "steps[0].analysis")]
    [InlineData("""{"service": "a", "steps": [{"setWeight": 1}, {"setWeight": 0}, {"analysis": {"againstStable": {"successRate": 1}}}]}""", "steps[2].analysis")]
    [InlineData("""{"service": "a", "steps": [{"setCanaryScale": {"replicas": 1}}, {"analysis": {"latencyP95": "1s"}}]}""", "steps[1].analysis")]
    [InlineData("""{"service": "a", "steps": [{"setHeaderRoute": {"name": "r", "match": [{"headerName": "X", "headerValue": {"exact": "a"}}]}}, {"setHeaderRoute": {"name": "r"}}, {"analysis": {"successRate": 99}}]}""", "steps[2].analysis")]
    [InlineData("""{"service": "a", "steps": [{"setWeight": 50}, {"setWeight": 100}, {"pause": {}}, {"analysis": {"successRate": 99, "againstStable": {"successRate": 1}}}]}""", "steps[3].analysis.againstStable")]
    public void Create_OfACanaryThatIsWrong_NamesTheField(string canary, string field) =>
        Assert.Equal([$"spec.strategy.canary.{field}"], Fields($$$"""{"selector": {}, "strategy": {"type": "Canary", "canary": {{{canary}}}}}"""));

    [Theory]
    [InlineData("""{}""", "activeService")]
    [InlineData("""{"activeService": "a", "previewService": "a"}""", "previewService")]
    [InlineData("""{"activeService": "a", "previewReplicaCount": -1}""", "previewReplicaCount")]
    [InlineData("""{"activeService": "a", "autoPromotionSeconds": -1}""", "autoPromotionSeconds")]
    [InlineData("""{"activeService": "a", "scaleDownDelaySeconds": -1}""", "scaleDownDelaySeconds")]
    [InlineData("""{"activeService": "a", "prePromotionAnalysis": {"successRate": 99}}""", "prePromotionAnalysis")]
    [InlineData("""{"activeService": "a", "previewService": "b", "prePromotionAnalysis": {"successRate": 99, "againstStable": {"latencyP95": 1}}}""", "prePromotionAnalysis.againstStable")]
    [InlineData("""{"activeService": "a", "postPromotionAnalysis": {"againstStable": {"successRate": 1}}}""", "postPromotionAnalysis.againstStable")]
    public void Create_OfABlueGreenThatIsWrong_NamesTheField(string blueGreen, string field) =>
        Assert.Equal([$"spec.strategy.blueGreen.{field}"], Fields($$$"""{"selector": {}, "strategy": {"type": "BlueGreen", "blueGreen": {{{blueGreen}}}}}"""));

    [Theory]
    [InlineData("""{"selector": {}}""")]
    [InlineData("""{"targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "hello"}, "rollbackOnFailure": false}""")]
    [InlineData("""{"selector": {"matchLabels": {"tier": "web"}}, "strategy": {"type": "Canary", "canary": {"service": "hello", "steps": [{"setWeight": 33.3}, {"pause": {}}, {"pause": {"duration": "1h30m"}}, {"analysis": {"interval": "10s", "count": 6, "minRequests": 100, "successRate": 99, "latencyP95": "250ms"}}]}}}""")]
    [InlineData("""{"selector": {}, "strategy": {"type": "BlueGreen", "blueGreen": {"activeService": "a", "previewService": "b", "prePromotionAnalysis": {"successRate": 99}}}}""")]
    [InlineData("""{"selector": {}, "strategy": {"type": "Canary", "canary": {"service": "a", "steps": [{"setHeaderRoute": {"name": "r", "match": [{"headerName": "X", "headerValue": {"exact": "a"}}]}}, {"analysis": {"againstStable": {"successRate": 1}}}]}}}""")]
    [InlineData("""{"selector": {}, "strategy": {"type": "Canary", "canary": {"service": "a", "steps": [{"setWeight": 99.9}, {"analysis": {"againstStable": {"successRate": 1}}}, {"setWeight": 100}, {"analysis": {"successRate": 99}}]}}}""")]
    [InlineData("""{"selector": {}, "strategy": {"type": "BlueGreen", "blueGreen": {"activeService": "a", "postPromotionAnalysis": {"successRate": 99}}}}""")]
    public void Create_OfAPolicyThatIsRight_IsAccepted(string spec) => Assert.Empty(Fields(spec));

    [Theory]
    [InlineData("90", 90_000)]
    [InlineData("60s", 60_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("250ms", 250)]
    [InlineData("soon", null)]
    [InlineData("-1s", null)]
    [InlineData("800h", null)]
    public void Parse_OfADuration_ReadsWhatGoWrites(string text, int? milliseconds) =>
        Assert.Equal(milliseconds, (int?)Duration.Parse(int.TryParse(text, out int seconds) ? seconds : text)?.TotalMilliseconds);

    private static IEnumerable<string> Fields(string spec)
    {
        RolloutPolicy policy = new()
        {
            ApiVersion = "rollouts.controlplane.dev/v1",
            Kind = "RolloutPolicy",
            Metadata = new ObjectMeta { Name = "careful", Namespace = "default" },
            Spec = ResourceJson.Deserialize<RolloutPolicySpec>(spec),
        };
        return ResourceRules.ValidateCreate(policy).Select(error => error.Field);
    }
}
