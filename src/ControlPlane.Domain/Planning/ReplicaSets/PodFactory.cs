using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Planning.ReplicaSets;

/// <summary>Makes a ReplicaSet's new pods, bound to a node where one fits.</summary>
internal sealed class PodFactory(ReplicaSet replicaSet, IEnumerable<string> takenNames, WorkloadSnapshot snapshot)
{
    /// <summary>A generated name is at most as long as a label's value (Kubernetes: <c>generateName</c>).</summary>
    private const int GeneratedNameLengthMax = 63;

    private const int SuffixLength = 5;

    private readonly HashSet<string> names = new(takenNames, StringComparer.Ordinal);

    /// <summary>What the pods have in common, with the defaults that hold for pods and not for templates.</summary>
    private readonly Pod model = Model(replicaSet, snapshot);

    private readonly Scheduler scheduler = new(snapshot.Cluster);

    /// <summary>The next pod, and what to tell people about its placement. A pod with a node is entered into the cluster's state.</summary>
    public (Pod Pod, EventNote Note) Next()
    {
        Pod pod = model with { Metadata = model.Metadata with { Name = FreeName(), Uid = snapshot.Ids.Uid() } };
        Placement placement = scheduler.Place(pod);
        return placement.Node is { } node ? Bound(pod, node) : Unbound(pod, placement.Why!);
    }

    /// <summary>Why no such pod may be stored, as the API would say it; null when nothing speaks against it.</summary>
    public string? Refusal()
    {
        string name = Prefix() + new string(IdSource.NameAlphabet[0], SuffixLength);
        IReadOnlyList<FieldError> errors = ResourceRules.ValidateCreate(model with { Metadata = model.Metadata with { Name = name } });
        string[] said = [.. errors.Select(error => $"{error.Field}: {error.Message}")];
        return said switch
        {
            [] => null,
            [var only] => $"Pod \"{model.Metadata.GenerateName}\" is invalid: {only}",
            _ => $"Pod \"{model.Metadata.GenerateName}\" is invalid: [{string.Join(", ", said)}]",
        };
    }

    /// <summary>
    /// Why quotas leave no room for the next pod, as the API would say it, with the start of its name: the same as long as the quotas are the same. Null when they do; the pod is
    /// counted then.
    /// </summary>
    public string? QuotaRefusal() =>
        snapshot.Quotas?.Take(model) is { } why ? $"{ResourceKinds.Pod.Plural} \"{model.Metadata.GenerateName}\" is forbidden: {why}" : null;

    private (Pod Pod, EventNote Note) Bound(Pod pod, string node)
    {
        pod = pod with
        {
            Spec = pod.Spec with { NodeName = node },
            Status = model.Status! with { Conditions = [new Condition { Type = "PodScheduled", Status = "True", LastTransitionTime = snapshot.Now }] },
        };
        scheduler.Enter(pod);
        return (pod, EventNote.Normal(pod, "Scheduled", $"Successfully assigned {pod.Namespace}/{pod.Name} to {node}"));
    }

    private (Pod Pod, EventNote Note) Unbound(Pod pod, Unschedulable why)
    {
        pod = pod with
        {
            Status = model.Status! with
            {
                Unschedulable = why,
                Conditions = [PendingPods.Waiting(pod, why, snapshot.Now)],
            },
        };
        return (pod, EventNote.Warning(pod, "FailedScheduling", why.Message));
    }

    private static Pod Model(ReplicaSet replicaSet, WorkloadSnapshot snapshot) => (Pod)ResourceRules.WithDefaults(new Pod
    {
        ApiVersion = ResourceKinds.Pod.ApiVersion,
        Kind = ResourceKinds.Pod.Kind,
        Metadata = new ObjectMeta
        {
            GenerateName = replicaSet.Name + "-",
            Namespace = replicaSet.Namespace,
            Labels = replicaSet.Spec.Template.Metadata.Labels,
            Annotations = replicaSet.Spec.Template.Metadata.Annotations,
            Finalizers = replicaSet.Spec.Template.Metadata.Finalizers,
            OwnerReferences = [Ownership.ControllerReference(replicaSet)],
            CreationTimestamp = snapshot.Now,
            Generation = 1,
        },
        Spec = replicaSet.Spec.Template.Spec,
    });

    /// <summary>The start of each name, as long as the suffix leaves room for.</summary>
    private string Prefix()
    {
        string prefix = model.Metadata.GenerateName!;
        return prefix.Length > GeneratedNameLengthMax - SuffixLength ? prefix[..(GeneratedNameLengthMax - SuffixLength)] : prefix;
    }

    private string FreeName()
    {
        string prefix = Prefix();
        string name;
        do
        {
            name = prefix + snapshot.Ids.NameSuffix(SuffixLength);
        }
        while (!names.Add(name));

        return name;
    }
}
