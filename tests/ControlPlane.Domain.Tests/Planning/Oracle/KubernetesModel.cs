namespace ControlPlane.Domain.Tests.Planning.Oracle;

/// <summary>A pod of the model: all that the rules ask about it.</summary>
internal enum ModelPod
{
    NotReady,

    /// <summary>For less than <see cref="ModelSpec.Long"/>.</summary>
    Ready,

    /// <summary>Ready for that long.</summary>
    Settled,
}

/// <summary>A ReplicaSet of the model. Its template is named by an image.</summary>
internal sealed class ModelReplicaSet(string image, int born)
{
    public string Image { get; } = image;

    /// <summary>Its place in the order of creation.</summary>
    public int Born { get; } = born;

    public int Replicas { get; set; }

    public int Desired { get; set; }

    public int Max { get; set; }

    public long Revision { get; set; }

    public string History { get; set; } = "";

    public List<ModelPod> Pods { get; } = [];

    public int Terminating { get; set; }

    /// <summary>The size for which its pods were kept last.</summary>
    public int Observed { get; set; }

    /// <summary>Whether a pod of it was refused when its pods were kept last.</summary>
    public bool IsRefused { get; set; }

    /// <summary>What its own status shows: the pods that it had when they were kept last.</summary>
    public ModelCounts Counts { get; set; }

    /// <summary>Its own: an old one keeps what it had.</summary>
    public int MinReadySeconds { get; set; }

    public int Available => Pods.Count(pod => pod == ModelPod.Settled || (pod == ModelPod.Ready && MinReadySeconds == 0));

    /// <summary>Of the available ones those that it keeps at its present size.</summary>
    public int Kept => Math.Min(Available, Replicas);

    public override string ToString() =>
        $"{Image}: revision {Revision} (before: {History}), {Replicas} for {Desired}/{Max}, {MinReadySeconds} s, pods {string.Join(' ', Pods.Order())}, {Terminating} terminating; shows {Counts}{(IsRefused ? ", refused" : "")}";
}

/// <summary>What users declare, in the model's terms.</summary>
internal sealed record ModelSpec
{
    /// <summary>Seconds; more than a story has steps: each takes one, so that no two ReplicaSets are of one age, and none of them settles a pod by itself.</summary>
    public const int Long = 100;

    /// <summary>An image whose pods the rules refuse: it has no name.</summary>
    public const string Unstorable = "";

    public int Replicas { get; init; }

    public string Image { get; init; } = "hello:1";

    public bool Paused { get; init; }

    public bool Recreate { get; init; }

    /// <summary>A number, or a percentage with its sign.</summary>
    public string MaxSurge { get; init; } = "25%";

    /// <inheritdoc cref="MaxSurge"/>
    public string MaxUnavailable { get; init; } = "25%";

    public int? DeadlineSeconds { get; init; }

    public int? HistoryLimit { get; init; }

    /// <summary><see cref="Long"/> or 0.</summary>
    public int MinReadySeconds { get; init; } = Long;

    /// <summary>The revision that an annotation asks to go back to, 0 for the last one; null for none.</summary>
    public long? RollbackTo { get; init; }
}

/// <summary>The Progressing condition of the model.</summary>
internal sealed record ModelProgress(string Status, string Reason, DateTimeOffset MovedAt);

/// <summary>The counts that a Deployment's status shows; a ReplicaSet's has no updated and no unavailable ones.</summary>
internal readonly record struct ModelCounts(int Replicas, int Updated, int Ready, int Available, int Unavailable, int Terminating);

/// <summary>
/// Kubernetes' published behaviour of Deployments and ReplicaSets, written down a second time, as naively as possible: one number at a time, one
/// action a turn, everything mutable. It shares nothing with the planners, so where both agree, neither is likely to be wrong alone.
/// Sources: kubernetes.io, Deployments (rolling update, proportional scaling, progress deadline, clean-up policy) and the
/// documented behaviour of the Deployment controller. Where the planners differ on purpose, <see cref="ModelDeviations"/> has a switch. Pods become available in its world by time alone.
/// </summary>
internal sealed partial class KubernetesModel(ModelSpec beginning, ModelDeviations deviations)
{
    private readonly List<ModelReplicaSet> replicaSets = [];
    private int births;

    public ModelDeviations Deviations { get; } = deviations;

    public ModelSpec Spec { get; private set; } = beginning;

    /// <summary>Counts the declarations that change something.</summary>
    public long Generation { get; private set; } = 1;

    public long ObservedGeneration { get; private set; }

    /// <summary>Images whose ReplicaSet would have a name that something else has, each at one collision count.</summary>
    public HashSet<(string Image, int Collisions)> TakenNames { get; } = [];

    /// <summary>The most pods that a quota allows, those that are stopping counted too; null for no quota.</summary>
    public int? PodsMax { get; set; }

    /// <summary>How often a name was taken.</summary>
    public int Collisions { get; private set; }

    public DateTimeOffset Now { get; set; }

    public ModelProgress? Progress { get; private set; }

    public bool? IsAvailable { get; private set; }

    /// <summary>Whether the status says that pods cannot be made.</summary>
    public bool HasReplicaFailure { get; private set; }

    public ModelCounts Counts { get; private set; }

    public IReadOnlyList<ModelReplicaSet> ReplicaSets => replicaSets;

    public ModelReplicaSet? Find(string image) => replicaSets.Find(replicaSet => replicaSet.Image == image);

    /// <summary>What users want from now on. What a strategy does not ask about is no change, and neither is a request to go back.</summary>
    public void Declare(ModelSpec next)
    {
        static ModelSpec Stored(ModelSpec spec) => spec with
        {
            RollbackTo = null,
            MaxSurge = spec.Recreate ? "" : spec.MaxSurge,
            MaxUnavailable = spec.Recreate ? "" : spec.MaxUnavailable,
        };

        Generation += Stored(next) == Stored(Spec) ? 0 : 1;
        Spec = next;
    }

    /// <summary>
    /// One turn: the Deployment's controller looks once, then each ReplicaSet's. In Kubernetes these go on beside each other; where a quota has too little room for all of
    /// them, the older ReplicaSets go first here, and the new one last.
    /// </summary>
    public void Turn()
    {
        LookAtDeployment();
        List<ModelReplicaSet> inTurn = New is { } current ? [.. Old, current] : Old;
        inTurn.ForEach(KeepPods);
    }

    public override string ToString() => $"{Spec} {Generation} {ObservedGeneration} {Collisions} {Progress} {IsAvailable} {HasReplicaFailure} {Counts} {string.Join("; ", replicaSets)}";

    private ModelReplicaSet? New => Find(Spec.Image);

    private List<ModelReplicaSet> Old => [.. replicaSets.Where(replicaSet => replicaSet.Image != Spec.Image).OrderBy(replicaSet => replicaSet.Born)];

    private int Surge => Spec.Recreate ? 0 : Number(Spec.MaxSurge, Math.Ceiling);

    private int Unavailable
    {
        get
        {
            if (Spec.Recreate)
            {
                return 0;
            }

            int unavailable = Number(Spec.MaxUnavailable, Math.Floor);
            unavailable = Surge == 0 && unavailable == 0 ? 1 : unavailable;
            return Math.Min(unavailable, Spec.Replicas);
        }
    }

    private int Number(string allowance, Func<decimal, decimal> round) =>
        allowance.EndsWith('%') ? (int)round(decimal.Parse(allowance[..^1]) * Spec.Replicas / 100) : int.Parse(allowance);

    /// <summary>One look of the Deployment controller at its Deployment; it ends with the first thing that it does.</summary>
    private void LookAtDeployment()
    {
        PauseOrResume();
        RecordRevision();
        if (!Spec.Paused && Spec.RollbackTo is { } asked)
        {
            RollBack(asked);
            return;
        }

        if (Spec.Paused || replicaSets.Exists(replicaSet => replicaSet.Replicas > 0 && replicaSet.Desired != Spec.Replicas) && !RecreateIsUnderWay)
        {
            Scale();
            if (Spec.Paused && Spec.RollbackTo is null)
            {
                CleanUp();
            }

            ShowStatus(judge: false);
            return;
        }

        bool acted = Spec.Recreate ? Recreate() : Roll();
        bool isWaiting = Spec.Recreate && !OldIsGone;
        if ((!acted || Deviations.StepsAreTakenTogether) && !isWaiting && IsComplete(Count()))
        {
            CleanUp();
        }

        ShowStatus(judge: true);
    }

    private bool OldIsGone => !Old.Exists(replicaSet => replicaSet.Replicas > 0 || replicaSet.Pods.Count > 0 || replicaSet.Terminating > 0);

    private bool RecreateIsUnderWay => Spec.Recreate && Deviations.RecreateGoesOnWhenScaled && replicaSets.Count(replicaSet => replicaSet.Replicas > 0) > 1;

    /// <summary>A template that is declared again gets the next revision, and its former one is kept in its history.</summary>
    private void RecordRevision()
    {
        long next = Old.Select(replicaSet => replicaSet.Revision).DefaultIfEmpty().Max() + 1;
        if (New is not { } current)
        {
            return;
        }

        current.MinReadySeconds = Spec.MinReadySeconds;
        if (current.Revision < next)
        {
            current.History = current.History.Length == 0 ? $"{current.Revision}" : $"{current.History},{current.Revision}";
            current.Revision = next;
            if (Progress is not null && Deviations.DeclaredAgainStartsTheClock)
            {
                Progress = Spec.Paused ? new ModelProgress("Unknown", "DeploymentPaused", Now) : new ModelProgress("True", "ReplicaSetUpdated", Now);
            }
        }
    }

    private ModelReplicaSet Create(int replicas)
    {
        while (TakenNames.Contains((Spec.Image, Collisions)))
        {
            Collisions++;
        }

        ModelReplicaSet made = new(Spec.Image, births++)
        {
            MinReadySeconds = Spec.MinReadySeconds,
            Replicas = replicas,
            Revision = replicaSets.Select(replicaSet => replicaSet.Revision).DefaultIfEmpty().Max() + 1,
            Desired = Spec.Replicas,
            Max = Spec.Replicas + Surge,
        };
        replicaSets.Add(made);
        if (Spec.DeadlineSeconds is not null && (Deviations.EachNewOneStartsTheClock || Progress?.Reason != "NewReplicaSetCreated"))
        {
            Progress = new ModelProgress("True", "NewReplicaSetCreated", Now);
        }

        return made;
    }

    private void Resize(ModelReplicaSet replicaSet, int replicas)
    {
        if (replicaSet.Replicas != replicas)
        {
            replicaSet.Replicas = replicas;
            replicaSet.Desired = Spec.Replicas;
            replicaSet.Max = Spec.Replicas + Surge;
        }
    }

    /// <summary>The ReplicaSet controller: makes what is missing, ends what is too much, the least useful first.</summary>
    private void KeepPods(ModelReplicaSet replicaSet)
    {
        replicaSet.Observed = replicaSet.Replicas;
        replicaSet.Counts = CountsOf(replicaSet);
        while (replicaSet.Pods.Count < replicaSet.Replicas && MayBeMade(replicaSet))
        {
            replicaSet.Pods.Add(ModelPod.NotReady);
        }

        replicaSet.IsRefused = replicaSet.Pods.Count < replicaSet.Replicas;

        while (replicaSet.Pods.Count > replicaSet.Replicas)
        {
            replicaSet.Pods.Remove(replicaSet.Pods.Min());
            replicaSet.Terminating++;
        }
    }

    private bool MayBeMade(ModelReplicaSet replicaSet) =>
        replicaSet.Image != ModelSpec.Unstorable && !(replicaSets.Sum(held => held.Pods.Count + held.Terminating) >= PodsMax);
}
