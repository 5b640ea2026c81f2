using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>Makes the ReplicaSet of a template that has none yet.</summary>
internal static class NewReplicaSet
{
    /// <summary>A name is at most a DNS subdomain long.</summary>
    private const int NameLengthMax = 253;

    /// <summary>
    /// The rollout with a new ReplicaSet of 0 replicas, for the strategy to scale. Where another template's ReplicaSet has the name already,
    /// the Deployment's collision count moves on until the name is free.
    /// </summary>
    public static Rollout Ensure(Rollout rollout, WorkloadSnapshot snapshot)
    {
        if (rollout.New is not null)
        {
            return rollout;
        }

        Deployment deployment = rollout.Deployment;
        int? collisions = deployment.Status?.CollisionCount;
        string hash = Templates.Hash(deployment.Spec.Template, collisions);
        while (snapshot.IsReplicaSetNameTaken(NameOf(deployment, hash)))
        {
            collisions = (collisions ?? 0) + 1;
            hash = Templates.Hash(deployment.Spec.Template, collisions);
        }

        ReplicaSet made = Make(deployment, hash, snapshot);
        made = Revisions.OnNew(made, deployment, Revisions.Next(rollout.Old.Select(member => member.ReplicaSet)));
        return rollout with
        {
            Deployment = collisions == deployment.Status?.CollisionCount
                ? deployment
                : deployment with { Status = (deployment.Status ?? new DeploymentStatus()) with { CollisionCount = collisions } },
            New = new RolloutMember { ReplicaSet = made, Pods = PodClaims.None, Counts = default },
        };
    }

    /// <summary>
    /// The rollout with the ReplicaSet of the declared revision once more, where somebody has deleted it and its record says that it was complete: it stays so, for nothing that was complete once is rolled back by itself, and
    /// a policy's steps are not for it either. Any other is made when the strategy comes to it, and is on trial.
    /// </summary>
    public static Rollout Remake(Rollout rollout, WorkloadSnapshot snapshot)
    {
        bool isHeld = rollout.Deployment.Spec.Paused == true || snapshot.Policy.IsConflict;
        if (isHeld || rollout.New is not null || RevisionRecords.OfPresent(rollout.Deployment, snapshot) is not { Outcome: RevisionRecords.Complete, ReplicaSet: { } name })
        {
            return rollout;
        }

        Rollout remade = Ensure(rollout, snapshot);
        RolloutMember current = remade.New!;
        return current.Name == name ? remade with { New = current with { ReplicaSet = Outcomes.WithComplete(current.ReplicaSet, snapshot.Now) } } : rollout;
    }

    private static string NameOf(Deployment deployment, string hash)
    {
        int room = NameLengthMax - hash.Length - 1;
        return $"{(deployment.Name.Length > room ? deployment.Name[..room] : deployment.Name)}-{hash}";
    }

    private static ReplicaSet Make(Deployment deployment, string hash, WorkloadSnapshot snapshot)
    {
        PodTemplateSpec template = Templates.WithHash(deployment.Spec.Template, hash);
        LabelSelector selector = deployment.Spec.Selector ?? new LabelSelector();
        return new ReplicaSet
        {
            ApiVersion = ResourceKinds.ReplicaSet.ApiVersion,
            Kind = ResourceKinds.ReplicaSet.Kind,
            Metadata = new ObjectMeta
            {
                Name = NameOf(deployment, hash),
                Namespace = deployment.Namespace,
                Uid = snapshot.Ids.Uid(),
                Generation = 1,
                CreationTimestamp = snapshot.Now,
                Labels = template.Metadata.Labels,
                OwnerReferences = [Ownership.ControllerReference(deployment)],
            },
            Spec = new ReplicaSetSpec
            {
                Replicas = 0,
                MinReadySeconds = deployment.Spec.MinReadySeconds,
                Selector = selector with { MatchLabels = selector.MatchLabels.SetItem(Templates.HashLabel, hash) },
                Template = template,
            },
        };
    }
}
