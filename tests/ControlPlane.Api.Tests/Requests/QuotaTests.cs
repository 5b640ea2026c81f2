using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>Quotas as the API keeps them; nothing reconciles here, so what is used is what creates have written.</summary>
[Collection(ApiCollection.Name)]
public sealed class QuotaTests(ApiServer api)
{
    [Fact]
    public async Task Create_BeyondAQuota_IsA403InKubernetesWords()
    {
        string home = await HomeAsync("""{"configmaps":"1","pods":"1"}""");
        await api.PostAsync($"{home}/configmaps", """{"metadata":{"name":"a"}}""");

        JsonObject refused = await api.PostAsync($"{home}/configmaps", """{"metadata":{"name":"b"}}""", HttpStatusCode.Forbidden);

        Assert.Equal(
            ("Forbidden", "configmaps \"b\" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1"),
            ((string)refused["reason"]!, (string)refused["message"]!));
        await api.PostAsync($"{home}/configmaps?dryRun=All", """{"metadata":{"name":"b"}}""", HttpStatusCode.Forbidden);
        await api.PostAsync($"{home}/secrets", Samples.Secret("b"));
        await api.DeleteAsync($"{home}/configmaps/a");
        JsonObject made = await api.PostAsync($"{home}/configmaps", """{"metadata":{"name":"b"}}""");
        Assert.Equal(made.VersionOf(), (await api.GetAsync($"{home}/configmaps/b")).VersionOf());
    }

    /// <summary>Each create writes what is used, on the condition that no other has: of those that see the last room, one gets it.</summary>
    [Fact]
    public async Task Create_ManyAtOnce_NeverPassesAQuota()
    {
        string home = await HomeAsync("""{"pods":"5"}""");

        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 25).Select(async i =>
        {
            using HttpResponseMessage answer = await api.Admin.PostAsync($"{home}/pods", new StringContent(Samples.Pod($"p{i}"), System.Text.Encoding.UTF8, "application/json"));
            return answer.StatusCode;
        }));

        Assert.Equal((5, 20), (answers.Count(answer => answer == HttpStatusCode.Created), answers.Count(answer => answer == HttpStatusCode.Forbidden)));
        Assert.Equal(5, (await api.GetAsync($"{home}/pods"))["items"]!.AsArray().Count);
        JsonObject quota = await api.GetAsync($"{home}/resourcequotas/q");
        Assert.Equal(("5", "5"), ((string)quota["status"]!["used"]!["pods"]!, (string)quota["status"]!["hard"]!["pods"]!));
    }

    [Fact]
    public async Task Create_OfAPodThatDoesNotSayWhatItNeeds_IsA403()
    {
        string home = await HomeAsync("""{"requests.cpu":"1"}""");

        JsonObject refused = await api.PostAsync($"{home}/pods", Samples.Pod("p"), HttpStatusCode.Forbidden);

        Assert.Equal("pods \"p\" is forbidden: failed quota: q: must specify requests.cpu for: c", (string)refused["message"]!);
    }

    [Fact]
    public async Task Update_OfAService_TakesNodePortsFromTheQuota()
    {
        string home = await HomeAsync("""{"services.nodeports":"1"}""");
        await api.PostAsync($"{home}/services", """{"metadata":{"name":"web"},"spec":{"ports":[{"port":80,"name":"a"},{"port":81,"name":"b"}]}}""");

        JsonObject refused = await api.PatchAsync($"{home}/services/web", "application/merge-patch+json", """{"spec":{"type":"NodePort"}}""", HttpStatusCode.Forbidden);
        await api.PatchAsync($"{home}/services/web", "application/merge-patch+json", """{"spec":{"type":"NodePort","ports":[{"port":80,"name":"a"}]}}""");

        Assert.Contains("requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1", (string)refused["message"]!, StringComparison.Ordinal);
        Assert.Equal("1", (string)(await api.GetAsync($"{home}/resourcequotas/q"))["status"]!["used"]!["services.nodeports"]!);
    }

    private async Task<string> HomeAsync(string hard)
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}";
        await api.PostAsync($"{home}/resourcequotas", $$$"""{"metadata":{"name":"q"},"spec":{"hard":{{{hard}}}}}""");
        return home;
    }
}
