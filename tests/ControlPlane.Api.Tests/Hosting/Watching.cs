using System.Net;
using System.Text.Json.Nodes;

namespace ControlPlane.Api.Tests.Hosting;

/// <summary>An open watch, read event by event.</summary>
internal sealed class Watching : IAsyncDisposable
{
    private static readonly TimeSpan EventWithin = TimeSpan.FromSeconds(45);

    private readonly HttpResponseMessage response;
    private readonly StreamReader reader;

    private Watching(HttpResponseMessage response, StreamReader reader)
    {
        this.response = response;
        this.reader = reader;
    }

    public static async Task<Watching> StartAsync(HttpClient client, string path, string accept = "application/json")
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new Watching(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    public async Task<JsonObject> NextAsync()
    {
        string? line = await reader.ReadLineAsync().WaitAsync(EventWithin);
        Assert.True(line is not null, "the watch ended where an event was expected");
        return JsonNode.Parse(line)!.AsObject();
    }

    /// <summary>The next events, as <c>TYPE name</c>.</summary>
    public async Task<IReadOnlyList<string>> TakeAsync(int count)
    {
        List<string> events = [];
        while (events.Count < count)
        {
            JsonObject item = await NextAsync();
            events.Add($"{item["type"]} {item["object"]!.NameOf()}");
        }

        return events;
    }

    /// <summary>True when nothing more comes.</summary>
    public async Task<bool> IsOverAsync() => await reader.ReadLineAsync().WaitAsync(EventWithin) is null;

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}
