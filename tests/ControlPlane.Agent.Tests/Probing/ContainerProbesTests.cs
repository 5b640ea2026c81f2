using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Tests.Deciding;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Tests.Probing;

/// <summary>What the probes of one container make of their answers in a row. Each probe runs a command of its own name.</summary>
public sealed class ContainerProbesTests
{
    private readonly SteppedTime time = new();
    private readonly Signals signals = new();
    private volatile string failing = "";

    [Fact]
    public async Task Liveness_AsksForARestartAtTheThresholdAndIsAskedNoMore()
    {
        (ContainerProbes probes, ScriptedRuntime runtime) = Begin(new() { Name = "c", LivenessProbe = Asking("live") with { FailureThreshold = 3, TerminationGracePeriodSeconds = 7 } });
        await using (probes)
        {
            await UntilAsync(probes, () => runtime.Asked("live") >= 5);
            Assert.Null(probes.Verdict.FailedProbe);

            int before = runtime.Asked("live");
            failing = "live";
            await UntilAsync(probes, () => probes.Verdict.FailedProbe is not null);

            Assert.Equal(("liveness", 7L), (probes.Verdict.FailedProbe, probes.Verdict.GraceSeconds));
            Assert.InRange(runtime.Asked("live") - before, 3, 4);
            int asked = runtime.Asked("live");
            time.Advance(TimeSpan.FromMinutes(5));
            Assert.Equal(asked, runtime.Asked("live"));
        }
    }

    [Fact]
    public async Task Startup_GatesTheOthersUntilItSucceeds()
    {
        failing = "start";
        (ContainerProbes probes, ScriptedRuntime runtime) = Begin(new()
        {
            Name = "c",
            StartupProbe = Asking("start") with { FailureThreshold = 1000 },
            LivenessProbe = Asking("live"),
            ReadinessProbe = Asking("ready"),
        });
        await using (probes)
        {
            await UntilAsync(probes, () => runtime.Asked("start") >= 5);
            Assert.Equal(
                new ProbeVerdict { IsStarted = false, IsReady = false, Failure = "Startup probe failed: command exited with code 1: " }, probes.Verdict);
            Assert.Equal((0, 0), (runtime.Asked("live"), runtime.Asked("ready")));

            failing = "";
            await UntilAsync(probes, () => probes.Verdict.IsReady && runtime.Asked("live") > 0);

            Assert.Equal(new ProbeVerdict { IsStarted = true, IsReady = true }, probes.Verdict);
            int asked = runtime.Asked("start");
            await UntilAsync(probes, () => runtime.Asked("ready") >= 5);
            Assert.Equal(asked, runtime.Asked("start"));
        }
    }

    [Fact]
    public async Task Startup_ThatNeverSucceeds_AsksForARestart()
    {
        failing = "start";
        (ContainerProbes probes, ScriptedRuntime runtime) = Begin(new() { Name = "c", StartupProbe = Asking("start") with { FailureThreshold = 4 } });
        await using (probes)
        {
            await UntilAsync(probes, () => probes.Verdict.FailedProbe is not null);

            Assert.Equal("startup", probes.Verdict.FailedProbe);
            Assert.Equal(4, runtime.Asked("start"));
        }
    }

    [Fact]
    public async Task Readiness_ChangesAtItsThresholdsAndRestartsNothing()
    {
        (ContainerProbes probes, ScriptedRuntime runtime) =
            Begin(new() { Name = "c", ReadinessProbe = Asking("ready") with { SuccessThreshold = 2, FailureThreshold = 3 } });
        await using (probes)
        {
            Assert.False(probes.Verdict.IsReady);
            await UntilAsync(probes, () => probes.Verdict.IsReady);
            Assert.Equal(2, runtime.Asked("ready"));
            Assert.True(probes.HasAnswered);

            failing = "ready";
            int before = runtime.Asked("ready");
            await UntilAsync(probes, () => !probes.Verdict.IsReady);
            Assert.InRange(runtime.Asked("ready") - before, 3, 4);
            Assert.Null(probes.Verdict.FailedProbe);

            failing = "";
            await UntilAsync(probes, () => probes.Verdict.IsReady);
        }
    }

    [Fact]
    public async Task Failure_ThatIsWordedAnewEachTime_ChangesAtMostEveryTenSeconds()
    {
        int asked = 0;
        HashSet<string> said = new(StringComparer.Ordinal);
        (ContainerProbes probes, _) = Begin(
            new() { Name = "c", ReadinessProbe = Asking("ready") },
            (_, _) => Task.FromResult(new ExecResult(1, $"failure {Interlocked.Increment(ref asked)}")));
        await using (probes)
        {
            await UntilAsync(probes, () => said.Add(probes.Verdict.Failure) && asked >= 45);

            Assert.Contains("Readiness probe failed: command exited with code 1: failure 1", said);
            Assert.InRange(said.Count - 1, 4, 6);
        }
    }

    /// <summary>Whoever is woken looks at all pods of the node: of 100 that are asked every second, each would be looked at 100 times a second.</summary>
    [Fact]
    public async Task Answers_ThatChangeNothing_WakeNobody()
    {
        (ContainerProbes probes, ScriptedRuntime runtime) = Begin(new() { Name = "c", LivenessProbe = Asking("live"), ReadinessProbe = Asking("ready") });
        await using (probes)
        {
            await UntilAsync(probes, () => runtime.Asked("ready") >= 2);
            Assert.True(await IsWokenAsync(TimeSpan.Zero));

            await UntilAsync(probes, () => runtime.Asked("ready") >= 10 && runtime.Asked("live") >= 10);
            Assert.False(await IsWokenAsync(TimeSpan.Zero));

            failing = "ready";
            await UntilAsync(probes, () => !probes.Verdict.IsReady);
            Assert.True(await IsWokenAsync(TimeSpan.FromSeconds(30)));
        }
    }

    [Fact]
    public async Task InitialDelay_CountsFromTheContainersStart()
    {
        // The container started a minute before the time begins.
        (ContainerProbes probes, ScriptedRuntime runtime) = Begin(new() { Name = "c", ReadinessProbe = Asking("ready") with { InitialDelaySeconds = 90 } });
        await using (probes)
        {
            time.Advance(TimeSpan.FromSeconds(29));
            Assert.Equal(0, runtime.Asked("ready"));

            await UntilAsync(probes, () => runtime.Asked("ready") > 0);
        }
    }

    private static Probe Asking(string command) => new() { Exec = new() { Command = [command] }, PeriodSeconds = 1 };

    private Task<bool> IsWokenAsync(TimeSpan within) => signals.Pods.WaitAsync(within, TimeProvider.System, CancellationToken.None);

    private Task UntilAsync(ContainerProbes probes, Func<bool> isSo) => time.StepUntilAsync(isSo, () => $"{probes.Verdict}");

    private (ContainerProbes Probes, ScriptedRuntime Runtime) Begin(Container container, Func<string, CancellationToken, Task<ExecResult>>? answer = null)
    {
        ScriptedRuntime runtime = new(answer ?? ((command, _) => Task.FromResult(new ExecResult(command == failing ? 1 : 0, ""))));
        ContainerProbes probes = new(
            new ProbeTarget(Given.Pod(), container, Given.Alive(), "127.0.0.1"), new ProbeRunner(runtime, time), new EventBuffer(time, signals.Report), signals, time);
        return (probes, runtime);
    }
}
