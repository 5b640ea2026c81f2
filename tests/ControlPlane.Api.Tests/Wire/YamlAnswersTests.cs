using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Fuzzing;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Api.Wire.Decoding;

namespace ControlPlane.Api.Tests.Wire;

/// <summary>Answers in YAML for who prefers it: the same documents as in JSON.</summary>
[Collection(ApiCollection.Name)]
public sealed class YamlAnswersTests(ApiServer api)
{
    private const string Yaml = "application/yaml";
    private const string Table = "as=Table;v=v1;g=meta.k8s.io";
    private const string Metadata = "as=PartialObjectMetadata;v=v1;g=meta.k8s.io";

    /// <summary>An <c>Accept</c>, and what comes of it: a media type, or none.</summary>
    public static TheoryData<string, string> Negotiations => new()
    {
        { "application/yaml", Yaml },
        { "APPLICATION/YAML", Yaml },
        { "application/yaml, application/json", Yaml },
        { "application/json, application/yaml", "application/json" },
        { "application/json;q=0.5, application/yaml;q=0.9", Yaml },
        { "application/yaml;q=0.5, application/json", "application/json" },
        { "text/html, application/yaml;q=0.1", Yaml },
        { "*/*, application/yaml", Yaml },
        { "application/*, application/yaml", Yaml },
        { "*/*, application/*", "application/json" },
        { "application/yaml;q=0.1, */*", "application/json" },
        { "application/json;q=0, application/yaml;q=0.1", Yaml },
        { "application/vnd.kubernetes.protobuf, application/yaml", Yaml },
        { "application/yaml;as=Unknown;v=v1;g=meta.k8s.io, application/json", "application/json" },
        { "application/yaml;stream=watch, application/json", "application/json" },
        { "*/*", "application/json" },
        { "", "application/json" },
        { "application/yaml;q=0", "" },
        { "text/yaml", "" },
        { "application/x-yaml", "" },
        { "text/html", "" },
    };

    /// <summary>Documents that there are in both formats.</summary>
    public static TheoryData<string, string> Documents => new()
    {
        { "/api", "" },
        { "/apis", "" },
        { "/api", ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" },
        { "/apis", ";g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList" },
        { "/api/v1", "" },
        { "/apis/apps", "" },
        { "/apis/apps/v1", "" },
    };

    [Theory]
    [MemberData(nameof(Negotiations))]
    public async Task Answer_IsInTheFormatThatComesFirst(string accept, string expected)
    {
        using HttpResponseMessage response = await AskAsync("/api/v1/namespaces/default", accept);
        using HttpResponseMessage discovery = await AskAsync("/api/v1", accept);

        Assert.Equal((expected.Length > 0 ? 200 : 406, expected), ((int)response.StatusCode, expected.Length > 0 ? TypeOf(response) : ""));
        Assert.Equal((response.StatusCode, TypeOf(response)), (discovery.StatusCode, TypeOf(discovery)));
    }

    /// <summary>Each kind's object, as it is, as a table, as its metadata, and in lists.</summary>
    [Fact]
    public async Task Objects_AreTheSameAsInJson()
    {
        string ns = await api.NewNamespaceAsync();
        foreach (FuzzRequest make in FuzzSamples.Makes)
        {
            JsonObject made = await api.PostAsync(make.In(ns).Path, Encoding.UTF8.GetString(make.In(ns).Body!));
            foreach (string form in new[] { "", $";{Table}", $";{Metadata}" })
            {
                await SameAsync($"{make.In(ns).Path}/{made.NameOf()}", form);
                await SameAsync($"{make.In(ns).Path}?includeObject=Object", form);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Discovery_IsTheSameAsInJson(string path, string form)
    {
        string type = await SameAsync(path, form);
        Assert.Equal(Yaml + form, type.Replace(" ", "", StringComparison.Ordinal));
    }

    /// <summary>What people and programs put into objects, there and back: a client may make the object anew from what it read.</summary>
    [Fact]
    public async Task Object_MadeOfItsYaml_IsTheSame()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/configmaps";
        string[] texts = ["yes", "1", "null", "0x1", "1e3", "~", "", "2026-01-31", "a\n  b\n", " a\n", "a\r\nb", "{\"a\":1}\n", "ü 😀", "\u2028", "- a", "a: b # c", "'", "\"", "\\"];
        JsonObject data = new(texts.Select((text, at) => KeyValuePair.Create($"k{at}", (JsonNode?)text)));
        foreach (string name in new[] { "yes", "1", "null", "0x1", "1e3", "n" })
        {
            data[name] = "v";
        }

        await api.PostAsync(home, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "texts" }, ["data"] = data.DeepClone() }.ToJsonString());
        using HttpResponseMessage read = await AskAsync($"{home}/texts", Yaml);
        string yaml = string.Join('\n', (await read.Content.ReadAsStringAsync()).Split('\n').Where(line => !line.StartsWith("  resourceVersion:", StringComparison.Ordinal)));
        await api.DeleteAsync($"{home}/texts");
        JsonObject made = await api.SendAsync(HttpMethod.Post, home, yaml, HttpStatusCode.Created, Yaml);

        Assert.True(JsonNode.DeepEquals(data, made["data"]), made["data"]!.ToJsonString());
    }

    [Fact]
    public async Task Errors_AreYamlForWhoPrefersIt_AndJsonForWhoTakesNeither()
    {
        const string missing = "/api/v1/namespaces/default/pods/missing";
        using HttpResponseMessage yaml = await AskAsync(missing, Yaml);
        using HttpResponseMessage table = await AskAsync(missing, $"{Yaml};{Table},{Yaml}");
        using HttpResponseMessage neither = await AskAsync(missing, "text/html");
        using HttpResponseMessage nobody = await AskAsync(missing, Yaml, api.Nobody);
        using HttpResponseMessage nowhere = await AskAsync("/apis/nothing.test/v1/things", Yaml);

        Assert.Equal("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"missing\" not found","reason":"NotFound","details":{"name":"missing","kind":"pods"},"code":404}""", (await JsonOfAsync(yaml)).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal((404, Yaml), ((int)table.StatusCode, TypeOf(table)));
        Assert.Equal((406, "application/json"), ((int)neither.StatusCode, TypeOf(neither)));
        Assert.Contains("application/json, application/yaml", await neither.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((401, Yaml), ((int)nobody.StatusCode, TypeOf(nobody)));
        Assert.Equal((404, Yaml), ((int)nowhere.StatusCode, TypeOf(nowhere)));
    }

    [Fact]
    public async Task Writes_AreAnsweredInYaml()
    {
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/configmaps";
        foreach ((HttpMethod method, string path, string body) in new[]
                 {
                     (HttpMethod.Post, home, "metadata: {name: a}\ndata: {k: '1'}\n"),
                     (HttpMethod.Put, $"{home}/a", "metadata: {name: a}\ndata: {k: '2'}\n"),
                     (HttpMethod.Delete, $"{home}/a", ""),
                     (HttpMethod.Post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}"),
                 })
        {
            using HttpResponseMessage response = await AskAsync(path, Yaml, method: method, body: body);
            Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {await response.Content.ReadAsStringAsync()}");
            Assert.Equal((Yaml, "kind"), (TypeOf(response), (await JsonOfAsync(response)).First(member => member.Key == "kind").Key));
        }
    }

    /// <summary>As on Kubernetes: watches are streams of JSON, and the OpenAPI documents are JSON or protobuf.</summary>
    [Theory]
    [InlineData("/api/v1/pods?watch=true&timeoutSeconds=1", "application/json;stream=watch")]
    [InlineData("/openapi/v2", "application/json")]
    [InlineData("/openapi/v3", "application/json")]
    [InlineData("/openapi/v3/apis/apps/v1", "application/json")]
    public async Task WhatHasNoYaml_IsNotAcceptable(string path, string accepted)
    {
        using HttpResponseMessage response = await AskAsync(path, Yaml);

        Assert.Equal((HttpStatusCode.NotAcceptable, Yaml), (response.StatusCode, TypeOf(response)));
        Assert.Equal($"only the following media types are accepted: {accepted}", (string)(await JsonOfAsync(response))["message"]!);
        using HttpResponseMessage json = await AskAsync(path, "application/yaml;q=0.5, application/json");
        Assert.Equal((HttpStatusCode.OK, "application/json"), (json.StatusCode, TypeOf(json)));
    }

    [Fact]
    public async Task Version_IsJsonWhateverIsAccepted()
    {
        using HttpResponseMessage response = await AskAsync("/version", Yaml);
        Assert.Equal((HttpStatusCode.OK, "application/json"), (response.StatusCode, TypeOf(response)));
    }

    /// <summary>Reads a document in both formats.</summary>
    /// <returns>The media type of the one in YAML.</returns>
    private async Task<string> SameAsync(string path, string form)
    {
        using HttpResponseMessage yaml = await AskAsync(path, Yaml + form);
        using HttpResponseMessage json = await AskAsync(path, $"application/json{form}");
        string text = await yaml.Content.ReadAsStringAsync();
        Assert.True(yaml.StatusCode == HttpStatusCode.OK && TypeOf(yaml) == Yaml, $"{path} {form}: {yaml.StatusCode} {text}");
        JsonNode expected = JsonNode.Parse(await json.Content.ReadAsStringAsync())!;
        Assert.True(JsonNode.DeepEquals(WithoutAges(expected), WithoutAges(await JsonOfAsync(yaml))), $"{path} {form}\n{expected}\nis not\n{text}");
        return yaml.Content.Headers.ContentType!.ToString();
    }

    /// <summary>Rows say how old objects are, which is not the same a moment later.</summary>
    private static JsonNode WithoutAges(JsonNode document)
    {
        string[] columns = [.. (document["columnDefinitions"]?.AsArray() ?? []).Select(column => (string)column!["name"]!)];
        foreach (JsonNode? row in document["rows"]?.AsArray() ?? [])
        {
            foreach (int at in Enumerable.Range(0, columns.Length).Where(at => columns[at] is "Age" || columns[at].EndsWith(" Seen", StringComparison.Ordinal)))
            {
                row!["cells"]![at] = "age";
            }
        }

        return document;
    }

    private static string TypeOf(HttpResponseMessage response) => response.Content.Headers.ContentType!.MediaType!;

    private static async Task<JsonObject> JsonOfAsync(HttpResponseMessage response) =>
        JsonNode.Parse(YamlToJson.Convert(await response.Content.ReadAsByteArrayAsync()).Span)!.AsObject();

    private async Task<HttpResponseMessage> AskAsync(string path, string accept, HttpClient? client = null, HttpMethod? method = null, string body = "")
    {
        using HttpRequestMessage request = new(method ?? HttpMethod.Get, path);
        if (accept.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (body.Length > 0)
        {
            request.Content = new StringContent(body, Encoding.UTF8, Yaml);
        }

        return await (client ?? api.Admin).SendAsync(request);
    }
}
