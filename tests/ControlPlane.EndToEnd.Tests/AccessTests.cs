using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>What <c>kubectl auth</c> says of the administrator.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class AccessTests(SharedProduct shared)
{
    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task CanI_SaysYesAndListsEverything(string version)
    {
        Kubectl kubectl = shared.Kubectl(version);

        Assert.Equal("yes\n", await kubectl.OkAsync("auth", "can-i", "create", "deployments.apps"));
        Assert.Equal("yes\n", await kubectl.OkAsync("auth", "can-i", "get", "/version"));
        CommandResult no = await kubectl.RunAsync("auth", "can-i", "get", "/agent/v1/nodes/node-1/desired");
        Assert.Equal(1, no.ExitCode);
        Assert.StartsWith("no", no.Output, StringComparison.Ordinal);
        Assert.Matches(@"\*\.\* +\[\] +\[\] +\[\*\]", await kubectl.OkAsync("auth", "can-i", "--list"));
    }

    [Fact]
    public async Task WhoAmI_NamesTheToken()
    {
        string said = await shared.Kubectl().OkAsync("auth", "whoami");

        Assert.Matches(@"Username +admin\n", said);
        Assert.Contains("system:masters", said, StringComparison.Ordinal);
    }
}
