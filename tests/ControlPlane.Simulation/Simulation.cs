using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;
using ControlPlane.Simulation.Breaking;
using ControlPlane.Simulation.Checking;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Nodes;
using ControlPlane.Simulation.Planting;
using ControlPlane.Simulation.Replicas;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Storing;
using ControlPlane.Simulation.Using;

namespace ControlPlane.Simulation;

/// <summary>
/// A whole control plane and its nodes in one thread under one clock: first in peace, then with faults, then healed, when everything must come to be as it was
/// declared. The seed decides all of it.
/// </summary>
internal sealed class Simulation
{
    public static readonly TimeSpan Peace = TimeSpan.FromSeconds(4);
    public static readonly TimeSpan Trouble = TimeSpan.FromSeconds(40);

    /// <summary>How long everything may take to come right: a lost node is replaced within 30 s, a key that failed often comes back within 60 s.</summary>
    public static readonly TimeSpan HealingMax = TimeSpan.FromSeconds(180);

    /// <summary>More steps than this are a loop that never rests.</summary>
    public const int StepsMax = 500_000;

    private const int MachineCount = 4;
    private const int ReplicaCount = 2;
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Machine[] machines;
    private readonly Replica[] replicas = new Replica[ReplicaCount];
    private readonly int[] lives = new int[ReplicaCount];
    private readonly Users users;
    private readonly Chaos chaos;
    private readonly Invariants invariants;
    private int restores;

    private Simulation(ulong seed, PlantKind plant)
    {
        Plant = plant.Make();
        Mixture = new Mixture(seed);
        Registry = new SimulatedRegistry(Mixture);
        Dice = new Dice(seed);
        Scheduler = new Scheduler(Dice.Fork());
        Trace = new Trace(Scheduler);
        Faults = new FaultRates(Dice.Fork());
        Network = new Network(Scheduler, Faults, Dice.Fork());
        Images = new ImageRule(this);
        Choices = new ChoiceRule(this);
        invariants = new Invariants(this);
        Database.Committed += transaction => Describe(transaction);
        Database.Commit([new CommitUnit { Actor = "system", Writes = [new Write.Create(DefaultNamespace()), .. Users.Names.Select(name => new Write.Create(NewService(name))), .. NewPolicies()] }]);
        machines = [.. Enumerable.Range(1, MachineCount).Select(number => new Machine($"node-{number}", this))];
        foreach (SimulatedEngine engine in Engines)
        {
            invariants.Watch(engine);
        }

        users = new Users(this);
        chaos = new Chaos(this);
    }

    public Plant Plant { get; }

    public Mixture Mixture { get; }

    public Dice Dice { get; }

    public Scheduler Scheduler { get; }

    public Trace Trace { get; }

    public FaultRates Faults { get; }

    public Network Network { get; }

    public SimulatedDatabase Database { get; } = new("store-0");

    public SimulatedRegistry Registry { get; }

    /// <summary>What pods run, and what their nodes were told to.</summary>
    public ImageRule Images { get; }

    /// <summary>Where gateways' requests go.</summary>
    public ChoiceRule Choices { get; }

    public IReadOnlyList<Machine> Machines => machines;

    public IEnumerable<SimulatedEngine> Engines => machines.Select(machine => machine.Engine);

    public bool WasRestored => restores > 0;

    /// <summary>True once a replica's clock was set: from then on one may take for past what another has set for the future.</summary>
    public bool ReplicasDisagree { get; set; }

    /// <summary>Runs a seed to its end, or to the first broken rule.</summary>
    public static SimulationResult Run(ulong seed, PlantKind plant)
    {
        Simulation simulation = new(seed, plant);
        simulation.RunToEnd();
        return new SimulationResult(seed, simulation.Trace.Violation, simulation.Scheduler.Steps, simulation.Trace.Digest, simulation.Trace.Lines);
    }

    /// <summary>The replica that a load balancer would choose.</summary>
    public Replica AnyReplica() => Dice.Of(replicas);

    public SimulatedProcess ProcessOf(int replica) => replicas[replica].Process;

    public void KillReplica(int replica) => replicas[replica].Process.Kill();

    public void StartReplica(int replica)
    {
        if (replicas[replica] is null or { Process.IsDead: true })
        {
            replicas[replica] = new Replica($"replica-{replica + 1}", ++lives[replica], this);
        }
    }

    /// <summary>The database is lost and an older backup takes its place; every replica starts anew.</summary>
    public void Restore(DatabaseState backup)
    {
        Database.Restore(backup, $"store-{++restores}");
        invariants.Forget();
        for (int replica = 0; replica < ReplicaCount; replica++)
        {
            KillReplica(replica);
            StartReplica(replica);
        }
    }

    private void RunToEnd()
    {
        for (int replica = 0; replica < ReplicaCount; replica++)
        {
            StartReplica(replica);
        }

        foreach (Machine machine in machines)
        {
            machine.StartAgent();
            machine.StartGateway();
        }

        users.Start();
        RunFor(Peace);
        Trace.Say("the faults begin");
        Faults.AreOn = true;
        chaos.Begin();
        RunFor(Trouble);
        Heal();
        RunUntilRight();
    }

    private void Heal()
    {
        Trace.Say("the faults end");
        Faults.AreOn = false;
        users.IsActive = false;
        chaos.HealAll();
        for (int replica = 0; replica < ReplicaCount; replica++)
        {
            StartReplica(replica);
        }
    }

    private void RunUntilRight()
    {
        DateTimeOffset end = Scheduler.Now + HealingMax;
        RunFor(TimeSpan.FromSeconds(5));
        string[] missing;
        while ((missing = [.. Convergence.Missing(this)]).Length > 0 && Trace.Violation is null && Scheduler.Now < end)
        {
            RunFor(LookInterval);
        }

        if (missing.Length > 0 && Trace.Violation is null)
        {
            Trace.Break($"not right {HealingMax.TotalSeconds:0} s after the last fault: {string.Join("; ", missing)}");
        }
    }

    private void RunFor(TimeSpan span)
    {
        Scheduler.RunUntil(Scheduler.Now + span, () => Trace.Violation is not null || Scheduler.Steps >= StepsMax);
        if (Scheduler.Steps >= StepsMax)
        {
            Trace.Break($"{StepsMax} steps and no end");
        }
    }

    private void Describe(Transaction transaction)
    {
        foreach ((CommitUnit unit, UnitResult result) in transaction.Units.Zip(transaction.Outcome.Results))
        {
            IEnumerable<string> writes = unit.Writes.Where(write => write.Kind != ResourceKinds.Event).Select(Describe);
            string said = string.Join(", ", writes);
            if (said.Length > 0)
            {
                Trace.Say($"{unit.Actor}: {said}: {(result is UnitResult.Refused refused ? $"refused, {refused.Reason} {refused.Kind} {refused.Key}" : "stored")}");
            }
        }
    }

    private static string Describe(Write write) => write switch
    {
        Write.Create { Object: Pod pod } => $"create pod {pod.Name} on {pod.Spec.NodeName}",
        Write.Create { Object: RolloutState state } => Describe(state.Spec),
        Write.Create create => $"create {create.Kind.Singular} {create.Key.Name}",
        Write.Update { Object: Pod { Metadata.IsDeleting: true } pod, Parts: ResourceParts.Desired } => pod.Metadata.Annotations.ContainsKey(Draining.DrainedAnnotation)
            ? $"pod {pod.Name} is drained"
            : $"mark pod {pod.Name}",
        Write.Update { Object: Pod pod, Parts: ResourceParts.Status } => $"pod {pod.Name} {pod.Status?.Phase}{(pod.IsReady() ? " ready" : "")}",
        Write.Update { Object: RolloutState state } => Describe(state.Spec),
        Write.Update update => $"{update.Kind.Singular} {update.Key.Name} {(update.Parts == ResourceParts.Status ? "status" : "changed")}",
        Write.Remove remove => $"remove {remove.Kind.Singular} {remove.Key.Name}",
        Write.SetAgentSession session => $"{session.Node} {(session.SessionId is null ? "ends its session" : "begins a session")}",
        _ => "",
    };

    private static string Describe(RolloutStateSpec state)
    {
        string testers = state.Traffic.Any(traffic => !traffic.HeaderRoutes.IsEmpty) ? ", testers too" : "";
        return $"{state.Canary} {state.Phase} at step {state.Step} of {state.Steps}, {state.WeightPerMille} per mille{testers}{(state.Message is null ? "" : $": {state.Message}")}";
    }

    /// <summary>A Service for the Deployment of a name, which need not be there.</summary>
    private Service NewService(string name) => (Service)ResourceRules.WithDefaults(new Service
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new ObjectMeta { Namespace = "default", Name = name, Uid = Dice.NewGuid().ToString(), CreationTimestamp = Scheduler.Now },
        Spec = new ServiceSpec
        {
            ClusterIP = ServiceSpec.Headless,
            Selector = ValueMap.Of(("app", name)),
            Ports = [new ServicePort { Port = 80, TargetPort = Users.ContainerPort }],
        },
    });

    /// <summary>Some Deployments are released by a policy: those of these names, should they be there.</summary>
    private IEnumerable<Write> NewPolicies()
    {
        foreach (string name in Users.Names)
        {
            RolloutStrategy? strategy = Dice.Below(100) switch
            {
                < 30 => new RolloutStrategy
                {
                    Type = RolloutStrategy.CanaryType,
                    Canary = new CanaryStrategy
                    {
                        Service = name,
                        Steps = [new() { SetWeight = 20 }, new() { Pause = new PauseStep { Duration = 2 } }, new() { SetWeight = 50 }, new() { Pause = new PauseStep { Duration = 3 } }],
                    },
                },
                < 45 => new RolloutStrategy
                {
                    Type = RolloutStrategy.BlueGreenType,
                    BlueGreen = new BlueGreenStrategy { ActiveService = name, AutoPromotionSeconds = 2, ScaleDownDelaySeconds = 4 },
                },
                _ => null,
            };
            strategy = Mixture.JudgesReleases && Mixture.Judging.Chance(0.8) ? JudgedReleases.Draw(Mixture.Judging, name) : strategy;
            bool isOptedOut = Mixture.IsOptedOut(name);
            if (strategy is not null || isOptedOut)
            {
                yield return new Write.Create(ResourceRules.WithDefaults(new RolloutPolicy
                {
                    ApiVersion = ResourceKinds.RolloutPolicy.ApiVersion,
                    Kind = ResourceKinds.RolloutPolicy.Kind,
                    Metadata = new ObjectMeta { Namespace = "default", Name = name, Uid = strategy is null ? Mixture.NewUid() : Dice.NewGuid().ToString(), Generation = 1, CreationTimestamp = Scheduler.Now },
                    Spec = new RolloutPolicySpec { TargetRef = new PolicyTarget { Name = name }, Strategy = strategy, RollbackOnFailure = isOptedOut ? false : null },
                }));
            }
        }
    }

    private Namespace DefaultNamespace() => (Namespace)ResourceRules.WithDefaults(new Namespace
    {
        ApiVersion = "v1",
        Kind = "Namespace",
        Metadata = new ObjectMeta { Name = "default", Uid = Dice.NewGuid().ToString(), CreationTimestamp = Scheduler.Now },
    });
}

/// <summary>How a seed ended.</summary>
/// <param name="Violation">The broken rule; null when none was.</param>
/// <param name="Digest">The same for the same course.</param>
internal sealed record SimulationResult(ulong Seed, string? Violation, long Steps, string Digest, IReadOnlyList<string> Trace);
