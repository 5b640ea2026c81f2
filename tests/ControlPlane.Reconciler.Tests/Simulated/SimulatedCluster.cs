using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>
/// A control plane in one deterministic thread: the real reconciler over the simulated store, and nodes whose agents start and stop pods at
/// once and report every 3 s while they are alive.
/// </summary>
internal sealed class SimulatedCluster : IDisposable
{
    private readonly HashSet<string> alive = new(StringComparer.Ordinal);
    private readonly HashSet<string> onceListed = new(StringComparer.Ordinal);
    private readonly List<(CancellationTokenSource Stop, Task Run)> replicas = [];
    private readonly CancellationTokenSource agents = new();
    private readonly Task agentsRun;
    private ulong lastUid;
    private int nextPort;

    public SimulatedCluster()
    {
        Store = new SimulatedStore(Thread);
        Election = new SimulatedElection(Store);
        Presence = new SimulatedPresence(Thread.Time);
        Store.Commit(new Write.Create(new Namespace { Metadata = Meta("", "default") }));
        agentsRun = Thread.Start(RunAgentsAsync);
    }

    public SimulatedThread Thread { get; } = new();

    public SimulatedStore Store { get; }

    public SimulatedElection Election { get; }

    public SimulatedPresence Presence { get; }

    public SimulatedGateways Gateways { get; } = new();

    /// <summary>How many ended pods the reconciler keeps.</summary>
    public int EndedPodsMax { get; init; } = 100;

    /// <summary>What the reconciler tells of its API; null for none.</summary>
    public Func<ApiServerFacts>? Api { get; init; }

    public IEnumerable<Pod> Pods => Store.All<Pod>();

    public IEnumerable<Pod> LivePods => Pods.Where(pod => !pod.Metadata.IsDeleting);

    /// <summary>What each replica of the reconciler counts of itself, in the order of their starts.</summary>
    public List<ReconcilerFigures> Figures { get; } = [];

    /// <summary>Starts a replica of the reconciler; returns its run.</summary>
    public Task StartReconciler()
    {
        CancellationTokenSource stop = new();
        LeaderLoop loop = new(
            Store, Store, Election.Candidate(), Presence, Gateways, Thread.Time, new ReconcilerOptions { Seed = 1 + (ulong)replicas.Count, EndedPodsMax = EndedPodsMax, Api = Api }, NullLogger.Instance);
        Figures.Add(loop.Figures);
        Task run = Thread.Start(() => loop.RunAsync(stop.Token));
        replicas.Add((stop, run));
        return run;
    }

    public void AddNodes(int count)
    {
        for (int i = 1; i <= count; i++)
        {
            string name = $"node-{i}";
            Store.Commit(new Write.Create(new Node
            {
                Metadata = Meta("", name) with { Labels = ValueMap.Of(("kubernetes.io/hostname", name)) },
                Status = new NodeStatus
                {
                    Allocatable = new Dictionary<string, Quantity>
                    {
                        ["cpu"] = Quantity.Parse("4"),
                        ["memory"] = Quantity.Parse("8Gi"),
                        ["pods"] = Quantity.Parse("2000"),
                    }.ToValueMap(),
                    Conditions = [new Condition { Type = "Ready", Status = "True" }],
                },
            }));
            Revive(name);
        }

        Thread.Settle();
    }

    /// <summary>The node's agent reports no more and starts and stops nothing.</summary>
    public void Silence(string node) => alive.Remove(node);

    /// <summary>The agent is back and says at once that its node is ready.</summary>
    public void Revive(string node)
    {
        alive.Add(node);
        Presence.Seen(node);
        if (Store.Get<Node>("", node) is { } record)
        {
            Condition ready = new() { Type = "Ready", Status = "True", LastTransitionTime = Thread.Time.GetUtcNow() };
            NodeStatus status = record.Status! with { Conditions = Conditions.With(record.Status.Conditions, ready) };
            Store.Commit(new Write.SetAgentSession(node, "session-" + node), new Write.Update(record with { Status = status }, ResourceParts.Status));
        }
    }

    /// <param name="name">Its name.</param>
    /// <param name="replicas">How many pods.</param>
    /// <param name="change">What is special about them.</param>
    /// <param name="app">The label that it selects them by; by default its name.</param>
    public Deployment CreateDeployment(string name, int replicas, Func<PodSpec, PodSpec>? change = null, string? app = null)
    {
        ValueMap<string> labels = ValueMap.Of(("app", app ?? name));
        PodSpec podSpec = new() { Containers = [new Container { Name = "app", Image = "app:1" }] };
        Deployment deployment = new()
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = Meta("default", name) with { Generation = 1, CreationTimestamp = Thread.Time.GetUtcNow() },
            Spec = new DeploymentSpec
            {
                Replicas = replicas,
                Selector = new LabelSelector { MatchLabels = labels },
                Template = new PodTemplateSpec
                {
                    Metadata = new ObjectMeta { Labels = labels },
                    Spec = change is null ? podSpec : change(podSpec),
                },
                Strategy = new DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new RollingUpdateDeployment { MaxSurge = "25%", MaxUnavailable = "25%" } },
                ProgressDeadlineSeconds = 600,
                RevisionHistoryLimit = 10,
            },
        };
        Store.Commit(new Write.Create(deployment));
        return deployment;
    }

    public void Until(string what, Func<bool> holds, int seconds = 10) => Thread.Until(what, holds, TimeSpan.FromSeconds(seconds), Describe);

    public bool IsReady(string deployment, int replicas) =>
        Store.Get<Deployment>("default", deployment)?.Status is { } status && status.AvailableReplicas == replicas && status.UpdatedReplicas == replicas
        && LivePods.Count() == replicas;

    public string Describe() => string.Join(
        "; ",
        Store.All<Node>().Select(node => $"{node.Name}={Conditions.Find(node.Status!.Conditions, "Ready")?.Status}")
            .Concat(Pods.Select(pod => $"{pod.Name}@{pod.Spec.NodeName}{(pod.Metadata.IsDeleting ? " terminating" : "")} {pod.Status?.Phase}"))
            .Concat(replicas.Where(replica => replica.Run.IsCompleted).Select(replica => $"reconciler ended: {replica.Run.Exception}")));

    public ObjectMeta Meta(string space, string name) => new() { Namespace = space, Name = name, Uid = $"uid-{++lastUid}", CreationTimestamp = Thread.Time.GetUtcNow() };

    /// <summary>Stops everything and sees that it ended as it should.</summary>
    public void Dispose()
    {
        Thread.Do(() =>
        {
            replicas.ForEach(replica => replica.Stop.Cancel());
            agents.Cancel();
            return true;
        });
        Thread.Advance(TimeSpan.FromSeconds(5));
        Assert.All(replicas, replica => Assert.True(replica.Run.IsCompletedSuccessfully, $"a reconciler did not stop: {replica.Run.Status} {replica.Run.Exception}"));
        Assert.True(agentsRun.IsCanceled, $"the agents did not stop: {agentsRun.Status} {agentsRun.Exception}");
    }

    private async Task RunAgentsAsync()
    {
        for (int tick = 0; ; tick++)
        {
            onceListed.UnionWith(Store.All<EndpointSlice>().SelectMany(slice => slice.Endpoints).Select(endpoint => endpoint.TargetRef?.Uid ?? ""));
            foreach (string node in alive.Order(StringComparer.Ordinal))
            {
                if (tick % 30 == 0)
                {
                    Presence.Seen(node);
                }

                foreach (Pod pod in Store.All<Pod>().Where(pod => pod.Spec.NodeName == node))
                {
                    Report(pod);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), Thread.Time, agents.Token);
        }
    }

    private void Report(Pod pod)
    {
        bool waitsForGateways = Draining.IsPending(pod) && onceListed.Contains(pod.Uid);
        if (waitsForGateways)
        {
            return;
        }

        if (pod.Metadata.IsDeleting)
        {
            Store.Commit(Write.Remove.Of(pod));
        }
        else if (pod.Status is not { Phase: "Running", Reason: null })
        {
            Condition ready = new() { Type = "Ready", Status = "True", LastTransitionTime = Thread.Time.GetUtcNow() };
            PodStatus status = (pod.Status ?? new PodStatus()) with
            {
                Phase = "Running",
                Reason = null,
                Message = null,
                HostIP = "127.0.1.1",
                PodIP = "127.0.1.1",
                HostPorts = [.. pod.Spec.Containers.SelectMany(container => container.Ports).Select(port => new HostPort { ContainerPort = port.Number, Port = 40000 + nextPort++ })],
            };
            Store.Commit(new Write.Update(pod with { Status = status with { Conditions = Conditions.With(status.Conditions, ready) } }, ResourceParts.Status));
        }
    }
}
