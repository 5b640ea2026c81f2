using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>What every namespace has, and the API's own Service, as kubectl shows them.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class StandingObjectsTests(SharedProduct shared)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ANamespace_HasAnAccountAndTheCertificate_AndGetsThemBack(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("accounts"));
        await HasItsObjectsAsync(kubectl);

        await kubectl.OkAsync("create", "serviceaccount", "robot");
        Assert.Matches(@"^NAME +SECRETS +AGE\ndefault +0 +[\dms]+\nrobot +0 +[\dms]+\n$", await kubectl.OkAsync("get", "sa"));
        Assert.Matches(@"Name: +robot\n", await kubectl.OkAsync("describe", "serviceaccount", "robot"));
        Assert.Equal(
            await File.ReadAllTextAsync(Path.Combine(shared.Product.DataFolder, "ca.crt")),
            await kubectl.OkAsync("get", "configmap", "kube-root-ca.crt", "-o", @"jsonpath={.data.ca\.crt}"));

        await kubectl.OkAsync("delete", "serviceaccount/default", "configmap/kube-root-ca.crt");
        await HasItsObjectsAsync(kubectl);
        await kubectl.OkAsync("delete", "namespace", kubectl.Namespace, "--timeout=150s");
    }

    [Fact]
    public async Task TheApisService_ShowsWhereItIs_AndComesBack()
    {
        Kubectl kubectl = shared.Kubectl().In("default");
        string address = await kubectl.OkAsync("get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}");
        Assert.StartsWith("127.96.", address, StringComparison.Ordinal);
        Assert.Matches($@"Endpoints: +\d+\.\d+\.\d+\.\d+:{new Uri(shared.Product.Server).Port}\n", await kubectl.OkAsync("describe", "service", "kubernetes"));

        await kubectl.OkAsync("delete", "service", "kubernetes");

        await shared.Product.EventuallyAsync(
            "the Service is back",
            Soon,
            async () => await kubectl.OkAsync("get", "service", "kubernetes", "--ignore-not-found", "-o", "jsonpath={.spec.clusterIP}") is var seen && seen == address ? null : seen);
    }

    private Task<TimeSpan> HasItsObjectsAsync(Kubectl kubectl) => shared.Product.EventuallyAsync(
        "the namespace has its objects",
        Soon,
        async () => await kubectl.RunAsync("get", "serviceaccount/default", "configmap/kube-root-ca.crt") is { ExitCode: not 0, Errors: var missing } ? missing : null);
}
