using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

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

    private static string Policies(string space) => $"/apis/rollouts.controlplane.dev/v1/namespaces/{space}/rolloutpolicies";
}
