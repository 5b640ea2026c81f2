using System.Diagnostics;
using System.Net;

namespace ControlPlane.Api.Tests.Hosting;

/// <summary>Health as a whole and check by check, of a replica that the database's changes reach and of one that they do not.</summary>
public sealed class HealthTests(ApiServer api) : IClassFixture<ApiServer>
{
    [Theory]
    [InlineData("/healthz/ping")]
    [InlineData("/livez/ping")]
    [InlineData("/readyz/ping")]
    [InlineData("/readyz/first-objects")]
    [InlineData("/readyz/store")]
    [InlineData("/readyz?exclude=store")]
    public async Task Check_ThatPasses_IsOk(string path)
    {
        // The database has two seconds to answer, which may be too few for a busy machine.
        (HttpStatusCode Code, string Text) said;
        long begun = Stopwatch.GetTimestamp();
        do
        {
            said = await AskAsync(path);
        }
        while (said.Code == HttpStatusCode.ServiceUnavailable && Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(60));
        Assert.Equal((HttpStatusCode.OK, "ok"), said);
    }

    [Theory]
    [InlineData("/readyz/nothing")]
    [InlineData("/livez/store")]
    public async Task Check_ThatIsNone_IsNotThere(string path)
    {
        using HttpResponseMessage response = await api.Admin.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Checks_ThatAreExcluded_AreSaidToBe_AndSoAreNamesThatNoCheckHas()
    {
        (HttpStatusCode code, string text) = await AskAsync("/readyz?verbose&exclude=store&exclude=etcd");

        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Equal(
            """
            [+]ping ok
            [+]first-objects ok
            [+]store excluded: ok
            warn: some health checks cannot be excluded: no matches for "etcd"
            readyz check passed

            """,
            text);
    }

    [Fact]
    public async Task Store_OfWhichTheChangesDoNotArrive_FailsItsCheckAlone()
    {
        using IDisposable hold = api.Cache.Hold();
        await api.PostAsync("/api/v1/namespaces/default/configmaps", """{"metadata":{"generateName":"unseen-"}}""");

        (HttpStatusCode code, string text) = await AskAsync("/readyz/store");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.StartsWith("store failed: the database's changes did not arrive", text, StringComparison.Ordinal);
        (code, text) = await AskAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.Contains("[-]store failed: ", text, StringComparison.Ordinal);
        Assert.EndsWith("readyz check failed\n", text, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "ok"), await AskAsync("/readyz?exclude=store"));
        Assert.Equal((HttpStatusCode.OK, "ok"), await AskAsync("/livez"));
    }

    private async Task<(HttpStatusCode Code, string Text)> AskAsync(string path)
    {
        using HttpResponseMessage response = await api.Nobody.GetAsync(path);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
