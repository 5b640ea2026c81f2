using System.Net;

namespace ControlPlane.Api.Tests.Hosting;

[Collection(ApiCollection.Name)]
public sealed class MetricsTests(ApiServer api)
{
    /// <summary>In Prometheus' text format: what was asked, by route and not by name, PostgreSQL's figures and the runtime's.</summary>
    [Fact]
    public async Task Metrics_AreAnAdministrators_InPrometheusText()
    {
        await api.GetAsync("/api/v1/namespaces/default");

        using HttpResponseMessage answer = await api.Admin.GetAsync("/metrics");
        string text = await answer.Content.ReadAsStringAsync();

        Assert.Equal((HttpStatusCode.OK, "text/plain"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Matches(@"(?m)^http_server_request_duration_seconds_count\{[^}]*http_request_method=""GET""[^}]*http_route=""[^""]*\{name\}[^""]*""[^}]*\} \d+$", text);
        Assert.Matches(@"(?m)^db_client_connection", text);
        Assert.Matches(@"(?m)^dotnet_gc_collections_total\{", text);
    }

    [Fact]
    public async Task Metrics_OfAnAgentsToken_AreForbidden()
    {
        using HttpResponseMessage answer = await api.Agent.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }
}
