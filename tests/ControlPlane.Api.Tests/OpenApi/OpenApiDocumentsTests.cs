using System.Text.Json.Nodes;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire.OpenApi;
using ControlPlane.Domain.Resources;
using ProtoBuf;

namespace ControlPlane.Api.Tests.OpenApi;

public sealed class OpenApiDocumentsTests
{
    public static TheoryData<string> Groups { get; } = [.. ServedKinds.All.Concat(ServedKinds.Forms).Select(served => served.GroupPath).Distinct()];

    [Theory]
    [MemberData(nameof(Groups))]
    public void EveryReferenceOfAV3DocumentIsDefined(string group)
    {
        JsonObject document = OpenApiDocuments.V3(group);
        JsonObject schemas = document["components"]!["schemas"]!.AsObject();

        Assert.All(References(document), reference => Assert.True(schemas.ContainsKey(reference.Split('/')[^1]), reference));
    }

    [Fact]
    public void EveryReferenceOfTheV2DocumentIsDefined()
    {
        JsonObject document = OpenApiDocuments.V2();

        Assert.All(References(document), reference => Assert.True(document["definitions"]!.AsObject().ContainsKey(reference.Split('/')[^1]), reference));
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void NoFieldsSchemaIsEmpty(string group)
    {
        JsonObject schemas = OpenApiDocuments.V3(group)["components"]!["schemas"]!.AsObject();

        Assert.All(
            schemas.SelectMany(schema => schema.Value!["properties"]?.AsObject().Select(property => (Name: $"{schema.Key}.{property.Key}", property.Value)) ?? []),
            property => Assert.True(property.Value!.AsObject().Count > 0, property.Name));
    }

    [Fact]
    public void EveryKindHasItsShapeUnderKubernetesNameAndItsPatchTakesFieldValidation()
    {
        foreach (ServedKind served in ServedKinds.All.Concat(ServedKinds.Forms))
        {
            JsonObject document = OpenApiDocuments.V3(served.GroupPath);
            string package = served.Kind.Group == ResourceKinds.RolloutPolicy.Group
                ? "dev.controlplane.rollouts"
                : $"io.k8s.api.{(served.Kind.Group.Length == 0 ? "core" : served.Kind.Group.Split('.')[0])}";
            string name = $"{package}.{served.Kind.Version}.{served.Kind.Kind}";
            JsonNode definition = Assert.IsType<JsonObject>(document["components"]!["schemas"]![name]);
            Assert.Equal(served.Kind.Kind, definition["x-kubernetes-group-version-kind"]![0]!["kind"]!.GetValue<string>());

            JsonNode patch = document["paths"]![served.ObjectPath]!["patch"]!;
            Assert.Equal(served.Kind.Kind, patch["x-kubernetes-group-version-kind"]!["kind"]!.GetValue<string>());
            Assert.Contains("fieldValidation", patch["parameters"]!.AsArray().Select(parameter => parameter!["name"]!.GetValue<string>()));
            Assert.Contains("application/strategic-merge-patch+json", patch["requestBody"]!["content"]!.AsObject().Select(type => type.Key));
        }
    }

    [Fact]
    public void OperationIdsAreUnique()
    {
        List<string> ids = [.. Operations.All().Select(operation => operation.OperationId)];

        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void MergeKeysAndDescriptionsAreShown()
    {
        JsonNode schemas = OpenApiDocuments.V3("/apis/apps/v1")["components"]!["schemas"]!;

        Assert.Equal("name", schemas["io.k8s.api.core.v1.PodSpec"]!["properties"]!["containers"]!["x-kubernetes-patch-merge-key"]!.GetValue<string>());
        Assert.Equal("How many pods; default 1.", schemas["io.k8s.api.apps.v1.DeploymentSpec"]!["properties"]!["replicas"]!["description"]!.GetValue<string>());
    }

    [Fact]
    public void HowFinelyFieldsAreOwned_IsShownAsKubernetesShowsIt()
    {
        foreach (JsonNode schemas in new[] { OpenApiDocuments.V2()["definitions"]!, OpenApiDocuments.V3("/api/v1")["components"]!["schemas"]! })
        {
            JsonNode Property(string definition, string name) => schemas[definition]!["properties"]![name]!;
            JsonNode ports = Property("io.k8s.api.core.v1.Container", "ports");
            Assert.Equal(("map", """["containerPort","protocol"]"""), ((string)ports["x-kubernetes-list-type"]!, ports["x-kubernetes-list-map-keys"]!.ToJsonString()));
            Assert.Equal("set", (string)Property("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "finalizers")["x-kubernetes-list-type"]!);
            Assert.Equal("atomic", (string)Property("io.k8s.api.core.v1.Container", "command")["x-kubernetes-list-type"]!);
            Assert.Equal("atomic", (string)Property("io.k8s.api.core.v1.PodSpec", "nodeSelector")["x-kubernetes-map-type"]!);
            Assert.Null(Property("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "labels")["x-kubernetes-map-type"]);
            Assert.Equal("atomic", (string)schemas["io.k8s.api.core.v1.ObjectReference"]!["x-kubernetes-map-type"]!);
            Assert.Null(schemas["io.k8s.api.core.v1.PodSpec"]!["x-kubernetes-map-type"]);
        }
    }

    [Fact]
    public void TheProtobufFormHoldsWhatTheJsonFormHolds()
    {
        JsonObject json = OpenApiDocuments.V2();

        GnosticDocument message = Serializer.Deserialize<GnosticDocument>(GnosticWriter.Write(json).AsSpan());

        Assert.Equal(json["definitions"]!.AsObject().Select(definition => definition.Key), message.Definitions!.Items.Select(item => item.Name));
        Assert.Equal(json["paths"]!.AsObject().Select(path => path.Key), message.Paths!.Items.Select(item => item.Name));
        GnosticSchema spec = message.Definitions.Items.Single(item => item.Name == "io.k8s.api.core.v1.PodSpec").Value!;
        GnosticSchema containers = spec.Properties!.Items.Single(item => item.Name == "containers").Value!;
        Assert.Equal("#/definitions/io.k8s.api.core.v1.Container", containers.Items!.Schemas.Single().Ref);
        Assert.Contains(containers.Extensions, extension => extension is { Name: "x-kubernetes-patch-merge-key", Value.Yaml: "\"name\"\n" });
        Assert.Contains(containers.Extensions, extension => extension is { Name: "x-kubernetes-list-map-keys", Value.Yaml: "[\"name\"]\n" });
        GnosticOperation patch = message.Paths.Items.Single(item => item.Name == "/apis/apps/v1/namespaces/{namespace}/deployments/{name}").Value!.Patch!;
        Assert.Contains(patch.Parameters, parameter => parameter.Parameter!.NonBody?.Query?.Name == "dryRun");
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(member => member is { Key: "$ref", Value: JsonValue value } ? [value.GetValue<string>()] : References(member.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
