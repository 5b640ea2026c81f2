using ControlPlane.EndToEnd.Tests.Harness;
using ControlPlane.Testing;

namespace ControlPlane.EndToEnd.Tests;

/// <summary><c>kubectl exec</c>, <c>cp</c> and <c>attach</c> on the process runtime.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class ExecTests(SharedProduct shared)
{
    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Exec_RunsInTheContainersPlace_WithInputOutputsAndExitCode(string version)
    {
        (Kubectl kubectl, _) = await StartAsync("exec", version);

        Assert.Equal(Talker.Pod, (await kubectl.OkAsync("exec", Talker.Pod, "--", "printenv", "POD_NAME")).Trim());
        CommandResult failed = await kubectl.RunAsync("exec", Talker.Pod, "--", "sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n"), (failed.ExitCode, failed.Output));
        Assert.Equal("err\ncommand terminated with exit code 3", failed.Errors.Trim());
        CommandResult counted = await kubectl.RunWithInputAsync(new string('x', 1_000_000), "exec", "-i", Talker.Pod, "--", "wc", "-c");
        Assert.Equal("1000000", counted.OrThrow().Trim());
        Assert.Equal(2_000_000, (await kubectl.OkAsync("exec", Talker.Pod, "--", "head", "-c", "2000000", "/dev/zero")).Length);

        CommandResult missing = await kubectl.RunAsync("exec", Talker.Pod, "--", "no-such-program");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("exec: \"no-such-program\": executable file not found in $PATH", missing.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Exec_EndsWithItsClient_AndWithItsContainer(string version)
    {
        (Kubectl kubectl, _) = await StartAsync("exec-end", version);
        using TemporaryFolder folder = new("exec");
        string number = Path.Combine(folder.Path, "pid");
        string[] waiting = ["exec", Talker.Pod, "--", "sh", "-c", $"echo $$ >{number}; echo begun; exec sleep 1000"];

        await using (RunningKubectl left = RunningKubectl.Start(kubectl, waiting))
        {
            await left.SaysAsync("begun");
        }

        string process = $"/proc/{(await File.ReadAllTextAsync(number)).Trim()}";
        await shared.Product.EventuallyAsync(
            "the command has ended", TimeSpan.FromSeconds(30), () => Task.FromResult(Directory.Exists(process) ? $"{process} is there" : null));

        await using RunningKubectl stopped = RunningKubectl.Start(kubectl, waiting);
        await stopped.SaysAsync("begun");
        await kubectl.OkAsync("delete", "pod", Talker.Pod, "--grace-period=1");
        Assert.Equal(137, (await stopped.EndsAsync()).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Terminal_Cp_AndAttach_Work(string version)
    {
        (Kubectl kubectl, Talker talker) = await StartAsync("exec-more", version);
        await talker.ShowsItsTerminalsSizeAsync();
        await talker.TakesAndGivesFilesAsync((await kubectl.OkAsync("exec", Talker.Pod, "--", "pwd")).Trim());
        await talker.IsHeardUntilItIsDeletedAsync();
    }

    private async Task<(Kubectl Kubectl, Talker Talker)> StartAsync(string subject, string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace(subject));
        return (kubectl, await Talker.StartAsync(kubectl, "hello:v1"));
    }
}
