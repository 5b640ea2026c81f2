using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Resources;

public sealed class ResourceJsonTests
{
    [Fact]
    public void ADeploymentSurvivesARoundTrip()
    {
        const string Json = """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"hello","namespace":"default","creationTimestamp":"2026-01-31T12:00:00Z","labels":{"app":"hello"}},
            "spec":{"replicas":3,"selector":{"matchLabels":{"app":"hello"}},"template":{"metadata":{"labels":{"app":"hello"}},
            "spec":{"containers":[{"name":"hello","image":"hello:v1","ports":[{"containerPort":8080}],"resources":{"requests":{"cpu":"100m"}},
            "readinessProbe":{"httpGet":{"path":"/","port":"http"}}}]}},"strategy":{"rollingUpdate":{"maxUnavailable":"25%","maxSurge":1}}}}
            """;

        Deployment deployment = ResourceJson.Deserialize<Deployment>(Json);

        Assert.Equal(8080, deployment.Spec.Template.Spec.Containers[0].Ports[0].Number);
        Assert.Equal(25, deployment.Spec.Strategy!.RollingUpdate!.MaxUnavailable!.Value.Percent);
        Assert.Equal(1, deployment.Spec.Strategy.RollingUpdate.MaxSurge!.Value.Number);
        Assert.Equal(deployment, ResourceJson.Deserialize<Deployment>(ResourceJson.Serialize(deployment)));
        using JsonDocument before = JsonDocument.Parse(Json);
        using JsonDocument after = JsonDocument.Parse(ResourceJson.Serialize(deployment));
        Assert.True(JsonElement.DeepEquals(before.RootElement, after.RootElement), ResourceJson.Serialize(deployment));
    }

    [Theory]
    [InlineData("""{"metadata":null,"spec":null}""")]
    [InlineData("""{"metadata":{"name":null,"labels":null,"ownerReferences":null,"creationTimestamp":null},"spec":{"template":null}}""")]
    public void NullMeansAbsent(string json)
    {
        Deployment deployment = ResourceJson.Deserialize<Deployment>(json);

        Assert.Equal("", deployment.Name);
        Assert.True(deployment.Metadata.Labels.IsEmpty);
        Assert.True(deployment.Spec.Template.Spec.Containers.IsEmpty);
    }

    [Fact]
    public void NothingEmptyIsWritten()
    {
        Secret secret = new() { Metadata = new() { Name = "login", Annotations = ValueMap.Of(), GenerateName = "" }, Type = "" };

        Assert.Equal("""{"metadata":{"name":"login"}}""", ResourceJson.Serialize(secret));
    }

    [Fact]
    public void AnEmptyValueInAMapStays()
    {
        ObjectMeta meta = new() { Labels = ValueMap.Of(("a", "")) };

        Assert.Equal("""{"labels":{"a":""}}""", ResourceJson.Serialize(meta));
    }

    [Fact]
    public void TimesAreWrittenInUtcWithWholeSeconds()
    {
        ObjectMeta meta = new() { CreationTimestamp = DateTimeOffset.Parse("2026-01-31T14:00:00.9+02:00") };

        Assert.Equal("""{"creationTimestamp":"2026-01-31T12:00:00Z"}""", ResourceJson.Serialize(meta));
    }

    [Fact]
    public void AWrongTypeNamesItsPath()
    {
        JsonException error = Assert.Throws<JsonException>(() => ResourceJson.Deserialize<Deployment>("""{"spec":{"replicas":"three"}}"""));

        Assert.Equal("$.spec.replicas", error.Path);
    }

    [Fact]
    public void RecordsWithEqualContentAreEqual()
    {
        const string Json = """{"metadata":{"labels":{"b":"2","a":"1"}},"spec":{"containers":[{"name":"x","resources":{"limits":{"cpu":"1"}}}]}}""";

        Assert.Equal(ResourceJson.Deserialize<Pod>(Json), ResourceJson.Deserialize<Pod>(Json.Replace("\"1\"}}}", "\"1000m\"}}}", StringComparison.Ordinal)));
        Assert.NotEqual(ResourceJson.Deserialize<Pod>(Json), ResourceJson.Deserialize<Pod>(Json.Replace("\"x\"", "\"y\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void TheControllerIsTheOwnerThatSaysSo()
    {
        ObjectMeta meta = new() { OwnerReferences = [new() { Uid = "a" }, new() { Uid = "b", Controller = true }] };

        Assert.Equal("b", meta.Controller!.Uid);
        Assert.Null(new ObjectMeta().Controller);
    }
}
