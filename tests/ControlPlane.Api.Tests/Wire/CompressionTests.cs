using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Wire;

/// <summary>Large answers are compressed for who takes gzip, and say so; small ones, watches and answers to others are sent as they are.</summary>
[Collection(ApiCollection.Name)]
public sealed class CompressionTests(ApiServer api)
{
    private const int LargeBytes = 200_000;

    /// <summary>What is read, whether it is large, what the client takes, and whether it is compressed then.</summary>
    public static TheoryData<string, string, bool> Reads => new()
    {
        { "configmaps/large", "gzip", true },
        { "configmaps", "gzip", true },
        { "configmaps", "br, gzip, deflate", true },
        { "configmaps?pretty=true", "gzip", true },
        { "configmaps?fieldSelector=metadata.name%3Dsmall", "gzip", false },
        { "configmaps/small", "gzip", false },
        { "configmaps", "br, deflate", false },
        { "configmaps", "", false },
        { "configmaps/large", "identity", false },
        { "configmaps/large", "gzip;q=0", false },
    };

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task Answer_ThatIsLarge_IsCompressedForWhoTakesIt(string path, string accepted, bool isCompressed)
    {
        string home = $"/api/v1/namespaces/{await FurnishedNamespaceAsync()}/{path}";

        using HttpResponseMessage plain = await AskAsync(home, "");
        using HttpResponseMessage response = await AskAsync(home, accepted);

        byte[] body = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(isCompressed ? "gzip" : "", string.Join(',', response.Content.Headers.ContentEncoding));
        Assert.Equal(isCompressed, response.Headers.Vary.Contains("Accept-Encoding"));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(await plain.Content.ReadAsStringAsync(), isCompressed ? await UnpackedAsync(body) : System.Text.Encoding.UTF8.GetString(body));
        Assert.True(!isCompressed || body.Length < LargeBytes / 10, $"{body.Length} bytes of a text that repeats itself");
    }

    [Fact]
    public async Task Table_ThatIsLarge_IsCompressed()
    {
        string ns = await FurnishedNamespaceAsync();
        string home = $"/api/v1/namespaces/{ns}/configmaps?includeObject=Object";
        const string table = "application/json;as=Table;v=v1;g=meta.k8s.io";
        using HttpResponseMessage response = await AskAsync(home, "gzip", table);

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        JsonNode unpacked = JsonNode.Parse(await UnpackedAsync(await response.Content.ReadAsByteArrayAsync()))!;
        Assert.Equal(("Table", 2), ((string)unpacked["kind"]!, unpacked["rows"]!.AsArray().Count));
    }

    /// <summary>Each event is there at once: nothing is held back until there is enough of it.</summary>
    [Fact]
    public async Task Watch_IsSentAsItIs()
    {
        string ns = await FurnishedNamespaceAsync();
        using HttpResponseMessage response = await AskAsync($"/api/v1/namespaces/{ns}/configmaps?watch=true&timeoutSeconds=1", "gzip");

        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Contains("\"ADDED\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<string> FurnishedNamespaceAsync()
    {
        string ns = await api.NewNamespaceAsync();
        foreach ((string name, int size) in new[] { ("large", LargeBytes), ("small", 1) })
        {
            await api.PostAsync($"/api/v1/namespaces/{ns}/configmaps", $$"""{"metadata":{"name":"{{name}}"},"data":{"k":"{{new string('x', size)}}"} }""");
        }

        return ns;
    }

    private async Task<HttpResponseMessage> AskAsync(string path, string accepted, string accept = "application/json")
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (accepted.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        }

        HttpResponseMessage response = await api.Admin.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    private static async Task<string> UnpackedAsync(byte[] body)
    {
        using GZipStream unpacked = new(new MemoryStream(body), CompressionMode.Decompress);
        using StreamReader text = new(unpacked);
        return await text.ReadToEndAsync();
    }
}
