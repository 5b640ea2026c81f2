using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Patches;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Wire;

public sealed class PatchTests
{
    [Theory]
    [InlineData("""[{"op":"add","path":"/a","value":1}]""", "{}", """{"a":1}""")]
    [InlineData("""[{"op":"add","path":"/a","value":null}]""", """{"a":1}""", """{"a":null}""")]
    [InlineData("""[{"op":"add","path":"/a/1","value":9}]""", """{"a":[1,2]}""", """{"a":[1,9,2]}""")]
    [InlineData("""[{"op":"add","path":"/a/-","value":9}]""", """{"a":[1,2]}""", """{"a":[1,2,9]}""")]
    [InlineData("""[{"op":"remove","path":"/a/0"}]""", """{"a":[1,2]}""", """{"a":[2]}""")]
    [InlineData("""[{"op":"remove","path":"/a~1b/c~0d"}]""", """{"a/b":{"c~d":1}}""", """{"a/b":{}}""")]
    [InlineData("""[{"op":"replace","path":"/a","value":{"b":1}}]""", """{"a":[1]}""", """{"a":{"b":1}}""")]
    [InlineData("""[{"op":"replace","path":"","value":{"b":1}}]""", """{"a":[1]}""", """{"b":1}""")]
    [InlineData("""[{"op":"move","from":"/a","path":"/b"}]""", """{"a":1}""", """{"b":1}""")]
    [InlineData("""[{"op":"move","from":"/a/0","path":"/a/1"}]""", """{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/c","value":1}]""", """{"a":{}}""", """{"a":{},"b":{"c":1}}""")]
    [InlineData("""[{"op":"test","path":"/a","value":{"b":[1.0]}}]""", """{"a":{"b":[1]}}""", """{"a":{"b":[1]}}""")]
    [InlineData("""[]""", """{"a":1}""", """{"a":1}""")]
    public void JsonPatch_EachOperation_DoesWhatTheRfcSays(string patch, string document, string expected) =>
        AssertJson(expected, JsonPatch.Apply(JsonNode.Parse(document), JsonNode.Parse(patch)));

    [Theory]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""", 422, "testing value /a failed: test failed")]
    [InlineData("""[{"op":"remove","path":"/b"}]""", 422, "remove operation does not apply: doc is missing path: /b")]
    [InlineData("""[{"op":"replace","path":"/b","value":1}]""", 422, "replace operation does not apply: doc is missing path: /b")]
    [InlineData("""[{"op":"add","path":"/b/c","value":1}]""", 422, "add operation does not apply: doc is missing path: /b/c")]
    [InlineData("""[{"op":"add","path":"/l/3","value":1}]""", 422, "add operation does not apply: /l/3: no such index: 3")]
    [InlineData("""[{"op":"remove","path":"/l/01"}]""", 422, "remove operation does not apply: /l/01: no such index: 01")]
    [InlineData("""[{"op":"remove","path":"/l/-"}]""", 422, "remove operation does not apply: /l/-: no such index: -")]
    [InlineData("""[{"op":"move","from":"/o","path":"/o/x"}]""", 422, "move operation does not apply: /o cannot be moved into itself")]
    [InlineData("""[{"op":"rename","path":"/a"}]""", 400, "error decoding patch: operation 0: unexpected kind \"rename\"")]
    [InlineData("""[{"op":"add","path":"/a"}]""", 400, "error decoding patch: operation 0: value is missing")]
    [InlineData("""[{"op":"add","path":"a","value":1}]""", 400, "error decoding patch: the path \"a\" does not begin with /")]
    [InlineData("""[1]""", 400, "error decoding patch: operation 0 is not an object")]
    [InlineData("""{}""", 400, "error decoding patch: a JSON patch is a list of operations")]
    public void JsonPatch_ThatDoesNotApply_IsRefused(string patch, int code, string message)
    {
        ApiException error = Assert.Throws<ApiException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":1,"l":[1,2],"o":{}}"""), JsonNode.Parse(patch)));

        Assert.Equal((code, message), (error.Status.Code, error.Status.Message));
    }

    [Fact]
    public void JsonPatch_CopiesThatMultiply_AreRefused()
    {
        string copies = string.Join(',', Enumerable.Range(0, 40).Select(_ => """{"op":"copy","from":"/a","path":"/a/-"}"""));

        Assert.Equal(413, Assert.Throws<ApiException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":[1]}"""), JsonNode.Parse($"[{copies}]"))).Status.Code);
    }

    [Fact]
    public void JsonPatch_OperationsThatNestEverDeeper_AreRefused()
    {
        string steps = string.Concat(Enumerable.Repeat("/d", 40));
        string nested = string.Concat(Enumerable.Repeat("{\"d\":", 40)) + "1" + new string('}', 40);
        JsonNode? addBelow = JsonNode.Parse($$"""[{"op":"add","path":"","value":{{nested}}},{"op":"add","path":"{{steps}}","value":{{nested}}}]""");
        JsonNode? moveBelow = JsonNode.Parse($$"""[{"op":"add","path":"","value":{"a":{{nested}},"d":{{nested}} } },{"op":"move","from":"/a","path":"/d{{steps}}"}]""");

        Assert.Contains("deeper than 64", Assert.Throws<ApiException>(() => JsonPatch.Apply(new JsonObject(), addBelow)).Message, StringComparison.Ordinal);
        Assert.Contains("deeper than 64", Assert.Throws<ApiException>(() => JsonPatch.Apply(new JsonObject(), moveBelow)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"a":"foo"}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void MergePatch_ExamplesOfTheRfc_Hold(string document, string patch, string expected) =>
        AssertJson(expected, MergePatch.Apply(JsonNode.Parse(document), JsonNode.Parse(patch)));

    [Theory]
    [InlineData("text/plain", "{}", 415)]
    [InlineData("application/json", "{}", 415)]
    [InlineData(null, "{}", 415)]
    [InlineData(MediaTypes.MergePatch, "{", 400)]
    [InlineData(MediaTypes.MergePatch, "[]", 400)]
    [InlineData(MediaTypes.StrategicMergePatch, "null", 400)]
    [InlineData(MediaTypes.MergePatch, """{"metadata":{"resourceVersion":"\ud800"}}""", 400)]
    [InlineData(MediaTypes.MergePatch, """{"\udc00":1}""", 400)]
    [InlineData(MediaTypes.JsonPatch, """[{"op":"\ud800","path":"/a"}]""", 400)]
    [InlineData(MediaTypes.StrategicMergePatch, """{"spec":{"paused":true,"paused":false}}""", 400)]
    public void Read_WhatIsNoPatch_IsRefused(string? mediaType, string body, int code) =>
        Assert.Equal(code, Assert.Throws<ApiException>(() => ResourcePatch.Read(Encoding.UTF8.GetBytes(body), mediaType)).Status.Code);

    [Fact]
    public void Apply_PatchOfAnObject_IsTypedAndLeavesTheOriginalAlone()
    {
        Deployment deployment = new() { Metadata = new() { Name = "web" }, Spec = new() { Replicas = 1 } };
        ResourcePatch patch = ResourcePatch.Read("""{"metadata":{"resourceVersion":"7"},"spec":{"replicas":5}}"""u8.ToArray(), "application/merge-patch+json; charset=utf-8");

        Resource patched = patch.Apply(deployment, DecodeTarget.Of(ResourceKinds.Deployment), FieldValidation.Strict).Object;

        Assert.Equal(5, ((Deployment)patched).Spec.Replicas);
        Assert.Equal(1, deployment.Spec.Replicas);
        Assert.Equal("7", patch.ResourceVersion);
    }

    [Theory]
    [InlineData(MediaTypes.MergePatch, """{"spec":{"replicas":"x"}}""", 422, "patch: Invalid value: \"Deployment\": spec.replicas: expected an integer")]
    [InlineData(MediaTypes.StrategicMergePatch, """{"spec":{"replics":1}}""", 422, "patch: Invalid value: \"Deployment\": strict decoding error: unknown field \"spec.replics\"")]
    [InlineData(MediaTypes.JsonPatch, """[{"op":"replace","path":"","value":[]}]""", 422, "the patch leaves no object")]
    public void Apply_PatchThatMakesNoSuchObject_IsRefused(string mediaType, string body, int code, string part)
    {
        ResourcePatch patch = ResourcePatch.Read(Encoding.UTF8.GetBytes(body), mediaType);

        ApiException error = Assert.Throws<ApiException>(() => patch.Apply(new Deployment(), DecodeTarget.Of(ResourceKinds.Deployment), FieldValidation.Strict));

        Assert.Equal(code, error.Status.Code);
        Assert.Contains(part, error.Status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(KindNames))]
    public void Schema_OfEveryKind_IsKnownToItsLastField(string kind)
    {
        int fields = 0;
        Walk(Schema.Of(ResourceKinds.Find(kind)!.Type));
        Assert.True(fields > 20, $"{kind} has only {fields} fields");

        void Walk(Schema schema)
        {
            foreach (SchemaProperty property in schema.Properties.Values)
            {
                fields++;
                Walk(property.Schema);
            }

            if (schema.Element is not null)
            {
                Walk(schema.Element);
            }
        }
    }

    [Fact]
    public void Schema_NamesAreThoseOnTheWire()
    {
        Assert.True(Schema.Of<ContainerPort>().Properties.ContainsKey("containerPort"));
        Assert.True(Schema.Of<NodeSpec>().Properties.ContainsKey("podCIDR"));
        Assert.False(Schema.Of<Pod>().Properties.ContainsKey("key"));
        Assert.False(Schema.Of<ObjectMeta>().Properties.ContainsKey("desiredRevision"));
    }

    public static TheoryData<string> KindNames { get; } = [.. ResourceKinds.All.Select(kind => kind.Kind)];

    internal static void AssertJson(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, got {actual?.ToJsonString()}");
}
