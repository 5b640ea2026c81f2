using System.Text.Json.Nodes;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Patches;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Wire;

/// <summary>Strategic merge patches as kubectl sends them, and the rules of lists.</summary>
public sealed class StrategicMergePatchTests
{
    /// <summary>What the patches of kubectl below change.</summary>
    private const string Live = """
        {"metadata":{"name":"web","annotations":{"deployment.kubernetes.io/revision":"2"},"labels":{"app":"web","tier":"front"}},
         "spec":{"replicas":3,"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}},
          "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[
           {"name":"web","image":"web:1","env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],"ports":[{"containerPort":80}]},
           {"name":"log","image":"log:1"}]}}}}
        """;

    public static TheoryData<string, string, string, string> OfKubectl { get; } = new()
    {
        {
            "set image", """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],"containers":[{"image":"web:2","name":"web"}]}}}}""",
            "/spec/template/spec/containers/0/image", "\"web:2\""
        },
        {
            "set image keeps the others", """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],"containers":[{"image":"web:2","name":"web"}]}}}}""",
            "/spec/template/spec/containers/1", """{"name":"log","image":"log:1"}"""
        },
        {
            "set env", """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],"containers":[{"$setElementOrder/env":[{"name":"A"},{"name":"B"},{"name":"C"}],"env":[{"name":"C","value":"3"}],"name":"web"}]}}}}""",
            "/spec/template/spec/containers/0/env", """[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"C","value":"3"}]"""
        },
        {
            "set env B-", """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],"containers":[{"$setElementOrder/env":[{"name":"A"}],"env":[{"$patch":"delete","name":"B"}],"name":"web"}]}}}}""",
            "/spec/template/spec/containers/0/env", """[{"name":"A","value":"1"}]"""
        },
        {
            "set env, the last", """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],"containers":[{"env":null,"name":"web"}]}}}}""",
            "/spec/template/spec/containers/0", """{"name":"web","image":"web:1","ports":[{"containerPort":80}]}"""
        },
        { "rollout pause", """{"spec":{"paused":true}}""", "/spec/paused", "true" },
        { "rollout resume", """{"spec":{"paused":null}}""", "/spec/replicas", "3" },
        {
            "rollout restart", """{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"2026-01-31T12:00:00Z"}}}}}""",
            "/spec/template/metadata", """{"labels":{"app":"web"},"annotations":{"kubectl.kubernetes.io/restartedAt":"2026-01-31T12:00:00Z"}}"""
        },
        { "scale", """{"spec":{"replicas":5}}""", "/spec/replicas", "5" },
        { "label", """{"metadata":{"labels":{"stage":"live"}}}""", "/metadata/labels", """{"app":"web","tier":"front","stage":"live"}""" },
        { "label tier-", """{"metadata":{"labels":{"tier":null}}}""", "/metadata/labels", """{"app":"web"}""" },
        {
            "annotate", """{"metadata":{"annotations":{"kubernetes.io/change-cause":"v2"}}}""",
            "/metadata/annotations", """{"deployment.kubernetes.io/revision":"2","kubernetes.io/change-cause":"v2"}"""
        },
        {
            "apply: strategy becomes Recreate", """{"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":null,"type":"Recreate"}}}""",
            "/spec/strategy", """{"type":"Recreate"}"""
        },
        {
            "apply: a container leaves, another comes first",
            """{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}\n"}},"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"new"},{"name":"web"}],"containers":[{"image":"new:1","name":"new","resources":null},{"$patch":"delete","name":"log"}]}}}}""",
            "/spec/template/spec/containers",
            """[{"name":"new","image":"new:1"},{"name":"web","image":"web:1","env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],"ports":[{"containerPort":80}]}]"""
        },
        {
            "edit: a port is added", """{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"},{"name":"log"}],"containers":[{"$setElementOrder/ports":[{"containerPort":80},{"containerPort":81}],"name":"web","ports":[{"containerPort":81}]}]}}}}""",
            "/spec/template/spec/containers/0/ports", """[{"containerPort":80},{"containerPort":81}]"""
        },
    };

    [Theory]
    [MemberData(nameof(OfKubectl))]
    public void Apply_PatchOfKubectl_DoesWhatTheCommandSays(string command, string patch, string path, string expected)
    {
        JsonNode? result = Apply<Deployment>(Live, patch);

        JsonNode? actual = JsonPointer.Parse(path).Find(result, "find");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"{command}: expected {expected}, got {actual?.ToJsonString()}");
        Assert.DoesNotContain("$", result.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_RolloutUndoOfKubectl_ReplacesTheTemplate()
    {
        // As kubectl 1.20 sends it; 1.36 leaves the null out.
        const string Patch = """
            [{"op":"replace","path":"/spec/template","value":{"metadata":{"creationTimestamp":null,"labels":{"app":"web"}},"spec":{"containers":[
              {"name":"web","image":"web:0","ports":[{"containerPort":80}],"env":[{"name":"A","value":"1"}],"resources":{}},{"name":"log","image":"log:1","resources":{}}]}}},
             {"op":"replace","path":"/metadata/annotations","value":{"deployment.kubernetes.io/revision":"2","note":"x"}}]
            """;

        Deployment deployment = ApplyTyped(Patch, MediaTypes.JsonPatch);

        Assert.Equal(["web:0", "log:1"], deployment.Spec.Template.Spec.Containers.Select(container => container.Image));
        Assert.Equal("A", Assert.Single(deployment.Spec.Template.Spec.Containers[0].Env).Name);
        Assert.Equal("x", deployment.Metadata.Annotations["note"]);
        Assert.Equal(3, deployment.Spec.Replicas);
    }

    [Fact]
    public void Apply_ApplyOfKubectlWithEverythingChanged_GivesTheManifest()
    {
        // What both kubectls send when a manifest changes the strategy, the containers, an environment and the ports at once.
        const string Patch = """
            {"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}\n"}},
             "spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":null,"type":"Recreate"},
              "template":{"spec":{"$setElementOrder/containers":[{"name":"new"},{"name":"web"}],"containers":[
               {"image":"new:1","name":"new"},
               {"$setElementOrder/env":[{"name":"C"},{"name":"A"}],"$setElementOrder/ports":[{"containerPort":80},{"containerPort":81}],
                "env":[{"name":"C","value":"3"},{"$patch":"delete","name":"B"}],"image":"web:2","name":"web","ports":[{"containerPort":81}]},
               {"$patch":"delete","name":"log"}]}}}}
            """;

        Deployment deployment = ApplyTyped(Patch, MediaTypes.StrategicMergePatch);

        Assert.Equal(new DeploymentStrategy { Type = "Recreate" }, deployment.Spec.Strategy);
        Assert.Equal(["new:1", "web:2"], deployment.Spec.Template.Spec.Containers.Select(container => container.Image));
        Container web = deployment.Spec.Template.Spec.Containers[1];
        Assert.Equal([new EnvVar { Name = "C", Value = "3" }, new EnvVar { Name = "A", Value = "1" }], web.Env);
        Assert.Equal([80, 81], web.Ports.Select(port => port.Number));
    }

    [Theory]
    [InlineData("a b c", "d b", null, "d a b c")]
    [InlineData("a b c", "c a", null, "b c a")]
    [InlineData("a b c", "d", null, "d a b c")]
    [InlineData("a b", "c", "a b c", "a b c")]
    [InlineData("a b", "c", "c a b", "c a b")]
    [InlineData("a x b", "c", "b c a", "x b c a")]
    [InlineData("a b c", "", "c b a", "c b a")]
    [InlineData("a b c", "-b", null, "a c")]
    [InlineData("a b c", "-b d", "a c d", "a c d")]
    [InlineData("", "b a", "b a", "b a")]
    [InlineData("a b", "= d c", null, "d c")]
    [InlineData("a b", "=", null, "")]
    public void Apply_ListWithMergeKey_IsOrderedAsKubernetesOrdersIt(string live, string patch, string? order, string expected)
    {
        JsonObject spec = new() { ["containers"] = Items(patch) };
        if (patch.Length == 0)
        {
            spec.Remove("containers");
        }

        if (order is not null)
        {
            spec["$setElementOrder/containers"] = Items(order);
        }

        JsonObject result = StrategicMergePatch.Apply(new JsonObject { ["containers"] = Items(live) }, spec, Schema.Of<PodSpec>());

        Assert.Equal(expected, string.Join(' ', result["containers"]!.AsArray().Select(item => item!["name"]!.GetValue<string>())));

        static JsonArray Items(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => (JsonNode?)(name[0] switch
        {
            '-' => new JsonObject { ["name"] = name[1..], ["$patch"] = "delete" },
            '=' => new JsonObject { ["$patch"] = "replace" },
            _ => new JsonObject { ["name"] = name },
        }))];
    }

    [Theory]
    [InlineData("""{"finalizers":["a","b"]}""", """{"finalizers":["b","c"]}""", """{"finalizers":["a","b","c"]}""")]
    [InlineData("""{"finalizers":["a","b"]}""", """{"$deleteFromPrimitiveList/finalizers":["a","z"]}""", """{"finalizers":["b"]}""")]
    [InlineData("""{"finalizers":["a","b"]}""", """{"$setElementOrder/finalizers":["c","b"],"$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c"]}""", """{"finalizers":["c","b"]}""")]
    [InlineData("""{"finalizers":["a"]}""", """{"finalizers":null}""", "{}")]
    [InlineData("""{"ownerReferences":[{"uid":"1","name":"a"}]}""", """{"ownerReferences":[{"$patch":"delete","uid":"1"}]}""", """{"ownerReferences":[]}""")]
    [InlineData("""{"labels":{"a":"1","b":"2"}}""", """{"labels":{"$patch":"replace","c":"3"}}""", """{"labels":{"c":"3"}}""")]
    [InlineData("""{"labels":{"a":"1"}}""", """{"labels":{"$patch":"delete"}}""", """{"labels":{}}""")]
    [InlineData("{}", """{"labels":{"a":null,"b":"1"}}""", """{"labels":{"b":"1"}}""")]
    public void Apply_Metadata_FollowsItsDirectives(string live, string patch, string expected) =>
        PatchTests.AssertJson(expected, StrategicMergePatch.Apply((JsonObject)JsonNode.Parse(live)!, (JsonObject)JsonNode.Parse(patch)!, Schema.Of<ObjectMeta>()));

    [Fact]
    public void Apply_ListWithoutMergeKey_IsReplaced()
    {
        JsonNode result = Apply<Node>(
            """{"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Disk","status":"False"}]}}""",
            """{"spec":{"taints":[{"key":"b","effect":"NoSchedule"}]},"status":{"conditions":[{"type":"Ready","status":"False"}]}}""");

        PatchTests.AssertJson(
            """{"spec":{"taints":[{"key":"b","effect":"NoSchedule"}]},"status":{"conditions":[{"type":"Ready","status":"False"},{"type":"Disk","status":"False"}]}}""",
            result);
    }

    [Fact]
    public void Apply_MergeKeyThatIsANumber_ComparesAsANumber() => PatchTests.AssertJson(
        """{"ports":[{"containerPort":80.0,"name":"http"}]}""",
        StrategicMergePatch.Apply(
            (JsonObject)JsonNode.Parse("""{"ports":[{"containerPort":80}]}""")!,
            (JsonObject)JsonNode.Parse("""{"ports":[{"containerPort":80.0,"name":"http"}]}""")!,
            Schema.Of<Container>()));

    [Fact]
    public void Apply_Patch_LeavesItsArgumentsAlone()
    {
        var live = (JsonObject)JsonNode.Parse(Live)!;
        var patch = (JsonObject)JsonNode.Parse("""{"spec":{"template":{"spec":{"containers":[{"name":"new"}]}}}}""")!;
        (JsonNode liveBefore, JsonNode patchBefore) = (live.DeepClone(), patch.DeepClone());

        StrategicMergePatch.Apply(live, patch, Schema.Of<Deployment>());

        Assert.True(JsonNode.DeepEquals(liveBefore, live));
        Assert.True(JsonNode.DeepEquals(patchBefore, patch));
    }

    /// <summary>A budget's selector is one value: half of an old one would choose other pods (Kubernetes: policy/v1, patchStrategy replace).</summary>
    [Fact]
    public void Apply_SelectorOfABudget_IsReplacedWhole()
    {
        JsonObject patched = Apply<PodDisruptionBudget>(
            """{"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"a"}}}}""", """{"spec":{"selector":{"matchLabels":{"tier":"b"}}}}""");

        Assert.Equal("""{"minAvailable":1,"selector":{"matchLabels":{"tier":"b"}}}""", patched["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}""", 422, "does not contain declared merge key: name")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":["x"]}}}}""", 422, "holds objects only")]
    [InlineData("""{"spec":{"$patch":"explode"}}""", 400, "unknown patch type: \"explode\"")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"$patch":"merge","name":"web"}]}}}}""", 400, "unknown patch type: \"merge\"")]
    [InlineData("""{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"log"}],"containers":[{"name":"web"}]}}}}""", 400, "doesn't match its $setElementOrder list")]
    [InlineData("""{"spec":{"template":{"spec":{"$setElementOrder/containers":{}}}}}""", 400, "invalid patch format of $setElementOrder/containers")]
    [InlineData("""{"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":{"maxSurge":1}}}}""", 400, "invalid patch format of $retainKeys")]
    [InlineData("""{"spec":{"strategy":{"$retainKeys":["type"],"":1}}}""", 400, "invalid patch format of $retainKeys")]
    [InlineData("""{"spec":{"strategy":{"$retainKeys":"type"}}}""", 400, "invalid patch format of $retainKeys")]
    [InlineData("""{"metadata":{"$deleteFromPrimitiveList/finalizers":"a"}}""", 400, "invalid patch format of $deleteFromPrimitiveList/finalizers")]
    public void Apply_BrokenPatch_IsRefused(string patch, int code, string part)
    {
        ApiException error = Assert.Throws<ApiException>(() => Apply<Deployment>(Live, patch));

        Assert.Equal(code, error.Status.Code);
        Assert.Contains(part, error.Status.Message, StringComparison.Ordinal);
    }

    private static Deployment ApplyTyped(string patch, string mediaType) => (Deployment)ResourcePatch
        .Read(System.Text.Encoding.UTF8.GetBytes(patch), mediaType)
        .Apply(ResourceJson.Deserialize<Deployment>(Live), DecodeTarget.Of(ResourceKinds.Deployment), FieldValidation.Strict).Object;

    private static JsonObject Apply<T>(string live, string patch) =>
        StrategicMergePatch.Apply((JsonObject)JsonNode.Parse(live)!, (JsonObject)JsonNode.Parse(patch)!, Schema.Of<T>());
}
