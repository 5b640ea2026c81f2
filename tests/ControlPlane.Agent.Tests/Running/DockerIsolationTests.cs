using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>What a container sees of its isolation, from inside.</summary>
public sealed class DockerIsolationTests(DockerEngineFixture engine) : DockerAgentTests(engine)
{
    private const string LookAround = "while read -r line; do echo \"$line\"; done </proc/self/status; echo >/here";

    [Fact]
    public async Task A_container_is_isolated_as_it_says_leaves_its_last_words_and_is_not_run_as_root_against_its_will()
    {
        await MakeShellAsync();
        SecurityContext isolated = new()
        {
            RunAsUser = 1234,
            RunAsNonRoot = true,
            ReadOnlyRootFilesystem = true,
            AllowPrivilegeEscalation = false,
            Capabilities = new Capabilities { Drop = ["ALL"], Add = ["NET_BIND_SERVICE"] },
        };
        PodSecurityContext whole = new() { RunAsUser = 1, RunAsGroup = 2345, SupplementalGroups = [77], SeccompProfile = new SeccompProfile { Type = "RuntimeDefault" } };
        Pod looks = Script("looks", $"echo looked >/dev/termination-log; {LookAround}", container => container with { SecurityContext = isolated });
        Pod root = Script("root", "exit 0", container => container with { SecurityContext = new SecurityContext { RunAsNonRoot = true } });
        looks = looks with { Spec = looks.Spec with { SecurityContext = whole } };

        Pod falls = Script("falls", "echo out of ideas; exit 3", container => container with
        {
            TerminationMessagePath = "/last-words",
            TerminationMessagePolicy = "FallbackToLogsOnError",
        });
        Server.Set([looks, falls, root]);

        await Wait.UntilAsync(() => Container("looks")?.State?.Terminated is not null, () => Seen("looks"));
        Assert.Equal("looked\n", Container("looks")!.State!.Terminated!.Message);
        await Wait.UntilAsync(() => Container("falls")?.State?.Terminated is not null, () => Seen("falls"));
        Assert.Equal("out of ideas\n", Container("falls")!.State!.Terminated!.Message);
        string seen = await Server.ReadLogAsync(looks.Uid, new LogOptions { Container = "hello" });
        Assert.Matches(@"Uid:\s+1234\s", seen);
        Assert.Matches(@"Gid:\s+2345\s", seen);
        Assert.Matches(@"Groups:.*\b77\b", seen);
        Assert.Matches(@"CapBnd:\s+0000000000000400", seen);
        Assert.Matches(@"NoNewPrivs:\s+1", seen);
        Assert.Matches(@"Seccomp:\s+2", seen);
        Assert.Contains("Read-only file system", seen, StringComparison.Ordinal);
        await Wait.UntilAsync(() => Container("root")?.State?.Waiting?.Reason == "CreateContainerConfigError", () => Seen("root"));
        Assert.StartsWith("container has runAsNonRoot and image will run as root (pod: \"root_default(", Container("root")!.State!.Waiting!.Message, StringComparison.Ordinal);
    }
}
