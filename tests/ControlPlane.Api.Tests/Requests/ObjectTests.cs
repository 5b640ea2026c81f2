using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

[Collection(ApiCollection.Name)]
public sealed class ObjectTests(ApiServer api)
{
    [Fact]
    public async Task Create_ThenGet_ReadsWhatWasStoredWithDefaultsAndIdentity()
    {
        string home = await NewDeploymentsAsync();
        JsonObject created = await api.PostAsync(home, Samples.Deployment("web", 2));
        JsonObject read = await api.GetAsync($"{home}/web");

        Assert.Equal(created.ToJsonString(), read.ToJsonString());
        Assert.Equal(1, (int)read["metadata"]!["generation"]!);
        Assert.Equal("RollingUpdate", (string)read["spec"]!["strategy"]!["type"]!);
        Assert.NotEmpty((string)read["metadata"]!["uid"]!);
        Assert.NotEmpty((string)read["metadata"]!["creationTimestamp"]!);
    }

    [Fact]
    public async Task Create_WithTheUidOfAnother_GetsItsOwn()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/secrets";

        JsonObject created = await api.PostAsync(home, """{"metadata":{"name":"s","uid":"12345"}}""");

        Assert.Matches("^[0-9a-f]{8}-", (string)created["metadata"]!["uid"]!);
    }

    [Fact]
    public async Task Create_OfWhatBelongsToNoNamespace_TakesNoNoticeOfOne()
    {
        JsonObject created = await api.PostAsync("/api/v1/namespaces", """{"metadata":{"generateName":"test-","namespace":"default"}}""");
        Assert.Null(created["metadata"]!["namespace"]);

        created["metadata"]!["namespace"] = "default";
        created["metadata"]!["labels"] = JsonNode.Parse("""{"a":"b"}""");
        JsonObject replaced = await api.PutAsync($"/api/v1/namespaces/{created.NameOf()}", created);
        Assert.Null(replaced["metadata"]!["namespace"]);
        Assert.Equal("b", (string)replaced["metadata"]!["labels"]!["a"]!);
    }

    [Fact]
    public async Task Create_InAnotherNamespaceThanThePaths_IsABadRequest()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/secrets";
        await api.PostAsync(home, """{"metadata":{"name":"s","namespace":"default"}}""", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Create_TheSameNameTwice_IsAConflict()
    {
        string home = await NewDeploymentsAsync();
        await api.PostAsync(home, Samples.Deployment("web"));
        JsonObject status = await api.PostAsync(home, Samples.Deployment("web"), HttpStatusCode.Conflict);
        Assert.Equal("AlreadyExists", (string)status["reason"]!);
        Assert.Equal("deployments.apps \"web\" already exists", (string)status["message"]!);
    }

    [Fact]
    public async Task Create_WithGenerateName_MakesANameEachTime()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/secrets";
        JsonObject first = await api.PostAsync(home, """{"metadata":{"generateName":"s-"}}""");
        JsonObject second = await api.PostAsync(home, """{"metadata":{"generateName":"s-"}}""");
        Assert.StartsWith("s-", first.NameOf(), StringComparison.Ordinal);
        Assert.NotEqual(first.NameOf(), second.NameOf());
    }

    /// <summary>Room is made for what makes the name unique, as for a pod of a ReplicaSet with a long name.</summary>
    [Fact]
    public async Task Create_WithALongGenerateName_CutsIt()
    {
        string start = new string('a', 60) + "-";
        JsonObject created = await api.PostAsync("/api/v1/namespaces", $$$"""{"metadata":{"generateName":"{{{start}}}"} }""");
        Assert.Equal((63, start), (created.NameOf().Length, (string)created["metadata"]!["generateName"]!));
        Assert.StartsWith(start[..58], created.NameOf(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_InANamespaceThatIsNotThere_IsNotFound()
    {
        JsonObject status = await api.PostAsync("/api/v1/namespaces/nowhere/secrets", Samples.Secret("s"), HttpStatusCode.NotFound);
        Assert.Equal("namespaces \"nowhere\" not found", (string)status["message"]!);
    }

    [Fact]
    public async Task Create_InANamespaceThatIsLeaving_IsForbidden()
    {
        string name = await api.NewNamespaceAsync();
        JsonObject marked = await api.DeleteAsync($"/api/v1/namespaces/{name}");
        Assert.Equal("Terminating", (string)marked["status"]!["phase"]!);
        JsonObject status = await api.PostAsync($"/api/v1/namespaces/{name}/secrets", Samples.Secret("s"), HttpStatusCode.Forbidden);
        Assert.Equal("NamespaceTerminating", (string)status["details"]!["causes"]![0]!["reason"]!);
    }

    [Fact]
    public async Task Create_AsADryRun_StoresNothing()
    {
        string home = await NewDeploymentsAsync();
        JsonObject tried = await api.PostAsync($"{home}?dryRun=All", Samples.Deployment("web"));
        Assert.Equal("web", tried.NameOf());
        await api.GetAsync($"{home}/web", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Replace_WithAStaleVersion_IsAConflictAndTheObjectStays()
    {
        string home = await NewDeploymentsAsync();
        JsonObject stale = await api.PostAsync(home, Samples.Deployment("web"));
        JsonObject changed = await api.PatchAsync($"{home}/web", "application/merge-patch+json", """{"spec":{"replicas":3}}""");
        stale["spec"]!["replicas"] = 7;
        JsonObject status = await api.PutAsync($"{home}/web", stale, HttpStatusCode.Conflict);
        Assert.Equal("Conflict", (string)status["reason"]!);
        Assert.Equal(changed.ToJsonString(), (await api.GetAsync($"{home}/web")).ToJsonString());
    }

    [Fact]
    public async Task Replace_WithAnotherUid_IsAConflict()
    {
        string home = await NewDeploymentsAsync();
        JsonObject stored = await api.PostAsync(home, Samples.Deployment("web"));
        stored["metadata"]!["uid"] = "00000000-0000-4000-8000-000000000000";
        await api.PutAsync($"{home}/web", stored, HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Replace_WithNothingNew_IsNoWrite()
    {
        string home = await NewDeploymentsAsync();
        JsonObject stored = await api.PostAsync(home, Samples.Deployment("web"));
        JsonObject again = await api.PutAsync($"{home}/web", stored.DeepClone());
        Assert.Equal(stored.VersionOf(), again.VersionOf());
    }

    /// <summary>Where both notations have one form (<c>0.5</c> is <c>500m</c>) nothing is written; where each has its own, the client's is stored and answered. Neither is a new generation: the amount is the same.</summary>
    [Theory]
    [InlineData("PUT", "0.5", "1024Mi", "500m", "1Gi", false)]
    [InlineData("PATCH", "0.5", "1024Mi", "500m", "1Gi", false)]
    [InlineData("APPLY", "0.5", "1024Mi", "500m", "1Gi", false)]
    [InlineData("PUT", "500m", "1073741824", "500m", "1073741824", true)]
    [InlineData("PATCH", "500m", "1073741824", "500m", "1073741824", true)]
    [InlineData("APPLY", "500m", "1073741824", "500m", "1073741824", true)]
    public async Task Write_OfOneAmountInAnotherNotation_IsOneOnlyWhereTheFormIsAnother(string how, string cpu, string memory, string cpuAfter, string memoryAfter, bool isWrite)
    {
        string home = await NewDeploymentsAsync();
        JsonObject stored = await api.SendAsync(
            HttpMethod.Patch, $"{home}/web?fieldManager=test", With("500m", "1Gi").ToJsonString(), HttpStatusCode.Created, "application/apply-patch+yaml");

        JsonObject changed = (JsonObject)stored.DeepClone();
        changed["spec"]!["template"]!["spec"]!["containers"]![0]!["resources"] = Requests(cpu, memory);
        string patch = $$$"""{"spec":{"template":{"spec":{"containers":[{"name":"c","resources":{{{Requests(cpu, memory).ToJsonString()}}} }]} } } }""";
        JsonObject answer = how switch
        {
            "PUT" => await api.PutAsync($"{home}/web?fieldManager=test", changed),
            "PATCH" => await api.PatchAsync($"{home}/web?fieldManager=test", "application/strategic-merge-patch+json", patch),
            _ => await api.PatchAsync($"{home}/web?fieldManager=test", "application/apply-patch+yaml", With(cpu, memory).ToJsonString()),
        };
        JsonObject read = await api.GetAsync($"{home}/web");

        Assert.Equal(isWrite, stored.VersionOf() != answer.VersionOf());
        Assert.Equal(stored["metadata"]!["generation"]!.ToString(), answer["metadata"]!["generation"]!.ToString());
        Assert.True(JsonNode.DeepEquals(answer, read));
        Assert.Equal(
            $$"""{"cpu":"{{cpuAfter}}","memory":"{{memoryAfter}}"}""",
            read["spec"]!["template"]!["spec"]!["containers"]![0]!["resources"]!["requests"]!.ToJsonString());

        static JsonObject Requests(string cpu, string memory) => new() { ["requests"] = new JsonObject { ["cpu"] = cpu, ["memory"] = memory } };

        static JsonNode With(string cpu, string memory)
        {
            JsonNode deployment = JsonNode.Parse(Samples.Deployment("web"))!;
            deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["resources"] = Requests(cpu, memory);
            return deployment;
        }
    }

    [Fact]
    public async Task Replace_OfWhatIsNotThere_IsNotFound()
    {
        string home = await NewDeploymentsAsync();
        await api.PutAsync($"{home}/web", JsonNode.Parse(Samples.Deployment("web"))!, HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/api/v1", "services", """{"metadata":{"name":"x"},"spec":{"ports":[{"port":80}]}}""")]
    [InlineData("/api/v1", "endpoints", """{"metadata":{"name":"x"}}""")]
    [InlineData("/apis/coordination.k8s.io/v1", "leases", """{"metadata":{"name":"x"}}""")]
    public async Task Replace_OfAKindThatAPutMakes_MakesIt(string group, string plural, string body)
    {
        string path = $"{group}/namespaces/{await api.NewNamespaceAsync()}/{plural}/x";
        JsonObject created = await api.PutAsync(path, JsonNode.Parse(body)!, HttpStatusCode.Created);
        created["metadata"]!["labels"] = JsonNode.Parse("""{"a":"b"}""");
        await api.PutAsync(path, created);

        await api.DeleteAsync(path);
        await api.PutAsync(path, created, HttpStatusCode.Conflict);
        created["metadata"]!.AsObject().Remove("uid");
        await api.PutAsync(path, created, HttpStatusCode.Created);
        await api.PutAsync($"{group}/namespaces/nowhere/{plural}/x", JsonNode.Parse(body)!, HttpStatusCode.NotFound);
    }

    /// <summary>Whoever replaces a lock without a look at it could take it from its holder.</summary>
    [Theory]
    [InlineData("/apis/coordination.k8s.io/v1", "leases")]
    [InlineData("/apis/policy/v1", "poddisruptionbudgets")]
    public async Task Replace_OfWhatSeveralWrite_HasToNameTheVersion(string group, string plural)
    {
        string home = $"{group}/namespaces/{await api.NewNamespaceAsync()}/{plural}";
        JsonObject stored = await api.PostAsync(home, """{"metadata":{"name":"x"}}""");
        JsonObject status = await api.PutAsync($"{home}/x", JsonNode.Parse("""{"metadata":{"name":"x"}}""")!, HttpStatusCode.UnprocessableEntity);
        Assert.EndsWith("metadata.resourceVersion: Invalid value: 0: must be specified for an update", (string)status["message"]!, StringComparison.Ordinal);
        await api.PutAsync($"{home}/x", stored);
    }

    [Fact]
    public async Task Generation_MovesWithTheSpecOnly()
    {
        string home = await NewDeploymentsAsync();
        await api.PostAsync(home, Samples.Deployment("web"));
        JsonObject labelled = await api.PatchAsync($"{home}/web", "application/merge-patch+json", """{"metadata":{"labels":{"a":"b"}}}""");
        JsonObject scaled = await api.PatchAsync($"{home}/web", "application/merge-patch+json", """{"spec":{"replicas":3}}""");
        Assert.Equal(1, (int)labelled["metadata"]!["generation"]!);
        Assert.Equal(2, (int)scaled["metadata"]!["generation"]!);
    }

    [Theory]
    [InlineData("application/json-patch+json", """[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"hello:2"}]""")]
    [InlineData("application/merge-patch+json", """{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"hello:2"}]}}}}""")]
    [InlineData("application/strategic-merge-patch+json", """{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"hello:2"}]}}}}""")]
    public async Task Patch_OfEachType_ChangesTheObject(string type, string patch)
    {
        string home = await NewDeploymentsAsync();
        await api.PostAsync(home, Samples.Deployment("web"));
        JsonObject patched = await api.PatchAsync($"{home}/web", type, patch);
        Assert.Equal("hello:2", (string)patched["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!);
    }

    [Fact]
    public async Task Patch_ByManyAtOnce_LosesNone()
    {
        string home = await NewDeploymentsAsync();
        await api.PostAsync(home, Samples.Deployment("web"));
        int[] all = [.. Enumerable.Range(100, 60)];
        await Task.WhenAll(all.Select(i =>
            api.PatchAsync($"{home}/web", "application/merge-patch+json", $$$"""{"metadata":{"annotations":{"k{{{i}}}":"v"} } }""")));
        JsonObject read = await api.GetAsync($"{home}/web");
        Assert.Equal(all.Select(i => $"k{i}"), read["metadata"]!["annotations"]!.AsObject().Select(entry => entry.Key));
    }

    [Fact]
    public async Task Patch_ThatNamesAStaleVersion_IsAConflict()
    {
        string home = await NewDeploymentsAsync();
        await api.PostAsync(home, Samples.Deployment("web"));
        await api.PatchAsync($"{home}/web", "application/merge-patch+json", """{"metadata":{"resourceVersion":"1"}}""", HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Status_IsWrittenByItsSubresourceAlone()
    {
        string home = await NewDeploymentsAsync();
        JsonObject stored = await api.PostAsync(home, Samples.Deployment("web"));
        stored["status"] = JsonNode.Parse("""{"replicas":4}""");
        stored["spec"]!["replicas"] = 9;
        JsonObject updated = await api.PutAsync($"{home}/web/status", stored.DeepClone());
        Assert.Equal((4, 1), ((int)updated["status"]!["replicas"]!, (int)updated["spec"]!["replicas"]!));

        stored["metadata"]!["resourceVersion"] = null;
        stored["status"] = JsonNode.Parse("""{"replicas":8}""");
        JsonObject replaced = await api.PutAsync($"{home}/web", stored);
        Assert.Equal((4, 9), ((int)replaced["status"]!["replicas"]!, (int)replaced["spec"]!["replicas"]!));
    }

    [Fact]
    public async Task Scale_IsReadReplacedAndPatched()
    {
        string home = await NewDeploymentsAsync();
        await api.PostAsync(home, Samples.Deployment("web", 2));
        JsonObject scale = await api.GetAsync($"{home}/web/scale");
        Assert.Equal(("Scale", 2, "app=web"), ((string)scale["kind"]!, (int)scale["spec"]!["replicas"]!, (string)scale["status"]!["selector"]!));

        JsonObject table = await api.SendAsync(HttpMethod.Get, $"{home}/web/scale", null, HttpStatusCode.OK, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        Assert.Equal(["Name", "Desired", "Available", "Age"], table["columnDefinitions"]!.AsArray().Select(column => (string)column!["name"]!));
        Assert.Equal(("web", 2), ((string)table["rows"]![0]!["cells"]![0]!, (int)table["rows"]![0]!["cells"]![1]!));

        scale["spec"]!["replicas"] = 5;
        await api.PutAsync($"{home}/web/scale", scale);
        Assert.Equal(5, (int)(await api.GetAsync($"{home}/web"))["spec"]!["replicas"]!);

        await api.PatchAsync($"{home}/web/scale", "application/merge-patch+json", """{"spec":{"replicas":6}}""");
        JsonObject read = await api.GetAsync($"{home}/web");
        Assert.Equal((6, 3), ((int)read["spec"]!["replicas"]!, (int)read["metadata"]!["generation"]!));

        JsonObject status = await api.PatchAsync(
            $"{home}/web/scale", "application/merge-patch+json", """{"spec":{"replicas":-1}}""", HttpStatusCode.UnprocessableEntity);
        Assert.Equal("spec.replicas", (string)status["details"]!["causes"]![0]!["field"]!);
    }

    private async Task<string> NewDeploymentsAsync() => $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
}
