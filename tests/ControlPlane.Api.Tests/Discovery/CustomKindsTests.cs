using System.Net;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Discovery;

/// <summary>There are no kinds of users' own: their list says so, nothing can be made there, and discovery does not lead to it.</summary>
[Collection(ApiCollection.Name)]
public sealed class CustomKindsTests(ApiServer api)
{
    private const string Path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    [Fact]
    public async Task List_IsEmpty()
    {
        JsonObject list = await api.GetAsync($"{Path}?limit=500");

        Assert.Equal(("CustomResourceDefinitionList", "apiextensions.k8s.io/v1"), ((string)list["kind"]!, (string)list["apiVersion"]!));
        Assert.True(long.Parse(list.VersionOf()) > 0);
        Assert.Empty(list["items"]!.AsArray());
    }

    [Fact]
    public async Task AnythingElse_IsRefused()
    {
        await api.GetAsync($"{Path}?watch=true", HttpStatusCode.MethodNotAllowed);
        await api.PostAsync(Path, "{}", HttpStatusCode.MethodNotAllowed);
        await api.GetAsync($"{Path}/a", HttpStatusCode.NotFound);
        using HttpResponseMessage nobody = await api.Nobody.GetAsync(Path);
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        JsonObject groups = await api.GetAsync("/apis");
        Assert.DoesNotContain("apiextensions.k8s.io", groups["groups"]!.AsArray().Select(group => (string)group!["name"]!));
    }
}
