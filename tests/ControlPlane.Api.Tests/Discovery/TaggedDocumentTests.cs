using System.Net;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Discovery;

/// <summary>What clients keep on disk they ask for again by its tag.</summary>
[Collection(ApiCollection.Name)]
public sealed class TaggedDocumentTests(ApiServer api)
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

    [Theory]
    [InlineData("/openapi/v2", "application/json")]
    [InlineData("/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")]
    [InlineData("/openapi/v3", "application/json")]
    [InlineData("/openapi/v3/apis/apps/v1", "application/json")]
    [InlineData("/apis", "application/json")]
    [InlineData("/apis", Aggregated)]
    [InlineData("/api", Aggregated)]
    [InlineData("/apis/apps/v1", "application/json")]
    public async Task Document_ThatTheClientHas_IsNotSentAgain(string path, string accept)
    {
        using HttpResponseMessage first = await GetAsync(path, accept);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Contains("Accept", first.Headers.Vary);
        string tag = first.Headers.ETag!.ToString();

        using HttpResponseMessage second = await GetAsync(path, accept, tag);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage other = await GetAsync(path, accept, "\"another\"");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task GroupDocument_ByItsHash_IsKeptForGood_AndByAnothersIsElsewhere()
    {
        string address = (string)(await api.GetAsync("/openapi/v3"))["paths"]!["apis/apps/v1"]!["serverRelativeURL"]!;
        using HttpResponseMessage document = await GetAsync(address, "application/json");
        Assert.True(document.Headers.CacheControl is { Public: true, MaxAge.TotalDays: 365 });
        using HttpClient client = new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = api.Admin.BaseAddress };
        client.DefaultRequestHeaders.Authorization = api.Admin.DefaultRequestHeaders.Authorization;
        using HttpResponseMessage moved = await client.GetAsync(new Uri("/openapi/v3/apis/apps/v1?hash=0123", UriKind.Relative));
        Assert.Equal((HttpStatusCode.MovedPermanently, address), (moved.StatusCode, moved.Headers.Location!.OriginalString));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string accept, string? tag = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        return await api.Admin.SendAsync(request);
    }
}
