using System.Net;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Tests.Deciding;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ControlPlane.Agent.Tests.Probing;

/// <summary>What is done before a container's end, and how much of its grace that takes.</summary>
public sealed class HookTests
{
    private static readonly AgentOptions Options = new() { Servers = [], TokenFile = "", NodeName = "node-1", NodeAddress = IPAddress.Loopback };

    private readonly SteppedTime time = new();
    private readonly Signals signals = new();

    private static LifecycleHandler Exec => new() { Exec = new ExecAction { Command = ["bye"] } };

    [Theory]
    [InlineData(30, 10, 20)]
    [InlineData(30, 29, 2)]
    [InlineData(30, 60, 2)]
    [InlineData(1, 0, 2)]
    [InlineData(0, 60, 0)]
    public async Task PreStop_TakesItsTimeFromTheGrace(int graceSeconds, int hookSeconds, int leftSeconds)
    {
        ScriptedRuntime runtime = new((_, token) =>
        {
            // Here and not beside it: nobody else moves the time on before the grace that is left is reckoned.
            time.Advance(TimeSpan.FromSeconds(hookSeconds));
            token.ThrowIfCancellationRequested();
            return Task.FromResult(new ExecResult(0, ""));
        });

        await StopAsync(runtime, Exec, graceSeconds, out _);

        Assert.Equal(TimeSpan.FromSeconds(leftSeconds), Assert.Single(runtime.Stopped));
        Assert.Equal(graceSeconds > 0 ? 1 : 0, runtime.Asked("bye"));
    }

    [Fact]
    public async Task PreStop_ThatFails_IsSaidAndTheContainerStopsAllTheSame()
    {
        ScriptedRuntime runtime = new((_, _) => Task.FromResult(new ExecResult(3, "no such friend\n")));

        await StopAsync(runtime, Exec, graceSeconds: 30, out EventBuffer events);

        Assert.Equal(TimeSpan.FromSeconds(30), Assert.Single(runtime.Stopped));
        AgentEvent said = Assert.Single(events.Take());
        Assert.Equal(("Warning", "FailedPreStopHook", "PreStopHook failed: command exited with code 3: no such friend"), (said.Type, said.Reason, said.Message));
    }

    [Fact]
    public async Task PreStop_ThatOutlastsTheGrace_IsSaid()
    {
        ScriptedRuntime runtime = new((_, _) => throw new NotSupportedException());

        Task stopping = StopAsync(runtime, new LifecycleHandler { Sleep = new SleepAction { Seconds = 9 } }, graceSeconds: 5, out EventBuffer events);
        time.Advance(TimeSpan.FromSeconds(5));
        await stopping;

        Assert.Equal("PreStopHook failed: not completed in the grace period of 5s", Assert.Single(events.Take()).Message);
    }

    [Theory]
    [InlineData("http", 500, null)]
    [InlineData("admin", 200, "PreStopHook failed: the container has no port 'admin'")]
    public async Task HttpGet_IsHeardWhateverTheAnswer(string port, int status, string? problem)
    {
        List<string> heard = [];
        await using WebApplication server = WebApplication.CreateSlimBuilder().Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.MapGet("/bye", (HttpContext context) =>
        {
            heard.Add($"{context.Request.Headers.UserAgent}");
            context.Response.StatusCode = status;
        });
        await server.StartAsync();
        ScriptedRuntime runtime = new((_, _) => throw new NotSupportedException());
        runtime.Running.Add(Given.Alive());

        LifecycleHandler hook = new() { HttpGet = new HttpGetAction { Path = "/bye", Port = port } };
        await StopAsync(runtime, hook, graceSeconds: 30, out EventBuffer events, new ContainerPort { Name = "http", Number = new Uri(server.Urls.Single()).Port });

        Assert.Equal(problem, events.Take().SingleOrDefault()?.Message);
        Assert.Equal(problem is null ? ["controlplane-lifecycle/1"] : [], heard);
        Assert.Single(runtime.Stopped);
    }

    private Task StopAsync(ScriptedRuntime runtime, LifecycleHandler preStop, int graceSeconds, out EventBuffer events, params ContainerPort[] ports)
    {
        events = new EventBuffer(time, signals.Report);
        Pod pod = Given.Pod();
        Container container = pod.Spec.Containers[0] with { Lifecycle = new Lifecycle { PreStop = preStop }, Ports = [.. ports] };
        HookRunner hooks = new(runtime, Options, time);
        ContainerStopper stopper = new(runtime, hooks, events, time);
        return EndAsync();

        async Task EndAsync()
        {
            using (hooks)
            {
                Pod whole = pod with { Spec = pod.Spec with { Containers = [container] } };
                await stopper.StopAsync(whole, container.Name, Given.Alive().Id, TimeSpan.FromSeconds(graceSeconds), CancellationToken.None);
            }
        }
    }
}
