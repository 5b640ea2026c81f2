using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

[Collection(ApiCollection.Name)]
public sealed class BindingTests(ApiServer api)
{
    [Fact]
    public async Task Bind_APodWithoutANode_GivesItToOne_Once()
    {
        string pod = await NewPodAsync();

        JsonObject said = await BindAsync(pod, """{"metadata":{"name":"p","annotations":{"by":"me"}},"target":{"kind":"Node","name":"n1"}}""");
        Assert.Equal(("Status", "Success"), ((string)said["kind"]!, (string)said["status"]!));
        JsonObject bound = await api.GetAsync(pod);
        Assert.Equal(("n1", "me"), ((string)bound["spec"]!["nodeName"]!, (string)bound["metadata"]!["annotations"]!["by"]!));

        Assert.Equal("True", (string)bound["status"]!["conditions"]!.AsArray().Single(condition => (string)condition!["type"]! == "PodScheduled")!["status"]!);

        JsonObject status = await BindAsync(pod, """{"target":{"name":"n2"}}""", HttpStatusCode.Conflict);
        Assert.Contains("pod p is already assigned to node \"n1\"", (string)status["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"target":{"kind":"Pod","name":"n"}}""", HttpStatusCode.UnprocessableEntity, "target.kind")]
    [InlineData("{}", HttpStatusCode.UnprocessableEntity, "target.name")]
    [InlineData("""{"metadata":{"name":"q"},"target":{"name":"n"}}""", HttpStatusCode.BadRequest, "does not match the name on the URL")]
    [InlineData("""{"metadata":{"uid":"another"},"target":{"name":"n"}}""", HttpStatusCode.Conflict, "Precondition failed: UID")]
    [InlineData("""{"kind":"Pod","target":{"name":"n"}}""", HttpStatusCode.BadRequest, "Binding")]
    public async Task Bind_ByABodyThatIsNoBindingOfThisPod_IsRefused(string body, HttpStatusCode expected, string says)
    {
        string pod = await NewPodAsync();
        JsonObject status = await BindAsync(pod, body, expected);
        Assert.Contains(says, (string)status["message"]!, StringComparison.Ordinal);
        Assert.Null((await api.GetAsync(pod))["spec"]!["nodeName"]);
    }

    /// <summary>Whoever writes the pod itself passes every scheduler by.</summary>
    [Theory]
    [InlineData("application/merge-patch+json")]
    [InlineData("application/strategic-merge-patch+json")]
    [InlineData("application/apply-patch+yaml")]
    public async Task Patch_OfAPodsNode_IsRefused(string mediaType)
    {
        string pod = await NewPodAsync();
        JsonObject status = await api.PatchAsync(
            $"{pod}?fieldManager=me", mediaType, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"nodeName\":\"n1\"}}", HttpStatusCode.UnprocessableEntity);
        Assert.Equal("spec", (string)status["details"]!["causes"]![0]!["field"]!);
        Assert.Null((await api.GetAsync(pod))["spec"]!["nodeName"]);
    }

    [Fact]
    public async Task Bind_AsADryRun_StoresNothing()
    {
        string pod = await NewPodAsync();
        await api.PostAsync($"{pod}/binding?dryRun=All", """{"target":{"name":"n1"}}""");
        Assert.Null((await api.GetAsync(pod))["spec"]!["nodeName"]);
    }

    private Task<JsonObject> BindAsync(string pod, string body, HttpStatusCode expected = HttpStatusCode.Created) => api.PostAsync($"{pod}/binding", body, expected);

    private async Task<string> NewPodAsync()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        await api.PostAsync(home, Samples.Pod("p"));
        return $"{home}/p";
    }
}
