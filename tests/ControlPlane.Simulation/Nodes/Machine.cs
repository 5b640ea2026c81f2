using System.Net;
using ControlPlane.Agent;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Streams;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Simulation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Simulation.Nodes;

/// <summary>A node: an engine and a disk that last, and the life of the real agent that runs on it now.</summary>
internal sealed class Machine : IDesiredMemory
{
    /// <summary>CPUs; each simulated pod asks for half of one.</summary>
    public const int Cpus = 4;

    private readonly Simulation simulation;
    private DesiredState? onDisk;
    private SimulatedProcess? agent;
    private SimulatedGateway? gateway;

    public Machine(string name, Simulation simulation)
    {
        this.simulation = simulation;
        Name = name;
        SimulatedProbes probes = new(simulation.Scheduler, simulation.Faults, simulation.Mixture.Probing.Fork());
        probes.Struck += simulation.Trace.Say;
        Engine = new SimulatedEngine(name, simulation.Scheduler, simulation.Faults, simulation.Registry, probes, simulation.Dice.Fork());
    }

    public string Name { get; }

    public SimulatedEngine Engine { get; }

    /// <summary>True while the node's messages reach nobody.</summary>
    public bool IsPartitioned { get; set; }

    public TimeSpan ClockOffset { get; private set; }

    /// <summary>True once its clock was set: the times that it has written since may be any.</summary>
    public bool WasClockSet { get; private set; }

    public bool HasAgent => agent is { IsDead: false };

    public void StartAgent()
    {
        if (!HasAgent)
        {
            agent = new SimulatedProcess($"agent of {Name}", simulation.Scheduler, simulation.Trace.Break);
            agent.Time.Offset = ClockOffset;
            agent.Start(() => RunAgentAsync(agent));
        }
    }

    public void KillAgent() => agent?.Kill();

    /// <summary>The gateway that runs here now.</summary>
    public SimulatedGateway? Gateway => gateway is { Process.IsDead: false } ? gateway : null;

    /// <summary>What the gateway keeps on disk.</summary>
    public RouteTable? RoutesOnDisk { get; set; }

    public void StartGateway() => gateway = Gateway ?? new SimulatedGateway(this, simulation);

    public void KillGateway() => gateway?.Process.Kill();

    /// <summary>The machine's clock is set.</summary>
    public void SetClock(TimeSpan offset)
    {
        ClockOffset = offset;
        WasClockSet = true;
        if (agent is not null)
        {
            agent.Time.Offset = offset;
        }
    }

    public Task<DesiredState?> LoadAsync(CancellationToken cancellationToken) => Task.FromResult(onDisk);

    public Task SaveAsync(DesiredState state, CancellationToken cancellationToken)
    {
        onDisk = state;
        return Task.CompletedTask;
    }

    /// <summary>Composes the agent as its host does, on the simulated thread.</summary>
    private async Task RunAgentAsync(SimulatedProcess process)
    {
        TimeProvider time = process.Time;
        Dice dice = simulation.Dice.Fork();
        AgentOptions options = new()
        {
            Servers = [new Uri("http://simulated")],
            TokenFile = "",
            NodeName = Name,
            Cpu = Quantity.FromValue(Cpus),
            Memory = Quantity.Parse("8Gi"),
        };
        IContainerRuntime runtime = simulation.Plant.OnRuntime(Engine);
        IControlPlane controlPlane = simulation.Plant.OnControlPlane(new ControlPlaneAsSeenFrom(this, simulation));
        Signals signals = new();
        NodeBoard board = new(signals);
        DesiredHolder desired = new(simulation.Plant.OnMemory(this), signals, time, NullLogger<DesiredHolder>.Instance);
        EventBuffer events = new(time, signals.Report);
        ImageAgreement agreement = new(runtime, controlPlane, desired, events, time, NullLogger<ImageAgreement>.Instance);
        PodImages images = new(runtime, agreement, desired, events, time, NullLogger<PodImages>.Instance);
        HookRunner hooks = new(runtime, options, time);
        ContainerStopper stopper = new(runtime, hooks, events, time);
        PodVolumes volumes = new(options, new PodFolders(options, NullLogger<PodFolders>.Instance), NullLogger<PodVolumes>.Instance);
        ContainerWorker worker = new(options, runtime, images, volumes, desired, hooks, stopper, events, time, NullLogger<ContainerWorker>.Instance);
        ProbeManager probes = new(new ProbeRunner(runtime, time), events, signals, time);
        NodeFacts facts = new(options, runtime, time);
        AgentStreams streams = new(new ControlPlaneClient(options, time, dice.NextDouble, new NoConnection()), runtime, [], NullLogger<AgentStreams>.Instance);
        PodLoop pods = new(options, runtime, desired, worker, stopper, volumes, probes, facts, board, events, signals, time, NullLogger<PodLoop>.Instance);
        DesiredLoop asking = new(controlPlane, desired, streams, new RetryDelay(dice.NextDouble), time, NullLogger<DesiredLoop>.Instance);
        Reporter reporter = new(
            controlPlane, board, events, signals, new RetryDelay(dice.NextDouble), dice.NewGuid, time, NullLogger<Reporter>.Instance);

        await facts.LookAsync(CancellationToken.None);
        Engine.Changed += () => process.Post(_ => signals.Pods.Set(), null);
        process.Start(() => pods.RunAsync(CancellationToken.None));
        process.Start(() => asking.RunAsync(CancellationToken.None));

        // The reporter begins by waiting for the first look, on a task that completes off the simulated thread.
        while (!board.WaitUntilReadyAsync(CancellationToken.None).IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        }

        process.Start(() => reporter.RunAsync(CancellationToken.None));
    }

    /// <summary>Log streams are not simulated; nothing else uses HTTP.</summary>
    private sealed class NoConnection : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
    }
}
