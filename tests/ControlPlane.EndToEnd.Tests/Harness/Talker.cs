using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ControlPlane.Testing;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A pod that says <c>tick</c> five times a second, for <c>kubectl exec</c>, <c>cp</c> and <c>attach</c> to be tried on it.</summary>
internal sealed class Talker(Kubectl kubectl)
{
    public const string Pod = "talker";

    public static async Task<Talker> StartAsync(Kubectl kubectl, string image)
    {
        Talker talker = new(kubectl);
        JsonObject pod = new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = Pod },
            ["spec"] = new JsonObject
            {
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = "talker",
                    ["image"] = image,
                    ["command"] = new JsonArray("sh", "-c", "while echo tick; do sleep 0.2; done"),
                }),
            },
        };
        (await kubectl.RunWithInputAsync(pod.ToJsonString(), "create", "-f", "-")).OrThrow();
        await kubectl.OkAsync("wait", "--for=condition=Ready", $"pod/{Pod}", "--timeout=150s");
        return talker;
    }

    /// <summary>A command on a terminal waits until that has the size of kubectl's own; its exit code is kubectl's.</summary>
    public async Task ShowsItsTerminalsSizeAsync()
    {
        const string untilResized = "until [ \"$(stty size)\" = '33 99' ]; do sleep 0.05; done; tty; exit 4";
        string line = $"stty rows 33 cols 99; {kubectl.LineOf("exec", "-it", Pod, "--", "sh", "-c", untilResized)}";
        CommandResult shown = await Command.RunAsync("script", ["--quiet", "--return", "--command", line, "/dev/null"], kubectl.Environment);
        Assert.Contains("/dev/pts/", shown.Output, StringComparison.Ordinal);
        Assert.Contains("command terminated with exit code 4", shown.Output, StringComparison.Ordinal);
        Assert.Equal(4, shown.ExitCode);
    }

    public async Task TakesAndGivesFilesAsync(string home)
    {
        using TemporaryFolder folder = new("cp");
        byte[] bytes = RandomNumberGenerator.GetBytes(500_000);
        string sent = Path.Combine(folder.Path, "sent");
        string back = Path.Combine(folder.Path, "back");
        await File.WriteAllBytesAsync(sent, bytes);

        await kubectl.OkAsync("cp", sent, $"{Pod}:{home}/there");
        Assert.Equal("500000", (await kubectl.OkAsync("exec", Pod, "--", "stat", "-c", "%s", $"{home}/there")).Trim());
        await kubectl.OkAsync("cp", $"{Pod}:{home}/there", back);

        Assert.Equal(bytes, await File.ReadAllBytesAsync(back));
    }

    /// <summary>Deletes it.</summary>
    public async Task IsHeardUntilItIsDeletedAsync()
    {
        await using RunningKubectl attached = RunningKubectl.Start(kubectl, "attach", Pod);
        await attached.SaysAsync("tick\ntick\ntick\n");
        Assert.False(attached.HasEnded, "attach ended at once");
        await kubectl.OkAsync("delete", "pod", Pod, "--grace-period=1");

        CommandResult seen = await attached.EndsAsync();
        Assert.Equal(0, seen.ExitCode);
        Assert.Matches("^(tick\n)+$", seen.Output);
    }
}
