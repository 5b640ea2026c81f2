using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using Microsoft.Extensions.DependencyInjection;

namespace ControlPlane.Api.Tests.Requests;

[Collection(ApiCollection.Name)]
public sealed class RolloutPolicyTests(ApiServer api)
{
    private const string Careful = """
        {"metadata":{"name":"careful"},"spec":{"selector":{},"strategy":{"type":"Canary","canary":{"service":"hello","steps":[{"setWeight":33.3},{"pause":{}}]}}}}
        """;

    [Fact]
    public async Task Create_OfAPolicy_KeepsWhatWasSaid()
    {
        string space = await api.NewNamespaceAsync();

        await api.PostAsync(Policies(space), Careful);

        JsonObject stored = await api.GetAsync($"{Policies(space)}/careful");
        JsonNode steps = stored["spec"]!["strategy"]!["canary"]!["steps"]!;
        Assert.Equal(33.3m, (decimal)steps[0]!["setWeight"]!);
        Assert.Empty(steps[1]!["pause"]!.AsObject());
        Assert.Empty(stored["spec"]!["selector"]!.AsObject());
        Assert.Equal(1, (int)stored["metadata"]!["generation"]!);
    }

    [Theory]
    [InlineData("33.3", "33.33", "spec.strategy.canary.steps[0].setWeight")]
    [InlineData("Canary", "Shadow", "spec.strategy.type")]
    public async Task Create_OfAPolicyThatIsWrong_NamesTheField(string right, string wrong, string field)
    {
        string space = await api.NewNamespaceAsync();

        JsonObject refused = await api.PostAsync(Policies(space), Careful.Replace(right, wrong, StringComparison.Ordinal), HttpStatusCode.UnprocessableEntity);

        Assert.Contains(field, refused["details"]!["causes"]!.AsArray().Select(cause => (string)cause!["field"]!));
    }

    /// <summary>Nothing reconciles here: the test says how far the canary has come.</summary>
    [Fact]
    public async Task Rollout_WhosePolicyNamesAServiceOfOthers_TellsSoWhileItIsSo()
    {
        string space = await api.NewNamespaceAsync();
        string deployments = $"/apis/apps/v1/namespaces/{space}/deployments";
        string service = $"/api/v1/namespaces/{space}/services/hello";
        JsonObject web = await api.PostAsync(deployments, Samples.Deployment("web"));
        await api.PostAsync(deployments, Samples.Deployment("rival").Replace("\"app\":\"rival\"", "\"app\":\"web\"", StringComparison.Ordinal));
        await api.PostAsync($"/api/v1/namespaces/{space}/services", """{"metadata":{"name":"hello"},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}}""");
        await api.PostAsync(Policies(space), Careful);
        await StoreAsync(new RolloutState
        {
            Metadata = new ObjectMeta { Namespace = space, Name = (string)web["metadata"]!["uid"]!, Uid = Guid.NewGuid().ToString() },
            Spec = new RolloutStateSpec { Deployment = "web", Policy = "careful", Phase = RolloutPhases.Progressing, Steps = 2, Traffic = [new ServiceTraffic { Service = "hello" }] },
        });
        Assert.Equal(["ServiceShared"], await ReasonsAsync());

        await api.PatchAsync(service, "application/merge-patch+json", """{"spec":{"selector":{"app":"rival"}}}""");
        Assert.Equal(["ServiceMismatch"], (await ReasonsAsync()).Take(1));

        await api.DeleteAsync($"{deployments}/rival");
        await api.PatchAsync(service, "application/merge-patch+json", """{"spec":{"selector":{"app":"web"}}}""");
        Assert.Empty(await ReasonsAsync());

        async Task<string[]> ReasonsAsync() =>
            [.. (await api.GetAsync($"{deployments}/web/rollout"))["blockers"]!.AsArray().Select(blocker => (string)blocker!["reason"]!)];
    }

    private async Task StoreAsync(Resource item) =>
        Assert.IsType<UnitResult.Committed>(Assert.Single(await api.Services.GetRequiredService<IResourceStore>()
            .CommitAsync([new CommitUnit { Actor = "test", Writes = [new Write.Create(item)] }], CancellationToken.None)));

    private static string Policies(string space) => $"/apis/rollouts.controlplane.dev/v1/namespaces/{space}/rolloutpolicies";
}
