using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.OpenApi;

[Collection(ApiCollection.Name)]
public sealed class SwaggerTests(ApiServer api)
{
    [Fact]
    public async Task Document_RefersToNothingThatItDoesNotDefine()
    {
        JsonObject document = await DocumentAsync();
        HashSet<string> defined = [.. document["components"]!["schemas"]!.AsObject().Select(schema => $"#/components/schemas/{schema.Key}")];
        Assert.Empty(ReferencesIn(document).Except(defined));
    }

    [Fact]
    public async Task Operations_HaveNamesOfTheirOwnSummariesAndAnswers()
    {
        JsonObject document = await DocumentAsync();
        JsonObject[] operations = [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(entry => entry.Value!.AsObject())];
        Assert.Equal(operations.Length, operations.Select(operation => (string)operation["operationId"]!).Distinct().Count());
        Assert.All(operations, operation => Assert.NotEmpty((string)operation["summary"]!));
        Assert.All(operations, operation => Assert.Contains(operation["responses"]!.AsObject(), answer => answer.Key is "200" or "201"));
    }

    [Fact]
    public async Task Example_OfADeployment_CanBeCreatedAsItStands()
    {
        JsonObject document = await DocumentAsync();
        JsonNode create = document["paths"]!["/apis/apps/v1/namespaces/{namespace}/deployments"]!["post"]!;
        string example = create["requestBody"]!["content"]!["application/json"]!["example"]!.ToJsonString();
        JsonObject created = await api.PostAsync($"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments?fieldValidation=Strict", example);
        Assert.Equal("hello", created.NameOf());
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("restart")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("promote")]
    [InlineData("promote-to")]
    [InlineData("abort")]
    [InlineData("retry")]
    [InlineData("rollback")]
    public async Task Example_OfAnAction_IsTakenAsItStands(string action)
    {
        string home = $"/apis/apps/v1/namespaces/{await api.NewNamespaceAsync()}/deployments";
        await api.PostAsync(home, Samples.Deployment("hello"));
        JsonObject document = await DocumentAsync();
        JsonNode content = document["paths"]![$"/apis/apps/v1/namespaces/{{namespace}}/deployments/{{name}}/{action}"]!["post"]!["requestBody"]!["content"]!;
        string example = content["application/json"]!["example"]!.ToJsonString();

        using StringContent body = new(example, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await api.Admin.PostAsync($"{home}/hello/{action}?fieldValidation=Strict", body);

        // Some cannot be done to a Deployment without any revision; what is wrong then is its state, never the body.
        Assert.True(
            response.StatusCode is System.Net.HttpStatusCode.Created or System.Net.HttpStatusCode.Conflict, $"{example}: {await response.Content.ReadAsStringAsync()}");
    }

    private static IEnumerable<string> ReferencesIn(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member =>
            member is { Key: "$ref", Value: JsonValue value } ? [value.GetValue<string>()] : ReferencesIn(member.Value)),
        JsonArray items => items.SelectMany(ReferencesIn),
        _ => [],
    };

    private async Task<JsonObject> DocumentAsync() => JsonNode.Parse(await api.Nobody.GetStringAsync("/swagger/v1/swagger.json"))!.AsObject();
}
