using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>An agent that does what a test tells it: it is asked for streams of a pod on its node, and dials for them.</summary>
internal sealed class TestedAgent(ApiServer api)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly string node = $"node-{Guid.NewGuid():N}";

    /// <summary>Reports, and gets a pod; returns the pod's path.</summary>
    public Task<string> StartPodAsync() => StartPodAsync(Samples.Pod("p", node));

    /// <summary>The same with a pod <c>p</c> of a test's own, which is put on the node.</summary>
    public Task<string> StartPodAsync(JsonObject pod)
    {
        pod["spec"]!["nodeName"] = node;
        return StartPodAsync(pod.ToJsonString());
    }

    private async Task<string> StartPodAsync(string pod)
    {
        NodeReport report = new() { SessionId = "s", Sequence = 1, IsFull = true, Node = new NodeStatus() };
        using HttpResponseMessage reported = await api.Agent.PostAsJsonAsync($"/agent/v1/nodes/{node}/report", report, ResourceJson.Options);
        reported.EnsureSuccessStatusCode();
        string home = $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/pods";
        await api.PostAsync(home, pod);
        return $"{home}/p";
    }

    /// <summary>The one stream that is asked for.</summary>
    public async Task<StreamRequest> AskedForAsync() => Assert.Single(await AskedForAsync(count: 1));

    /// <summary>The streams that are asked for, once there are so many.</summary>
    public async Task<IReadOnlyList<StreamRequest>> AskedForAsync(int count)
    {
        using CancellationTokenSource late = new(Within);
        long after = 0;
        while (true)
        {
            using HttpResponseMessage response = await api.Agent.GetAsync($"/agent/v1/nodes/{node}/desired?after={after}", late.Token);
            DesiredState desired = (await response.Content.ReadFromJsonAsync<DesiredState>(ResourceJson.Options, late.Token))!;
            if (desired.Streams.Count >= count)
            {
                return desired.Streams;
            }

            after = desired.Revision;
        }
    }

    public async Task<Stream> DialAsync(string id)
    {
        using HttpRequestMessage dial = new(HttpMethod.Get, $"/agent/v1/streams/{id}");
        dial.Headers.Connection.Add("Upgrade");
        dial.Headers.Upgrade.Add(new ProductHeaderValue(StreamRequest.DuplexProtocol));
        HttpResponseMessage answer = await api.Agent.SendAsync(dial, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, answer.StatusCode);
        return await answer.Content.ReadAsStreamAsync();
    }
}
