using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Apply;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Wire;

/// <summary>Server-side apply on documents: what is merged, who owns it, what goes.</summary>
public sealed class FieldManagementTests
{
    private const string Deployment = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
         "spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
          "spec":{"containers":[{"name":"c","image":"hello:1","ports":[{"containerPort":80}],"env":[{"name":"A","value":"1"}]}]}}}}
        """;

    private static readonly DecodeTarget Target = DecodeTarget.Of(ResourceKinds.Deployment);
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void FirstApply_OwnsEachDeclaredField()
    {
        AppliedObject applied = Apply(null, FieldManagers.None, "ci", Deployment);
        JsonNode expected = JsonNode.Parse("""
            {"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},
             "f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:env":{"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},"f:name":{},
              "f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}}}
            """)!;
        string owned = applied.Managers.OwnedBy(new("ci", IsApply: true)).ToText();
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(owned)), owned);
    }

    [Theory]
    [InlineData("""{"metadata":{"labels":{"app":"web","tier":"front"}}}""", "/metadata/labels", """{"app":"web","tier":"front"}""")]
    [InlineData("""{"spec":{"replicas":5}}""", "/spec/replicas", "5")]
    [InlineData(
        """{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"B","value":"2"}]}]}}}}""",
        "/spec/template/spec/containers/0/env", """[{"name":"A","value":"1"},{"name":"B","value":"2"}]""")]
    [InlineData(
        """{"spec":{"template":{"spec":{"containers":[{"name":"first"},{"name":"c","image":"hello:2"}]}}}}""",
        "/spec/template/spec/containers/0", """{"name":"first"}""")]
    [InlineData("""{"spec":{"selector":{"matchLabels":{"other":"x"}}}}""", "/spec/selector", """{"matchLabels":{"other":"x"}}""")]
    public void ApplyOfAnother_IsMergedFieldByField(string declared, string path, string expected)
    {
        AppliedObject first = Apply(null, FieldManagers.None, "ci", Deployment);
        AppliedObject second = Apply(first.Object, first.Managers, "ops", Headed(declared), force: true);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), At(second.Object, path)), second.Object.ToJsonString());
    }

    [Fact]
    public void FieldOfAnotherAtAnotherValue_IsAConflictThatNamesOwnerAndPath()
    {
        AppliedObject first = Apply(null, FieldManagers.None, "ci", Deployment);
        var refused = Assert.Throws<ApiException>(() => Apply(
            first.Object, first.Managers, "ops", Headed("""{"spec":{"replicas":5,"template":{"spec":{"containers":[{"name":"c","image":"hello:2"}]}}}}""")));
        Assert.Equal(409, refused.Status.Code);
        Assert.Equal(
            "Apply failed with 2 conflicts: conflicts with \"ci\" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name=\"c\"].image",
            refused.Status.Message);
        Assert.All(refused.Status.Details!.Causes, cause => Assert.Equal("FieldManagerConflict", cause.Reason));

        var one = Assert.Throws<ApiException>(() => Apply(first.Object, first.Managers, "ops", Headed("""{"spec":{"replicas":5}}""")));
        Assert.Equal("Apply failed with 1 conflict: conflict with \"ci\" using apps/v1: .spec.replicas", one.Status.Message);
    }

    [Fact]
    public void ForcedField_ChangesItsOwner()
    {
        AppliedObject first = Apply(null, FieldManagers.None, "ci", Deployment);
        AppliedObject forced = Apply(first.Object, first.Managers, "ops", Headed("""{"spec":{"replicas":5}}"""), force: true);
        Assert.Equal([".spec.replicas"], forced.Managers.OwnedBy(new("ops", IsApply: true)).Paths());
        Assert.DoesNotContain(".spec.replicas", forced.Managers.OwnedBy(new("ci", IsApply: true)).Paths());
    }

    [Fact]
    public void FieldAtTheSameValue_IsSharedAndStaysWhileOneDeclaresIt()
    {
        AppliedObject first = Apply(null, FieldManagers.None, "ci", Deployment);
        AppliedObject shared = Apply(first.Object, first.Managers, "ops", Headed("""{"spec":{"replicas":3}}"""));
        AppliedObject left = Apply(shared.Object, shared.Managers, "ci", Deployment.Replace("\"replicas\":3,", "", StringComparison.Ordinal));
        Assert.Equal(3, (int)left.Object["spec"]!["replicas"]!);
        AppliedObject gone = Apply(left.Object, left.Managers, "ops", Headed("""{"metadata":{"labels":{"by":"ops"}}}"""));
        Assert.Null(gone.Object["spec"]!["replicas"]);
        Assert.Equal("ops", (string)gone.Object["metadata"]!["labels"]!["by"]!);
    }

    [Fact]
    public void ElementNoLongerDeclared_GoesWithWhatTheServerFilledIn()
    {
        AppliedObject first = Apply(null, FieldManagers.None, "ci", Deployment);
        var stored = (JsonObject)first.Object.DeepClone();
        At(stored, "/spec/template/spec/containers/0/ports/0")!["protocol"] = "TCP";
        At(stored, "/spec/template/spec/containers/0")!["imagePullPolicy"] = "IfNotPresent";
        AppliedObject second = Apply(stored, first.Managers, "ci", Deployment.Replace("\"ports\":[{\"containerPort\":80}],", "", StringComparison.Ordinal));
        Assert.Null(At(second.Object, "/spec/template/spec/containers/0/ports"));
        Assert.Equal("IfNotPresent", (string)At(second.Object, "/spec/template/spec/containers/0/imagePullPolicy")!);
    }

    [Fact]
    public void WriteByOtherMeans_OwnsWhatItChangedAndAnApplyNeverRemovesIt()
    {
        AppliedObject first = Apply(null, FieldManagers.None, "ci", Deployment);
        var edited = (JsonObject)first.Object.DeepClone();
        edited["spec"]!["replicas"] = 7;
        edited["metadata"]!["labels"]!["by"] = "hand";
        FieldChanges changes = DeclaredConfiguration.Changes(first.Object, edited, FieldShape.Of(Schema.Of(Target.Type)), "");
        FieldManagers managers = first.Managers.After(new("editor", IsApply: false), changes, Now);
        Assert.Equal([".metadata.labels.by", ".spec.replicas"], managers.OwnedBy(new("editor", IsApply: false)).Paths());

        Assert.Throws<ApiException>(() => Apply(edited, managers, "ci", Deployment));
        AppliedObject again = Apply(edited, managers, "ci", Deployment.Replace("\"replicas\":3,", "", StringComparison.Ordinal));
        Assert.Equal(7, (int)again.Object["spec"]!["replicas"]!);
        Assert.Equal("hand", (string)again.Object["metadata"]!["labels"]!["by"]!);
    }

    [Fact]
    public void Quantity_InAnotherSpelling_IsNoConflict()
    {
        const string half = """{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"hello:1","resources":{"limits":{"cpu":"500m"}}}]}}}}""";
        AppliedObject first = Apply(null, FieldManagers.None, "ci", Headed(half));
        AppliedObject second = Apply(first.Object, first.Managers, "ops", Headed(half.Replace("500m", "0.5", StringComparison.Ordinal)));
        Assert.Contains(
            ".spec.template.spec.containers[name=\"c\"].resources.limits.cpu", second.Managers.OwnedBy(new("ci", IsApply: true)).Paths());
    }

    [Theory]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"image":"hello:1"}]}}}}""", "an element that omits key field \"name\"")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"name":"c"},{"name":"c"}]}}}}""", "duplicate entries for key [name=\"c\"]")]
    [InlineData("""{"metadata":{"managedFields":[{"manager":"x"}]}}""", "metadata.managedFields must be nil")]
    [InlineData("""{"spec":{"replicas":"many"}}""", "spec.replicas")]
    public void ConfigurationThatCannotBeDeclared_IsRefused(string declared, string mentions)
    {
        var refused = Assert.Throws<ApiException>(() => Apply(null, FieldManagers.None, "ci", Headed(declared)));
        Assert.Equal(400, refused.Status.Code);
        Assert.Contains(mentions, refused.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_WithoutKind_IsRefused()
    {
        var refused = Assert.Throws<ApiException>(() => Apply(null, FieldManagers.None, "ci", """{"spec":{"replicas":1}}"""));
        Assert.Contains("apiVersion must be set", refused.Status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1,2,3]", "[3,1]", "[3,1,2]")]
    [InlineData("[1,9,2]", "[2,1]", "[2,1,9]")]
    [InlineData("[]", "[2,1]", "[2,1]")]
    [InlineData("[8,9]", "[1]", "[8,9,1]")]
    [InlineData("[1,2]", "[1,5,2]", "[1,5,2]")]
    public void ListWithKeys_TakesTheDeclaredOrder(string stored, string declared, string expected)
    {
        FieldShape shape = FieldShape.Of(Schema.Of<ObjectMeta>());
        JsonNode merged = ObjectMerge.Merge(Finalizers(stored), Finalizers(declared), shape);
        Assert.Equal(Finalizers(expected).ToJsonString(), merged.ToJsonString());

        static JsonObject Finalizers(string numbers) => new() { ["finalizers"] = new JsonArray([.. JsonNode.Parse(numbers)!.AsArray().Select(number => (JsonNode)$"f{number}")]) };
    }

    [Fact]
    public void TooManyWriters_BecomeOneOfOldTimes()
    {
        FieldManagers managers = FieldManagers.None;
        for (int i = 0; i < 14; i++)
        {
            FieldSet field = FieldSet.Of([KeyValuePair.Create("f:metadata", FieldSet.Of([KeyValuePair.Create("f:labels", FieldSet.Of([KeyValuePair.Create($"f:l{i}", FieldSet.Member)]))]))]);
            managers = managers.After(new($"writer-{i}", IsApply: false), new(field, FieldSet.Empty), Now.AddSeconds(i));
        }

        ManagedFieldsEntry[] entries = [.. managers.ToEntries("apps/v1")];
        Assert.Equal(10, entries.Length);
        Assert.Contains(entries, entry => entry.Manager == "ancient-changes");
        Assert.Equal(14, managers.Owned.Paths().Count());
    }

    [Fact]
    public void FieldSet_IsReadAsItWasWritten()
    {
        FieldSet set = Apply(null, FieldManagers.None, "ci", Deployment).Managers.Owned;
        Assert.True(set.SameAs(FieldSet.Parse(set.ToText())!));
        Assert.Null(FieldSet.Parse("""{"spec":{}}"""));
        Assert.Null(FieldSet.Parse("""{"k:{broken":{}}"""));
        Assert.Null(FieldSet.Parse("[]"));
    }

    private static AppliedObject Apply(JsonObject? stored, FieldManagers managers, string manager, string declared, bool force = false) =>
        DeclaredConfiguration.Read(Encoding.UTF8.GetBytes(declared), Target, FieldValidation.Warn, "")
            .ApplyTo(stored ?? [], managers, new FieldManager(manager, IsApply: true), force, complete: wanted => wanted, Now);

    private static string Headed(string declared) => "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\"," + declared[1..];

    private static JsonNode? At(JsonNode node, string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries)
        .Aggregate((JsonNode?)node, (at, step) => at is JsonArray items ? items[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : at?[step]);
}
