using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Server-side apply with either kubectl: conflicts, force, and the way over from client-side apply. Without pods: replicas are 0.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class ServerSideApplyTests(SharedProduct shared)
{
    private static readonly string Hello = File.ReadAllText(Clone.Example("hello.yaml")).Replace("replicas: 3", "replicas: 0", StringComparison.Ordinal);

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task FieldThatAnotherSet_IsAConflictUntilForced(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("ssa"));
        Assert.Contains("deployment.apps/hello serverside-applied", await ApplyAsync(kubectl, Hello, "--server-side"), StringComparison.Ordinal);
        Assert.Contains("serverside-applied", await ApplyAsync(kubectl, Hello, "--server-side"), StringComparison.Ordinal);

        await kubectl.OkAsync("label", "deployment", "hello", "tier=back");
        string labelled = Hello.Replace("    app: hello\nspec:\n  replicas", "    app: hello\n    tier: front\nspec:\n  replicas", StringComparison.Ordinal);
        Assert.NotEqual(Hello, labelled);
        CommandResult refused = await kubectl.RunWithInputAsync(labelled, "apply", "--server-side", "-f", "-");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Matches("conflict with \"kubectl[^\"]*\".* using apps/v1: \\.metadata\\.labels\\.tier", refused.Errors);

        await ApplyAsync(kubectl, labelled, "--server-side", "--force-conflicts");
        Assert.Equal("front", await kubectl.OkAsync("get", "deployment", "hello", "-o", "jsonpath={.metadata.labels.tier}"));
        await ApplyAsync(kubectl, Hello, "--server-side");
        Assert.Equal("", await kubectl.OkAsync("get", "deployment", "hello", "-o", "jsonpath={.metadata.labels.tier}"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task AppliedOnTheClientBefore_GoesOnAsServerSideApply(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("ssa"));
        await ApplyAsync(kubectl, Hello);
        await ApplyAsync(kubectl, Hello, "--server-side");
        CommandResult difference = await kubectl.RunWithInputAsync(Hello, "diff", "--server-side", "-f", "-");
        Assert.True(difference.ExitCode == 0, difference.Output + difference.Errors);
        Assert.Contains(
            "dry run", await ApplyAsync(kubectl, Hello.Replace("hello:v1", "hello:v2", StringComparison.Ordinal), "--server-side", "--dry-run=server", "--force-conflicts"),
            StringComparison.Ordinal);
        Assert.Equal("hello:v1", await kubectl.OkAsync("get", "deployment", "hello", "-o", "jsonpath={.spec.template.spec.containers[0].image}"));
    }

    private static async Task<string> ApplyAsync(Kubectl kubectl, string manifest, params string[] options) =>
        (await kubectl.RunWithInputAsync(manifest, ["apply", "-f", "-", .. options])).OrThrow();
}
