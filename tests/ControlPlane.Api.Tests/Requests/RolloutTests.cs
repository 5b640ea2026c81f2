using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

[Collection(ApiCollection.Name)]
public sealed class RolloutTests(ApiServer api)
{
    private static readonly TimeSpan AnsweredWithin = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Rollout_OfADeploymentThatNobodyHasLookedAt_IsProgressing()
    {
        JsonObject view = await api.GetAsync(await NewAsync() + "/rollout");

        Assert.Equal(("Rollout", "Progressing", "NotObserved"), ((string)view["kind"]!, (string)view["phase"]!, (string)view["reason"]!));
        Assert.Equal("web", view.NameOf());
        Assert.Empty(view["blockers"]!.AsArray());
    }

    [Fact]
    public async Task Rollout_CountsItsRevisions()
    {
        string path = await NewAsync();
        await Revisions.AddAsync(api, path, 1, "hello:0", isComplete: true);
        await Revisions.AddAsync(api, path, 2, "hello:1", isComplete: false);

        JsonArray revisions = (await api.GetAsync(path + "/rollout"))["replicaSets"]!.AsArray();

        Assert.Equal([2, 1], revisions.Select(item => (int)item!["revision"]!));
        Assert.Equal(["OnTrial", "Complete"], revisions.Select(item => (string)item!["outcome"]!));
    }

    [Theory]
    [InlineData("NewReplicaSetAvailable", 1, "Complete")]
    [InlineData("ProgressDeadlineExceeded", 0, "Failed")]
    public async Task Wait_AnswersOnceTheRolloutIsOver(string reason, int available, string phase)
    {
        string path = await NewAsync();
        Task<JsonObject> waiting = api.GetAsync(path + "/rollout?wait=2m");
        await SetStatusAsync(path, "ReplicaSetUpdated", 0);
        Assert.False(waiting.IsCompleted);

        await SetStatusAsync(path, reason, available);

        JsonObject view = await waiting.WaitAsync(AnsweredWithin);
        Assert.Equal((phase, reason), ((string)view["phase"]!, (string)view["reason"]!));
    }

    [Fact]
    public async Task Wait_OfARolloutThatIsOver_AnswersAtOnce()
    {
        string path = await NewAsync();
        await SetStatusAsync(path, "NewReplicaSetAvailable", 1);

        Assert.Equal("Complete", (string)(await api.GetAsync(path + "/rollout?wait=10m").WaitAsync(AnsweredWithin))["phase"]!);
    }

    [Fact]
    public async Task Wait_ThatIsUp_AnswersHowThingsStand() =>
        Assert.Equal("Progressing", (string)(await api.GetAsync(await NewAsync() + "/rollout?wait=50ms").WaitAsync(AnsweredWithin))["phase"]!);

    [Fact]
    public async Task Wait_ForADeploymentThatIsDeleted_IsA404()
    {
        string path = await NewAsync();
        Task<JsonObject> waiting = api.GetAsync(path + "/rollout?wait=2m", HttpStatusCode.NotFound);
        await SetStatusAsync(path, "ReplicaSetUpdated", 0);

        await api.DeleteAsync(path);

        await waiting.WaitAsync(AnsweredWithin);
    }

    [Theory]
    [InlineData("soon", HttpStatusCode.BadRequest)]
    [InlineData("120", HttpStatusCode.BadRequest)]
    [InlineData("-1s", HttpStatusCode.BadRequest)]
    [InlineData("11m", HttpStatusCode.UnprocessableEntity)]
    [InlineData("999999999999999999999h", HttpStatusCode.BadRequest)]
    public async Task Wait_ThatIsNoneOrTooLong_IsRefused(string wait, HttpStatusCode code)
    {
        JsonObject refused = await api.GetAsync($"{await NewAsync()}/rollout?wait={wait}", code);

        Assert.Contains("wait", (string)refused["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_TellsTheStepsOnTheNodesThatThereAre_AndStoresNothing()
    {
        string path = await NewAsync();
        JsonObject before = await api.GetAsync(path);
        JsonNode changed = JsonNode.Parse(Samples.Deployment("web", replicas: 2).Replace("hello:1", "hello:2", StringComparison.Ordinal))!;

        JsonObject forecast = await api.PostAsync(path + "/plan", changed.ToJsonString());

        Assert.Equal(("RolloutForecast", true, "the new template becomes revision 1"), ((string)forecast["kind"]!, (bool)forecast["rolls"]!, (string)forecast["message"]!));
        Assert.True(JsonNode.DeepEquals(before, await api.GetAsync(path)));
    }

    /// <summary>What is not said stays as it is stored, here 2 replicas, whichever way a change is told.</summary>
    [Theory]
    [InlineData("application/apply-patch+yaml", """{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "hello:2"}]}}}}""")]
    [InlineData("application/strategic-merge-patch+json", """{"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "hello:2"}]}}}}""")]
    [InlineData("application/merge-patch+json", """{"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}""")]
    [InlineData("application/json-patch+json", """[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "hello:2"}]""")]
    public async Task Plan_TakesWhatAPatchTakes_AndStoresNothing(string contentType, string body)
    {
        string collection = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.PostAsync(collection, Samples.Deployment("web", replicas: 2));
        JsonObject before = await api.GetAsync(collection + "/web");

        string force = contentType.Contains("apply", StringComparison.Ordinal) ? "&force=true" : "";
        JsonObject forecast = await api.SendAsync(HttpMethod.Post, $"{collection}/web/plan?fieldManager=me{force}", body, HttpStatusCode.Created, contentType);

        Assert.Equal(("RolloutForecast", true), ((string)forecast["kind"]!, (bool)forecast["rolls"]!));
        Assert.Equal(2, (int)forecast["highestTotal"]!);
        Assert.True(JsonNode.DeepEquals(before, await api.GetAsync(collection + "/web")));
        if (force.Length == 0)
        {
            await api.SendAsync(HttpMethod.Post, $"{collection}/other/plan?fieldManager=me", body, HttpStatusCode.NotFound, contentType);
        }
    }

    /// <summary>A first <c>kubectl apply</c>, client-side or server-side, creates; so that is what is worked out.</summary>
    [Theory]
    [InlineData("application/json")]
    [InlineData("application/apply-patch+yaml")]
    public async Task Plan_OfADeploymentThatIsNotThere_IsThatOfItsCreation(string contentType)
    {
        string collection = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";

        JsonObject forecast = await api.SendAsync(
            HttpMethod.Post, $"{collection}/web/plan?fieldManager=me", Samples.Deployment("web", replicas: 2), HttpStatusCode.Created, contentType);

        Assert.Equal(("web", true, "the new template becomes revision 1"), ((string)forecast["metadata"]!["name"]!, (bool)forecast["rolls"]!, (string)forecast["message"]!));
        Assert.Equal(2, (int)forecast["highestTotal"]!);
        await api.GetAsync(collection + "/web", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Plan_UnderAQuota_TellsWhatItForbids()
    {
        string space = await api.NewNamespaceAsync();
        await api.PostAsync($"/api/v1/namespaces/{space}/resourcequotas", """{"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "3"}}}""");

        JsonObject forecast = await api.PostAsync($"/apis/apps/v1/namespaces/{space}/deployments/web/plan", Samples.Deployment("web", replicas: 5));

        JsonNode forbidden = Assert.Single(forecast["doesNotFit"]!.AsArray(), misfit => ((string)misfit!["message"]!).Contains("exceeded quota: few", StringComparison.Ordinal))!;
        Assert.Equal((2, 3, false), ((int)forbidden["count"]!, (int)forecast["highestTotal"]!, (bool)forecast["completes"]!));
    }

    [Fact]
    public async Task Plan_IsCheckedLikeAPut()
    {
        string path = await NewAsync();
        string invalid = Samples.Deployment("web", replicas: -1);
        string wide = Samples.Deployment("web", replicas: 4001);

        Assert.Equal("spec.replicas", CauseOf(await api.PostAsync(path + "/plan", invalid, HttpStatusCode.UnprocessableEntity)));
        Assert.Equal("spec.replicas", CauseOf(await api.PostAsync(path + "/plan", wide, HttpStatusCode.UnprocessableEntity)));
        await api.PostAsync(path + "/plan", Samples.Deployment("other"), HttpStatusCode.BadRequest);
        await api.PostAsync(path + "/plan", "", HttpStatusCode.BadRequest);
    }

    /// <summary>A node that is deleted takes its pods' readiness with it, for the planner and so for whoever asks what it will do. There is no room for a new pod here.</summary>
    [Fact]
    public async Task APodOfADeletedNode_IsNotReady_InTheViewAndInThePlan()
    {
        string path = await NewAsync();
        string node = $"/api/v1/nodes/{await AddReadyPodAsync(path)}";
        string changed = Samples.Deployment("web").Replace("hello:1", "hello:2", StringComparison.Ordinal);
        Assert.Equal((1, 1), await AvailableAsync(path, changed));

        await api.DeleteAsync(node);

        Assert.Equal((0, 0), await AvailableAsync(path, changed));
    }

    /// <summary>Pods that are available as the view says, and at least during the rollout as the plan says.</summary>
    private async Task<(int Now, int AtLeast)> AvailableAsync(string path, string changed)
    {
        JsonObject view = await api.GetAsync(path + "/rollout");
        JsonObject forecast = await api.PostAsync(path + "/plan", changed);
        return ((int?)view["counts"]!["available"] ?? 0, (int?)forecast["lowestAvailable"] ?? 0);
    }

    /// <summary>A ready pod of revision 1, and the name of a node of its own.</summary>
    private async Task<string> AddReadyPodAsync(string path)
    {
        string node = "node-of-" + path.Split('/')[5];
        await api.PostAsync("/api/v1/nodes", new JsonObject { ["metadata"] = new JsonObject { ["name"] = node } }.ToJsonString());
        await Revisions.AddAsync(api, path, 1, "hello:1", isComplete: true);
        string replicaSets = path.Replace("/deployments/web", "/replicasets/web-h1", StringComparison.Ordinal);
        JsonObject replicaSet = await api.GetAsync(replicaSets);
        replicaSet["spec"]!["replicas"] = 1;
        replicaSet = await api.PutAsync(replicaSets, replicaSet);
        string pods = path.Replace("/deployments/web", "/pods", StringComparison.Ordinal).Replace("/apis/apps/v1/", "/api/v1/", StringComparison.Ordinal);
        JsonNode pod = JsonNode.Parse(Samples.Pod("web-1", node))!;
        pod["metadata"]!["labels"] = replicaSet["spec"]!["template"]!["metadata"]!["labels"]!.DeepClone();
        pod["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["name"] = "web-h1",
            ["uid"] = (string)replicaSet["metadata"]!["uid"]!,
            ["controller"] = true,
        });
        JsonObject made = await api.PostAsync(pods, pod.ToJsonString());
        made["status"] = JsonNode.Parse("{\"phase\": \"Running\", \"conditions\": [{\"type\": \"Ready\", \"status\": \"True\", \"lastTransitionTime\": \"2026-01-01T12:00:00Z\"}]}");
        await api.PutAsync(pods + "/web-1/status", made);
        return node;
    }

    private static string CauseOf(JsonObject status) => (string)status["details"]!["causes"]![0]!["field"]!;

    private async Task<string> NewAsync()
    {
        string collection = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.PostAsync(collection, Samples.Deployment("web"));
        return collection + "/web";
    }

    private async Task SetStatusAsync(string path, string reason, int pods)
    {
        JsonObject deployment = await api.GetAsync(path);
        deployment["status"] = new JsonObject
        {
            ["observedGeneration"] = (long)deployment["metadata"]!["generation"]!,
            ["replicas"] = pods,
            ["updatedReplicas"] = pods,
            ["readyReplicas"] = pods,
            ["availableReplicas"] = pods,
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Progressing", ["status"] = "True", ["reason"] = reason }),
        };
        await api.PutAsync(path + "/status", deployment);
    }
}
