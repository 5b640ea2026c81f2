using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

[Collection(ApiCollection.Name)]
public sealed class DeleteTests(ApiServer api)
{
    [Fact]
    public async Task Delete_OfWhatNothingHolds_AnswersSuccessAndItIsGone()
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        JsonObject stored = await api.PostAsync(home, Samples.Deployment("web"));
        JsonObject status = await api.DeleteAsync($"{home}/web");
        Assert.Equal(("Status", "Success"), ((string)status["kind"]!, (string)status["status"]!));
        Assert.Equal((string)stored["metadata"]!["uid"]!, (string)status["details"]!["uid"]!);
        await api.GetAsync($"{home}/web", HttpStatusCode.NotFound);
    }

    /// <summary>Typed clients read the answer as what the documents say: a client that was told of a Service cannot read a <c>Status</c>, whose <c>status</c> is a word.</summary>
    [Theory]
    [InlineData("pods", """{"metadata":{"name":"x"},"spec":{"containers":[{"name":"c","image":"hello:1"}]}}""", "Pod")]
    [InlineData("services", """{"metadata":{"name":"x"},"spec":{"ports":[{"port":80}]}}""", "Service")]
    [InlineData("serviceaccounts", """{"metadata":{"name":"x"}}""", "ServiceAccount")]
    [InlineData("resourcequotas", """{"metadata":{"name":"x"}}""", "ResourceQuota")]
    [InlineData("configmaps", """{"metadata":{"name":"x"}}""", "Status")]
    [InlineData("secrets", """{"metadata":{"name":"x"}}""", "Status")]
    public async Task Delete_AnswersTheObjectOrAStatus_AsTheDocumentsSay(string plural, string body, string answered)
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/{plural}";
        await api.PostAsync(home, body);

        Assert.Equal(answered, (string)(await api.DeleteAsync($"{home}/x"))["kind"]!);

        string schema = (string)(await api.GetAsync("/openapi/v3/api/v1"))["paths"]![$"/api/v1/namespaces/{{namespace}}/{plural}/{{name}}"]!["delete"]!
            ["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["$ref"]!;
        Assert.EndsWith($".v1.{answered}", schema, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Foreground", "foregroundDeletion", HttpStatusCode.Accepted)]
    [InlineData("Orphan", "orphan", HttpStatusCode.OK)]
    public async Task Delete_WithAPolicyThatWaits_MarksTheObjectWithItsFinalizer(string policy, string finalizer, HttpStatusCode expected)
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.PostAsync(home, Samples.Deployment("web"));
        JsonObject marked = await api.DeleteAsync($"{home}/web", $$"""{"propagationPolicy":"{{policy}}"}""", expected);
        Assert.Equal(finalizer, (string)marked["metadata"]!["finalizers"]![0]!);
        Assert.NotNull(marked["metadata"]!["deletionTimestamp"]);

        await api.PatchAsync($"{home}/web", "application/merge-patch+json", """{"metadata":{"finalizers":null}}""");
        await api.GetAsync($"{home}/web", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Finalizers_OfWhatIsBeingDeleted_BecomeOnlyFewer()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/configmaps";
        await api.PostAsync(home, """{"metadata":{"name":"held","finalizers":["example.com/a","example.com/b"]}}""");
        await api.DeleteAsync($"{home}/held");

        JsonObject refused = await api.PatchAsync(
            $"{home}/held", "application/merge-patch+json", """{"metadata":{"finalizers":["example.com/a","example.com/c"]}}""", HttpStatusCode.UnprocessableEntity);
        Assert.Equal("metadata.finalizers", (string)refused["details"]!["causes"]![0]!["field"]!);
        Assert.Contains("no new finalizers can be added if the object is being deleted, found new finalizers []string{\"example.com/c\"}", (string)refused["message"]!, StringComparison.Ordinal);

        await api.PatchAsync($"{home}/held", "application/merge-patch+json", """{"metadata":{"finalizers":["example.com/b"]}}""");
        await api.PatchAsync($"{home}/held", "application/merge-patch+json", """{"metadata":{"finalizers":[]}}""");
        await api.GetAsync($"{home}/held", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Delete_OfAPodOnANode_GrantsItsGraceWhichASecondDeleteShortensOnly()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        await api.PostAsync(home, Samples.Pod("p", node: "some-node"));
        Assert.Equal(30, (int)(await api.DeleteAsync($"{home}/p"))["metadata"]!["deletionGracePeriodSeconds"]!);
        Assert.Equal(5, (int)(await api.DeleteAsync($"{home}/p?gracePeriodSeconds=5"))["metadata"]!["deletionGracePeriodSeconds"]!);
        Assert.Equal(5, (int)(await api.DeleteAsync($"{home}/p?gracePeriodSeconds=20"))["metadata"]!["deletionGracePeriodSeconds"]!);
        Assert.Equal("Pod", (string)(await api.DeleteAsync($"{home}/p?gracePeriodSeconds=0"))["kind"]!);
        await api.GetAsync($"{home}/p", HttpStatusCode.NotFound);
    }

    /// <summary>A second is enough for it to be drained first; a user's 0 is a force.</summary>
    [Fact]
    public async Task Delete_OfAPodWhoseTemplateHasNoGrace_MarksItAndZeroEndsIt()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        await api.PostAsync(home, """{"metadata":{"name":"p"},"spec":{"nodeName":"some-node","terminationGracePeriodSeconds":0,"containers":[{"name":"c","image":"hello:1"}]}}""");
        Assert.Equal(1, (int)(await api.DeleteAsync($"{home}/p"))["metadata"]!["deletionGracePeriodSeconds"]!);
        Assert.Equal("Pod", (string)(await api.DeleteAsync($"{home}/p?gracePeriodSeconds=0"))["kind"]!);
        await api.GetAsync($"{home}/p", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Delete_OfAPodOnNoNode_IsAtOnce()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        await api.PostAsync(home, Samples.Pod("p"));
        Assert.Equal("Pod", (string)(await api.DeleteAsync($"{home}/p"))["kind"]!);
        await api.GetAsync($"{home}/p", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Delete_WithAnotherUidAsPrecondition_IsAConflictAndTheObjectStays()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/secrets";
        await api.PostAsync(home, Samples.Secret("s"));
        await api.DeleteAsync($"{home}/s", """{"preconditions":{"uid":"another"}}""", HttpStatusCode.Conflict);
        await api.GetAsync($"{home}/s");
    }

    [Fact]
    public async Task Delete_OfTheDefaultNamespace_IsForbidden() =>
        await api.DeleteAsync("/api/v1/namespaces/default", expected: HttpStatusCode.Forbidden);

    [Fact]
    public async Task DeleteCollection_WithASelector_LeavesTheOthers()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        await api.PostAsync(home, Samples.Pod("a", labels: """{"x":"y"}"""));
        await api.PostAsync(home, Samples.Pod("b"));
        JsonObject deleted = await api.DeleteAsync($"{home}?labelSelector=x%3Dy");
        Assert.Equal(["a"], deleted.NamesOf());
        Assert.Equal(["b"], (await api.GetAsync(home)).NamesOf());
    }

    [Fact]
    public async Task Delete_AsADryRun_KeepsTheObject()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/secrets";
        await api.PostAsync(home, Samples.Secret("s"));
        await api.DeleteAsync($"{home}/s?dryRun=All");
        await api.GetAsync($"{home}/s");
    }
}
