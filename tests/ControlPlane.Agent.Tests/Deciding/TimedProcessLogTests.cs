using System.Text;
using ControlPlane.Agent.Runtimes.Process;
using ControlPlane.Agent.Tests.Probing;
using ControlPlane.Domain.Agents;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>The lines of a process's log by their times. The log gains a line each minute from noon on, and each is noted when it has come.</summary>
public sealed class TimedProcessLogTests : IDisposable
{
    private readonly TemporaryFolder folder = new("log");
    private readonly SteppedTime time = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Timestamps_SayWhenEachLineWasWritten()
    {
        ContainerFolder container = Write("one", "two");

        Assert.Equal(
            "2026-01-31T12:00:00.000000000Z one\n2026-01-31T12:01:00.000000000Z two\n", await ReadAsync(container, new() { Timestamps = true }));
    }

    [Fact]
    public async Task SinceTime_LeavesOutWhatIsOlder()
    {
        ContainerFolder container = Write("one", "two", "three");

        Assert.Equal("two\nthree\n", await ReadAsync(container, new() { SinceTime = Given.Noon.AddMinutes(1) }));
        Assert.Equal("three\n", await ReadAsync(container, new() { SinceTime = Given.Noon.AddMinutes(1).AddSeconds(1) }));
        Assert.Empty(await ReadAsync(container, new() { SinceTime = Given.Noon.AddHours(1) }));
    }

    [Fact]
    public async Task SinceSeconds_CountsBackFromNow()
    {
        ContainerFolder container = Write("one", "two", "three");
        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("two\nthree\n", await ReadAsync(container, new() { SinceSeconds = 60 }));
    }

    [Fact]
    public async Task Tail_IsTakenFirst_ThenTheTimeAndTheLimit()
    {
        ContainerFolder container = Write("one", "two", "three", "four");

        Assert.Equal("three\nfour\n", await ReadAsync(container, new() { TailLines = 2, SinceTime = Given.Noon }));
        Assert.Equal("four\n", await ReadAsync(container, new() { TailLines = 2, SinceTime = Given.Noon.AddMinutes(3) }));
        Assert.Empty(await ReadAsync(container, new() { TailLines = 0, Timestamps = true }));
        Assert.Equal("2026-01-31T12:03:00.000000000Z fo", await ReadAsync(container, new() { TailLines = 1, Timestamps = true, LimitBytes = 33 }));
    }

    [Fact]
    public async Task LinesThatNoAgentSaw_HaveTheTimeOfTheLastOfThem()
    {
        ContainerFolder container = Write("one");
        Append("two\nthree\n", Given.Noon.AddMinutes(7));

        Assert.Equal("two\nthree\n", await ReadAsync(container, new() { SinceTime = Given.Noon.AddMinutes(7) }));
        new ContainerFolder(folder.Path).NoteLogTime();
        Append("four\n", Given.Noon.AddMinutes(9));
        Assert.Equal("four\n", await ReadAsync(new ContainerFolder(folder.Path), new() { SinceTime = Given.Noon.AddMinutes(8) }));
    }

    [Fact]
    public async Task RotatedLog_KeepsTheTimesOfItsLines()
    {
        ContainerFolder container = Write("one");
        Append(new string('x', ContainerFolder.LogBytesMax) + "\n", Given.Noon.AddMinutes(1));
        container.RotateLog();
        Append("three\n", Given.Noon.AddMinutes(2));
        container.NoteLogTime();

        string read = await ReadAsync(container, new() { Timestamps = true });

        Assert.StartsWith("2026-01-31T12:00:00.000000000Z one\n2026-01-31T12:01:00.000000000Z xxx", read, StringComparison.Ordinal);
        Assert.EndsWith("\n2026-01-31T12:02:00.000000000Z three\n", read, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follow_SendsEachWholeLineUntilTheContainerEnds()
    {
        ContainerFolder container = Write("one");
        bool isRunning = true;
        using MemoryStream target = new();
        Task following = new TimedProcessLog(container, () => isRunning, time).CopyAsync(new() { Follow = true, SinceTime = Given.Noon }, target, CancellationToken.None);

        Append("two\nhal", Given.Noon.AddMinutes(1));
        await time.StepUntilAsync(() => Text(target) == "one\ntwo\n", () => Text(target));
        Append("f", Given.Noon.AddMinutes(2));
        isRunning = false;
        await time.StepUntilAsync(() => following.IsCompleted, () => Text(target));

        await following;
        Assert.Equal("one\ntwo\nhalf", Text(target));
    }

    private static string Text(MemoryStream target) => Encoding.UTF8.GetString(target.ToArray());

    private ContainerFolder Write(params string[] lines)
    {
        ContainerFolder container = new(folder.Path);
        for (int i = 0; i < lines.Length; i++)
        {
            Append($"{lines[i]}\n", Given.Noon.AddMinutes(i));
            container.NoteLogTime();
        }

        return container;
    }

    private void Append(string text, DateTimeOffset at)
    {
        string log = Path.Combine(folder.Path, "log");
        File.AppendAllText(log, text);
        File.SetLastWriteTimeUtc(log, at.UtcDateTime);
    }

    private async Task<string> ReadAsync(ContainerFolder container, LogOptions options)
    {
        using MemoryStream target = new();
        await new TimedProcessLog(container, () => false, time).CopyAsync(options, target, CancellationToken.None);
        return Text(target);
    }
}
