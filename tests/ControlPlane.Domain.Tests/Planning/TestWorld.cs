using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Tests.Planning;

/// <summary>A store, a clock and a cluster that do as they are told: plans are applied as the product applies them, pods get ready on command.</summary>
internal sealed class TestWorld
{
    public const string Namespace = "default";

    private readonly SortedDictionary<string, ReplicaSet> replicaSets = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Pod> pods = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, DeploymentRevision> records = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Name), Resource> configs = [];
    private ulong seed = 1;
    private long revision;

    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public Deployment? Deployment { get; private set; }

    /// <summary>Those of the namespace.</summary>
    public List<RolloutPolicy> Policies { get; } = [];

    /// <summary>Those of the namespace; nobody asks for Services while there are none.</summary>
    public List<Service> Services { get; } = [];

    /// <summary>How far its canary or blue-green has come; null while none is on its way.</summary>
    public RolloutState? State { get; private set; }

    /// <summary>The namespace's; null for none.</summary>
    public ResourceQuota? Quota { get; set; }

    /// <summary>Pods that slices list as ready, whatever has become of them since, by name.</summary>
    public HashSet<string> Routed { get; } = new(StringComparer.Ordinal);

    /// <summary>What the gateways saw.</summary>
    public TrafficWindow? Traffic { get; set; }

    public IReadOnlyList<ReplicaSet> ReplicaSets => [.. replicaSets.Values];

    public IReadOnlyList<Pod> Pods => [.. pods.Values];

    /// <summary>The revision records, oldest first.</summary>
    public IReadOnlyList<DeploymentRevision> Records => [.. records.Values.OrderBy(record => record.Spec.Generation).ThenBy(record => record.Spec.StartedAt)];

    /// <summary>ConfigMaps and Secrets, in the order of their names.</summary>
    public IReadOnlyList<Resource> Configs => [.. configs.Values.OrderBy(config => config.Name, StringComparer.Ordinal)];

    public List<string> Messages { get; } = [];

    /// <summary>Names that ReplicaSets of others have, which are not here.</summary>
    public HashSet<string> TakenNames { get; } = new(StringComparer.Ordinal);

    /// <summary>Every field that was ever stored goes through JSON, as in the product.</summary>
    public bool StoresJson { get; init; }

    /// <summary>Nodes with room for everything; without any, pods stay unbound.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = ["node-1", "node-2"];

    public DeploymentStatus Status => Deployment?.Status ?? new DeploymentStatus();

    public WorkloadSnapshot Snapshot()
    {
        ClusterState cluster = new();
        foreach (string node in Nodes)
        {
            cluster.SetNode(Make.Node(node));
            foreach (Pod pod in pods.Values.Where(pod => pod.Spec.NodeName == node))
            {
                cluster.Find(node)!.Add(pod);
            }
        }

        WorkloadSnapshot snapshot = new()
        {
            IsReplicaSetNameTaken = name => TakenNames.Contains(name) || replicaSets.Values.Any(replicaSet => replicaSet.Name == name),
            Deployment = Deployment,
            Policy = Deployment is null ? PolicyChoice.None : PolicyChoice.Of(Deployment, Policies),
            State = State,
            ServiceOf = Services.Count == 0 ? null : name => Services.Find(service => service.Name == name),
            IsRouted = pod => Routed.Contains(pod.Name),
            Traffic = Traffic,
            ReplicaSets = [.. replicaSets.Values],
            Revisions = [.. records.Values],
            Pods = [.. pods.Values],
            Cluster = cluster,
            Quotas = Quota is null ? null : new QuotaRoom([Quota], Pods),
            Now = Now,
            Ids = new IdSource(seed),
        };
        return ConfigRevisions.Configured(snapshot, FindConfig, configs.Values);
    }

    public Resource? FindConfig(string kind, string name) => configs.GetValueOrDefault((kind, name));

    /// <summary>Stores a ConfigMap or a Secret.</summary>
    public void StoreConfig(Resource config) =>
        configs[(ResourceKinds.Of(config).Kind, config.Name)] = config is Secret secret ? Stored(secret, secret.Metadata) : Stored((ConfigMap)config, config.Metadata);

    public void RemoveConfig(string kind, string name) => configs.Remove((kind, name));

    public Plan Plan() => WorkloadPlanner.Plan(Snapshot());

    /// <summary>One pass: plan and commit.</summary>
    public Plan Pass()
    {
        Plan plan = Plan();
        Apply(plan);
        return plan;
    }

    /// <summary>Passes until one has nothing to write; fails beyond <paramref name="passesMax"/>.</summary>
    public int PassUntilQuiet(int passesMax = 50)
    {
        for (int passes = 0; passes < passesMax; passes++)
        {
            Plan plan = Pass();
            if (plan.Writes.IsEmpty)
            {
                return passes;
            }
        }

        throw new InvalidOperationException($"still writing after {passesMax} passes: {string.Join("; ", Plan().Writes.Select(write => $"{write.GetType().Name} {write.Kind} {write.Key}"))}");
    }

    /// <summary>
    /// A cluster that works: in each round every pod starts and gets ready, what terminates ends, and a second passes. The number of rounds until
    /// nothing is left to do; with <paramref name="tolerant"/> it may still have something to do after the last.
    /// </summary>
    public int Settle(int roundsMax = 60, Action? eachRound = null, bool tolerant = false)
    {
        for (int rounds = 0; rounds < roundsMax; rounds++)
        {
            Plan plan = Pass();
            eachRound?.Invoke();
            bool isQuiet = plan.Writes.IsEmpty && plan.RecheckAfter is null && pods.Values.All(pod => !pod.Metadata.IsDeleting && (Make.IsReady(pod) || !Make.IsActive(pod)));
            if (isQuiet)
            {
                return rounds;
            }

            Now = Now.AddSeconds(plan.Writes.IsEmpty ? Math.Max(1, plan.RecheckAfter?.TotalSeconds ?? 1) : 1);
            EndTerminating();
            SetReady(_ => true);
            eachRound?.Invoke();
        }

        return tolerant ? roundsMax : throw new InvalidOperationException($"not settled after {roundsMax} rounds: {Describe()}");
    }

    public void Store(Deployment deployment) => Deployment = Stored(deployment, deployment.Metadata);

    /// <summary>A user's change of the Deployment: the generation moves when the spec does.</summary>
    public void Change(Func<Deployment, Deployment> change)
    {
        Deployment before = Deployment!;
        Deployment after = change(before);
        long generation = (before.Metadata.Generation ?? 0) + (after.Spec == before.Spec ? 0 : 1);
        Deployment = Stored(after, after.Metadata with { Generation = generation });
    }

    /// <summary>A user's change by way of the API, which records who makes it.</summary>
    public void Declare(Func<Deployment, Deployment> change, Author author)
    {
        Deployment before = Deployment!;
        Change(change);
        Record(before, author);
    }

    /// <summary>Records who declared the Deployment as it is stored now, if its template is another than before.</summary>
    public void Record(Deployment? before, Author author)
    {
        if (RevisionRecords.Declared(before, Deployment!, author, Now, new IdSource(++seed)) is { } record)
        {
            records.Add(record.Name, record);
        }
    }

    public void SetImage(string image) =>
        Change(deployment => deployment with { Spec = deployment.Spec with { Template = Make.WithImage(deployment.Spec.Template, image) } });

    public void SetReplicas(int replicas) => Change(deployment => deployment with { Spec = deployment.Spec with { Replicas = replicas } });

    public void SetPaused(bool paused) => Change(deployment => deployment with { Spec = deployment.Spec with { Paused = paused } });

    public void Store(ReplicaSet replicaSet) => replicaSets[replicaSet.Name] = Stored(replicaSet, replicaSet.Metadata);

    public void Store(Pod pod) => pods[pod.Name] = Stored(pod, pod.Metadata);

    public void RemovePod(string name) => pods.Remove(name);

    public void RemoveDeployment() => Deployment = null;

    /// <summary>A ReplicaSet that a user has deleted, and its pods with it.</summary>
    public void RemoveReplicaSet(ReplicaSet replicaSet)
    {
        Assert.True(replicaSets.Remove(replicaSet.Name));
        foreach (Pod pod in Pods.Where(pod => pod.Metadata.Controller?.Uid == replicaSet.Uid))
        {
            pods.Remove(pod.Name);
        }
    }

    /// <summary>The chosen pods run and are ready; a pod that no node was found for gets one.</summary>
    public void SetReady(Func<Pod, bool> which)
    {
        foreach (Pod pod in Pods.Where(pod => Make.IsActive(pod) && !Make.IsReady(pod)).Where(which))
        {
            Store(Make.Ready(pod, Now));
        }
    }

    public void SetUnready(Func<Pod, bool> which)
    {
        foreach (Pod pod in Pods.Where(which))
        {
            Store(Make.NotReady(pod, Now));
        }
    }

    public void EndTerminating()
    {
        foreach (Pod pod in Pods.Where(pod => pod.Metadata.IsDeleting))
        {
            pods.Remove(pod.Name);
        }
    }

    public ReplicaSet ByImage(string image) => replicaSets.Values.Single(replicaSet => replicaSet.Spec.Template.Spec.Containers[0].Image == image);

    public IEnumerable<Pod> ActivePodsOf(ReplicaSet replicaSet) =>
        pods.Values.Where(pod => pod.Metadata.Controller?.Uid == replicaSet.Uid && Make.IsActive(pod));

    public int ActivePods => pods.Values.Count(Make.IsActive);

    public int AvailablePods => replicaSets.Values.Sum(replicaSet =>
        ActivePodsOf(replicaSet).Count(pod => Make.IsAvailable(pod, replicaSet.Spec.MinReadySeconds ?? 0, Now)));

    public Condition Condition(string type) => Status.Conditions.Single(condition => condition.Type == type);

    public string Describe() => string.Join(", ", replicaSets.Values.Select(replicaSet =>
        $"{replicaSet.Name}: {replicaSet.Spec.Replicas} wanted, {ActivePodsOf(replicaSet).Count()} active, {ActivePodsOf(replicaSet).Count(Make.IsReady)} ready"));

    public void Apply(Plan plan)
    {
        Assert.Equal(plan.Writes.Count, plan.Writes.Select(write => (write.Kind.Kind, write.Key)).Distinct().Count());
        seed++;
        foreach (Write write in plan.Writes)
        {
            Apply(write);
        }

        Messages.AddRange(plan.Events.Select(note => $"{note.Reason}: {note.Message}"));
    }

    private void Apply(Write write)
    {
        switch (write)
        {
            case Write.Create { Object: ReplicaSet made }:
                Assert.DoesNotContain(made.Name, replicaSets.Keys);
                Store(made);
                break;
            case Write.Create { Object: Pod made }:
                Assert.DoesNotContain(made.Name, pods.Keys);
                Store(made);
                break;
            case Write.Create { Object: RolloutState made }:
                Assert.Null(State);
                State = Stored(made, made.Metadata);
                break;
            case Write.Update { Object: RolloutState next, Parts: ResourceParts.Desired }:
                Assert.NotEqual(State!.Spec, next.Spec);
                State = Stored(next, next.Metadata);
                break;
            case Write.Remove { OfKind.Kind: "RolloutState" }:
                Assert.NotNull(State);
                State = null;
                break;
            case Write.Create { Object: DeploymentRevision made }:
                records.Add(made.Name, made);
                break;
            case Write.Update { Object: DeploymentRevision next, Parts: ResourceParts.Status }:
                Assert.NotEqual(records[next.Name], next);
                records[next.Name] = next;
                break;
            case Write.Remove { OfKind.Kind: "DeploymentRevision" } removed:
                Assert.True(records.Remove(removed.AtKey.Name));
                break;
            case Write.Create { Object: ConfigMap or Secret } made:
                Assert.DoesNotContain((made.Kind.Kind, made.Key.Name), configs.Keys);
                StoreConfig(made.Object);
                break;
            case Write.Remove { OfKind.Kind: "ConfigMap" or "Secret" } removed:
                Assert.True(configs.Remove((removed.OfKind.Kind, removed.AtKey.Name)));
                break;
            case Write.Update { Object: ResourceQuota next, Parts: ResourceParts.Status }:
                // Written even when it says the same: whoever else saw that room is refused by it.
                Quota = next;
                break;
            case Write.Update { Object: Deployment next, Parts: var parts }:
                Deployment = Merge(Deployment!, next, parts, (kept, updated) => kept with { Metadata = updated.Metadata, Spec = updated.Spec }, (kept, updated) => kept with { Status = updated.Status });
                break;
            case Write.Update { Object: ReplicaSet next, Parts: var parts }:
                replicaSets[next.Name] = Merge(replicaSets[next.Name], next, parts, (kept, updated) => kept with { Metadata = updated.Metadata, Spec = updated.Spec }, (kept, updated) => kept with { Status = updated.Status });
                break;
            case Write.Update { Object: Pod next, Parts: var parts }:
                pods[next.Name] = Merge(pods[next.Name], next, parts, (kept, updated) => kept with { Metadata = updated.Metadata, Spec = updated.Spec }, (kept, updated) => kept with { Status = updated.Status });
                break;
            case Write.Remove { OfKind.Kind: "ReplicaSet" } removed:
                Assert.True(replicaSets.Remove(removed.AtKey.Name));
                break;
            case Write.Remove { OfKind.Kind: "Pod" } removed:
                Assert.True(pods.Remove(removed.AtKey.Name));
                break;
            default:
                Assert.Fail($"unexpected write {write}");
                break;
        }
    }

    private T Merge<T>(T stored, T next, ResourceParts parts, Func<T, T, T> desired, Func<T, T, T> status)
        where T : Resource
    {
        Assert.Equal(stored.Uid, next.Uid);
        T merged = stored;
        merged = parts.HasFlag(ResourceParts.Desired) ? desired(merged, next) : merged;
        merged = parts.HasFlag(ResourceParts.Status) ? status(merged, next) : merged;
        Assert.NotEqual(stored, merged);
        return Stored(merged, merged.Metadata);
    }

    private T Stored<T>(T resource, ObjectMeta metadata)
        where T : Resource
    {
        ObjectMeta stamped = metadata with { ResourceVersion = (++revision).ToString(System.Globalization.CultureInfo.InvariantCulture) };
        T stored = resource with { Metadata = stamped };
        return StoresJson ? ResourceJson.Deserialize<T>(ResourceJson.Serialize(stored)) : stored;
    }
}
