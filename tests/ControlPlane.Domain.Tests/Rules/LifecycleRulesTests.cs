using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class LifecycleRulesTests
{
    [Theory]
    [InlineData("""{"postStart": {}}""", "postStart", "Required value: must specify a handler type")]
    [InlineData("""{"preStop": {"exec": {"command": ["a"]}, "sleep": {"seconds": 1}}}""", "preStop.sleep", "Forbidden: may not specify more than 1 handler type")]
    [InlineData("""{"preStop": {"exec": {}}}""", "preStop.exec.command", "Required value")]
    [InlineData("""{"postStart": {"httpGet": {"port": 0}}}""", "postStart.httpGet.port", "Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("""{"preStop": {"sleep": {"seconds": 31}}}""", "preStop.sleep", "Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)")]
    [InlineData("""{"preStop": {"sleep": {"seconds": -1}}}""", "preStop.sleep", "Invalid value: -1: must be non-negative and less than terminationGracePeriodSeconds (30)")]
    public void Hook_ThatCannotBeRun_IsRefused(string lifecycle, string field, string message)
    {
        FieldError error = Assert.Single(ValidationTests.ErrorsOf(With(lifecycle)));

        Assert.Equal(($"spec.containers[0].lifecycle.{field}", message), (error.Field, error.Message));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"postStart": {"sleep": {"seconds": 0}}, "preStop": {"sleep": {"seconds": 30}}}""")]
    [InlineData("""{"postStart": {"httpGet": {"port": "http"}}, "preStop": {"exec": {"command": ["a", "b"]}}}""")]
    public void Hook_ThatCanBeRun_IsTaken(string lifecycle) => Assert.Empty(ValidationTests.ErrorsOf(With(lifecycle)));

    [Fact]
    public void HttpGet_HasTheDefaultsOfAProbe()
    {
        HttpGetAction get = ((Pod)ResourceRules.WithDefaults(With("""{"preStop": {"httpGet": {"port": 80, "host": ""}}}"""))).Spec.Containers[0].Lifecycle!.PreStop!.HttpGet!;

        Assert.Equal(new HttpGetAction { Port = 80, Path = "/", Scheme = "HTTP" }, get);
    }

    private static Pod With(string lifecycle) => new()
    {
        Metadata = Objects.Meta("hello"),
        Spec = new PodSpec { Containers = [Objects.Pod().Spec.Containers[0] with { Lifecycle = ResourceJson.Deserialize<Lifecycle>(lifecycle) }] },
    };
}
