using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>Watches of changes that are no longer kept: 410, as an answer where it is known before the stream begins, and as its last event where it is not.</summary>
public sealed class CompactedWatchTests(ApiServer api) : IClassFixture<ApiServer>
{
    private const string Home = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Watch_FromARevisionThatIsTooOld_IsA410()
    {
        using IDisposable compacted = api.Cache.Compact();

        JsonObject status = await api.GetAsync($"{Home}?watch=true&resourceVersion=1", HttpStatusCode.Gone);

        Assert.Equal(("Status", "Failure", "Expired", 410), ((string)status["kind"]!, (string)status["status"]!, (string)status["reason"]!, (int)status["code"]!));
        Assert.StartsWith("too old resource version: 1 (", (string)status["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ThatIsCutOff_EndsWithAnErrorThatSaysExpired()
    {
        await api.PostAsync(Home, """{"metadata":{"name":"there"}}""");
        using IDisposable compacted = api.Cache.Compact();
        await using Watching watching = await Watching.StartAsync(api.Admin, $"{Home}?watch=true&fieldSelector=metadata.name%3Dthere");

        Assert.Equal(["ADDED there"], await watching.TakeAsync(1));
        JsonObject last = await watching.NextAsync();

        JsonNode status = last["object"]!;
        Assert.Equal("ERROR", (string)last["type"]!);
        Assert.Equal(("Status", "v1", "Failure", "Expired", 410),
            ((string)status["kind"]!, (string)status["apiVersion"]!, (string)status["status"]!, (string)status["reason"]!, (int)status["code"]!));
        Assert.True(await watching.IsOverAsync());
    }
}
