using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>What the tables of this folder are made of: one pod <c>web</c> with a container <c>c</c>, seen at noon at revision 100 of <c>store</c>.</summary>
internal static class Given
{
    public const string Store = "store";
    public const string OtherStore = "another store";
    public const long Revision = 100;

    public static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset Ago(int seconds) => Noon - TimeSpan.FromSeconds(seconds);

    public static Pod Pod(string restartPolicy = "Always", string image = "hello:v1") => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid-1" },
        Spec = new PodSpec { RestartPolicy = restartPolicy, Containers = [new Container { Name = "c", Image = image }] },
    };

    public static Pod WithSecondContainer(this Pod pod) =>
        pod with { Spec = pod.Spec with { Containers = [.. pod.Spec.Containers, new Container { Name = "d", Image = "hello:v1" }] } };

    /// <summary>The pod with init containers of these names.</summary>
    public static Pod WithInit(this Pod pod, params string[] names) =>
        pod with { Spec = pod.Spec with { InitContainers = [.. names.Select(name => new Container { Name = name, Image = "hello:v1" })] } };

    /// <summary>The pod with sidecars of these names.</summary>
    public static Pod WithSidecars(this Pod pod, params string[] names)
    {
        PodSpec spec = pod.WithInit(names).Spec;
        return pod with { Spec = spec with { InitContainers = [.. spec.InitContainers.Select(container => container with { RestartPolicy = "Always" })] } };
    }

    public static Pod Deleting(this Pod pod, long? graceSeconds = null) =>
        pod with { Metadata = pod.Metadata with { DeletionTimestamp = Noon, DeletionGracePeriodSeconds = graceSeconds } };

    public static Pod Reported(this Pod pod, string phase = "Running", string? containerId = null, int restartCount = 0) => pod with
    {
        Status = new PodStatus { Phase = phase, ContainerStatuses = [new ContainerStatus { Name = "c", ContainerID = containerId, RestartCount = restartCount }] },
    };

    /// <summary>A record whose container has the state that an earlier agent reported.</summary>
    public static Pod Recorded(this Pod pod, ContainerState state, string phase = "Running", ContainerState? lastState = null) => pod with
    {
        Status = new PodStatus
        {
            Phase = phase,
            ContainerStatuses = [new ContainerStatus { Name = "c", ContainerID = "test://before", RestartCount = 2, State = state, LastState = lastState }],
        },
    };

    public static ContainerState Ended(int exitCode) =>
        new() { Terminated = new ContainerStateTerminated { ExitCode = exitCode, Reason = exitCode == 0 ? "Completed" : "Error", FinishedAt = Ago(90) } };

    public static ContainerState Ran() => new() { Running = new ContainerStateRunning { StartedAt = Ago(90) } };

    public static PodView Remembered(this PodView view) => view with { IsRemembered = true };

    public static ObservedContainer Alive(string id = "one", string container = "c", string store = Store, long born = 50, int life = 0) => new()
    {
        Id = id,
        Identity = new ContainerIdentity
        {
            PodUid = "uid-1",
            PodNamespace = "default",
            PodName = "web",
            Container = container,
            StoreIdentity = store,
            BornAtRevision = born,
            RestartCount = life,
        },
        Phase = ContainerPhase.Running,
        Image = "hello:v1",
        StartedAt = Ago(60),
    };

    /// <summary>The pod's sandbox, with a port of the node.</summary>
    public static ObservedContainer Sandbox(string id = "box", int life = 0, string store = Store) =>
        Alive(id, ContainerIdentity.SandboxName, store, life: life) with { HostPorts = [Port(30_001)] };

    public static HostPort Port(int port) => new() { Container = "c", ContainerPort = 80, Protocol = "TCP", Port = port };

    public static ObservedContainer Exited(this ObservedContainer container) => container with { Phase = ContainerPhase.Exited, ExitCode = 137, FinishedAt = Noon };

    /// <summary>A container that ended just now, a minute after its start.</summary>
    public static ObservedContainer Ended(this ObservedContainer container, int exitCode) => container.Exited() with { ExitCode = exitCode };

    public static ObservedContainer In(this ObservedContainer container, string network) => container with { NetworkOf = network };

    /// <summary>A container that ran for a minute before it ended.</summary>
    public static ObservedContainer Dead(string id = "one", int exitCode = 1, int life = 0, int backoffSeconds = 0, int endedAgo = 0, int ranSeconds = 60, string store = Store)
    {
        ObservedContainer running = Alive(id, store: store, life: life);
        return running with
        {
            Identity = running.Identity with { NextBackoff = TimeSpan.FromSeconds(backoffSeconds) },
            Phase = ContainerPhase.Exited,
            ExitCode = exitCode,
            StartedAt = Ago(endedAgo + ranSeconds),
            FinishedAt = Ago(endedAgo),
        };
    }

    public static PodView View(Pod? pod, params ObservedContainer[] containers) => new()
    {
        Desired = pod,
        Containers = [.. containers],
        StoreIdentity = Store,
        Revision = Revision,
        Now = Noon,
    };

    public static PodView LastSeen(this PodView view, ObservedContainer container) => view with
    {
        Memory = view.Memory.SetItem(container.Identity.Container, new ContainerMemory { LastSeen = container }),
    };

    public static PodView Failed(this PodView view, string reason, int secondsAgo, int attempts = 1) => view with
    {
        Memory = view.Memory.SetItem("c", new ContainerMemory { Failure = new StartFailure(reason, "because", Ago(secondsAgo), attempts) }),
    };
}
