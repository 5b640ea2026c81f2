using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Security;

/// <summary>What reviews answer is what happens.</summary>
[Collection(ApiCollection.Name)]
public sealed class ReviewTests(ApiServer api)
{
    private const string Authorization = "/apis/authorization.k8s.io/v1";
    private const string Authentication = "/apis/authentication.k8s.io/v1";

    public static TheoryData<string> Paths => ["/healthz", "/swagger/index.html", "/api", "/apis/apps/v1", "/version", "/openapi/v2", "/agent/v1/nodes/review/desired?after=0"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task AccessToAPath_IsAnsweredAsTheApiDecides(string path)
    {
        foreach (HttpClient client in new[] { api.Admin, api.Agent })
        {
            using HttpResponseMessage response = await client.GetAsync(path);
            JsonNode review = await AskAsync(client, $"{Authorization}/selfsubjectaccessreviews", new JsonObject
            {
                ["spec"] = new JsonObject { ["nonResourceAttributes"] = new JsonObject { ["path"] = path.Split('?')[0], ["verb"] = "get" } },
            });

            Assert.Equal(response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden), (bool)review["status"]!["allowed"]!);
        }
    }

    [Fact]
    public async Task AccessToObjects_IsAnAdministratorsAndNotAnAgents()
    {
        const string Question = """{"spec":{"resourceAttributes":{"namespace":"default","verb":"delete","group":"apps","resource":"deployments"}}}""";

        JsonNode yes = await AskAsync(api.Admin, $"{Authorization}/selfsubjectaccessreviews", JsonNode.Parse(Question)!);
        JsonNode no = await AskAsync(api.Agent, $"{Authorization}/selfsubjectaccessreviews", JsonNode.Parse(Question)!);

        Assert.Equal(("SelfSubjectAccessReview", "authorization.k8s.io/v1"), ((string)yes["kind"]!, (string)yes["apiVersion"]!));
        Assert.True((bool)yes["status"]!["allowed"]!);
        Assert.Equal("deployments", (string)yes["spec"]!["resourceAttributes"]!["resource"]!);
        Assert.False((bool)no["status"]!["allowed"]!);
    }

    [Theory]
    [InlineData("""{"user":"admin"}""", true)]
    [InlineData("""{"user":"agents"}""", false)]
    [InlineData("""{"user":"nobody"}""", false)]
    [InlineData("""{"user":"nobody","groups":["system:masters"]}""", true)]
    [InlineData("""{"groups":["system:nodes"]}""", false)]
    public async Task AccessOfSomebody_FollowsTheirTokenOrTheirGroup(string who, bool isAllowed)
    {
        JsonNode spec = JsonNode.Parse(who)!;
        spec["resourceAttributes"] = JsonNode.Parse("""{"namespace":"default","verb":"get","resource":"secrets"}""");
        JsonObject question = new() { ["spec"] = spec };

        JsonNode everywhere = await AskAsync(api.Admin, $"{Authorization}/subjectaccessreviews", question);
        JsonNode here = await AskAsync(api.Admin, $"{Authorization}/namespaces/default/localsubjectaccessreviews", question);

        Assert.Equal((isAllowed, isAllowed), ((bool)everywhere["status"]!["allowed"]!, (bool)here["status"]!["allowed"]!));
        using HttpResponseMessage byAnAgent = await api.Agent.PostAsJsonAsync($"{Authorization}/subjectaccessreviews", question);
        Assert.Equal(HttpStatusCode.Forbidden, byAnAgent.StatusCode);
    }

    [Theory]
    [InlineData("selfsubjectaccessreviews", """{"spec":{}}""", "spec.resourceAttributes")]
    [InlineData("selfsubjectaccessreviews", """{"spec":{"resourceAttributes":{"verb":"get"},"nonResourceAttributes":{"path":"/"}}}""", "spec.nonResourceAttributes")]
    [InlineData("subjectaccessreviews", """{"spec":{"resourceAttributes":{"verb":"get"}}}""", "spec.user")]
    [InlineData("namespaces/default/localsubjectaccessreviews", """{"spec":{"user":"a","resourceAttributes":{"namespace":"other"}}}""", "spec.resourceAttributes.namespace")]
    [InlineData("namespaces/default/localsubjectaccessreviews", """{"spec":{"user":"a","nonResourceAttributes":{"path":"/"}}}""", "spec.nonResourceAttributes")]
    public async Task AQuestionThatIsNone_IsRefusedAtItsField(string path, string body, string field)
    {
        JsonObject status = await api.PostAsync($"{Authorization}/{path}", body, HttpStatusCode.UnprocessableEntity);

        Assert.Equal(field, (string)status["details"]!["causes"]![0]!["field"]!);
    }

    [Fact]
    public async Task Rules_OfAnAdministratorAreAll_OfAnAgentWhatItMayAskOfItself()
    {
        JsonNode question = JsonNode.Parse("""{"spec":{"namespace":"default"}}""")!;

        JsonNode admin = await AskAsync(api.Admin, $"{Authorization}/selfsubjectrulesreviews", question);
        JsonNode agent = await AskAsync(api.Agent, $"{Authorization}/selfsubjectrulesreviews", question);

        Assert.Equal("*", (string)admin["status"]!["resourceRules"]![0]!["resources"]![0]!);
        Assert.False((bool)admin["status"]!["incomplete"]!);
        Assert.All(agent["status"]!["resourceRules"]!.AsArray(), rule => Assert.Equal("create", (string)rule!["verbs"]![0]!));
        Assert.Contains("/agent/v1/*", agent["status"]!["nonResourceRules"]![0]!["nonResourceURLs"]!.AsArray().Select(path => (string)path!));
    }

    [Fact]
    public async Task WhoSomebodyIs_IsTheTokensNameAndItsRolesGroup()
    {
        JsonNode me = await AskAsync(api.Admin, $"{Authentication}/selfsubjectreviews", new JsonObject());
        Assert.Equal("admin", (string)me["status"]!["userInfo"]!["username"]!);
        Assert.Equal(["system:masters", "system:authenticated"], me["status"]!["userInfo"]!["groups"]!.AsArray().Select(group => (string)group!));

        string token = api.Admin.DefaultRequestHeaders.Authorization!.Parameter!;
        JsonNode known = await AskAsync(api.Admin, $"{Authentication}/tokenreviews", new JsonObject { ["spec"] = new JsonObject { ["token"] = token } });
        Assert.Equal((true, "admin"), ((bool)known["status"]!["authenticated"]!, (string)known["status"]!["user"]!["username"]!));
        JsonNode unknown = await AskAsync(api.Admin, $"{Authentication}/tokenreviews", new JsonObject { ["spec"] = new JsonObject { ["token"] = "guess" } });
        Assert.False((bool)unknown["status"]!["authenticated"]!);
    }

    private static async Task<JsonNode> AskAsync(HttpClient client, string path, JsonNode question)
    {
        using HttpResponseMessage response = await client.PostAsJsonAsync(path, question);
        string answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, answer);
        return JsonNode.Parse(answer)!;
    }
}
