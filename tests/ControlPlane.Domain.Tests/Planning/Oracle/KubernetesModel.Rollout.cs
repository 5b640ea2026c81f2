namespace ControlPlane.Domain.Tests.Planning.Oracle;

/// <content>How replicas move from one ReplicaSet to another.</content>
internal sealed partial class KubernetesModel
{
    private bool Recreate()
    {
        bool stopped = Old.Exists(replicaSet => replicaSet.Replicas > 0);
        Old.ForEach(replicaSet => Resize(replicaSet, 0));
        if ((stopped && !Deviations.StepsAreTakenTogether) || !OldIsGone)
        {
            if (Deviations.RecreateHoldsTheNewOne && New is { } held)
            {
                Resize(held, Math.Min(Spec.Replicas, Math.Min(held.Replicas, held.Pods.Count)));
            }

            return true;
        }

        bool made = New is null;
        ModelReplicaSet current = New ?? Create(Spec.Replicas);
        bool resized = current.Replicas != Spec.Replicas;
        Resize(current, Spec.Replicas);
        return stopped || made || resized;
    }

    /// <summary>Goes back to the revision that is asked for, once; 0 is the last one before the present.</summary>
    private void RollBack(long asked)
    {
        if (New is null && !Deviations.RollbackMakesNoReplicaSet)
        {
            int room = Spec.Replicas + Surge - replicaSets.Sum(replicaSet => replicaSet.Replicas);
            Create(Spec.Recreate ? Spec.Replicas : Math.Clamp(room, 0, Spec.Replicas));
        }

        List<long> revisions = [.. replicaSets.Select(replicaSet => replicaSet.Revision).OrderDescending()];
        revisions = New is null ? [long.MaxValue, .. revisions] : revisions;
        long wanted = asked != 0 ? asked : revisions.Count > 1 ? revisions[1] : 0;
        ModelReplicaSet? target = wanted == 0 ? null : replicaSets.Find(replicaSet => replicaSet.Revision == wanted);
        Declare(Spec with { RollbackTo = null, Image = target?.Image ?? Spec.Image });
    }

    private bool Roll()
    {
        if (New is null)
        {
            Create(0);
        }

        bool grew = ScaleUpNew(New!);
        bool shrank = (!grew || Deviations.StepsAreTakenTogether) && ScaleDownOld(New!);
        return grew || shrank;
    }

    private bool ScaleUpNew(ModelReplicaSet current)
    {
        if (current.Replicas == Spec.Replicas)
        {
            return false;
        }

        int before = current.Replicas;
        int next = before;
        if (before > Spec.Replicas)
        {
            next = Spec.Replicas;
        }
        else
        {
            int total = replicaSets.Sum(replicaSet => replicaSet.Replicas);
            while (next < Spec.Replicas && total < Spec.Replicas + Surge)
            {
                next++;
                total++;
            }
        }

        Resize(current, next);
        return next != before;
    }

    private bool ScaleDownOld(ModelReplicaSet current)
    {
        int total = replicaSets.Sum(replicaSet => replicaSet.Replicas);
        int minAvailable = Spec.Replicas - Unavailable;
        int removable = total - minAvailable - (current.Replicas - current.Kept);
        if (removable <= 0)
        {
            return false;
        }

        bool acted = false;
        foreach (ModelReplicaSet old in Old)
        {
            // The pods that serve nobody.
            for (int unhealthy = old.Replicas - old.Available; unhealthy > 0 && removable > 0; unhealthy--, removable--)
            {
                Resize(old, old.Replicas - 1);
                acted = true;
            }
        }

        int spare = replicaSets.Sum(replicaSet => replicaSet.Kept) - minAvailable;
        foreach (ModelReplicaSet old in Old)
        {
            for (; spare > 0 && old.Replicas > 0; spare--)
            {
                Resize(old, old.Replicas - 1);
                acted = true;
            }
        }

        return acted;
    }

    /// <summary>Paused, or scaled while a rollout is under way.</summary>
    private void Scale()
    {
        bool isStuck = Spec.Recreate && !Deviations.RecreateGoesOnWhenScaled && replicaSets.Count(replicaSet => replicaSet.Replicas > 0) > 1;
        ShareOut();
        if (!Deviations.OneAloneIsOnRecord || isStuck)
        {
            return;
        }

        foreach (ModelReplicaSet replicaSet in replicaSets.Where(replicaSet => replicaSet.Replicas > 0))
        {
            replicaSet.Desired = Spec.Replicas;
            replicaSet.Max = Spec.Replicas + Surge;
        }
    }

    private void ShareOut()
    {
        List<ModelReplicaSet> active = [.. replicaSets.Where(replicaSet => replicaSet.Replicas > 0)];
        ModelReplicaSet? only = active.Count switch
        {
            0 => New ?? replicaSets.MaxBy(replicaSet => replicaSet.Born),
            1 => active[0],
            _ => null,
        };
        if (active.Count <= 1)
        {
            if (only is not null)
            {
                Resize(only, Spec.Replicas);
            }

            return;
        }

        if (New is { } current && current.Replicas == Spec.Replicas && current.Desired == Spec.Replicas && current.Available == Spec.Replicas)
        {
            Old.ForEach(replicaSet => Resize(replicaSet, 0));
            return;
        }

        if (!Spec.Recreate)
        {
            ScaleInProportion(active);
        }
    }

    private void ScaleInProportion(List<ModelReplicaSet> active)
    {
        int wanted = Spec.Replicas == 0 ? 0 : Spec.Replicas + Surge;
        int toAdd = wanted - active.Sum(replicaSet => replicaSet.Replicas);
        active = toAdd > 0
            ? [.. active.OrderByDescending(replicaSet => replicaSet.Replicas).ThenByDescending(replicaSet => replicaSet.Born)]
            : [.. active.OrderByDescending(replicaSet => replicaSet.Replicas).ThenBy(replicaSet => replicaSet.Born)];
        int left = toAdd;
        List<int> sizes = [];
        foreach (ModelReplicaSet replicaSet in active)
        {
            decimal share = Spec.Replicas == 0 ? 0 : (decimal)replicaSet.Replicas * wanted / replicaSet.Max;
            int change = (int)Math.Round(share, MidpointRounding.AwayFromZero) - replicaSet.Replicas;
            change = toAdd switch
            {
                _ when left == 0 => 0,
                > 0 => Math.Min(change, left),
                _ => Math.Max(change, left),
            };
            left -= change;
            sizes.Add(replicaSet.Replicas + change);
        }

        sizes[0] = Math.Max(0, sizes[0] + left);
        for (int i = 0; i < active.Count; i++)
        {
            active[i].Replicas = sizes[i];
            active[i].Desired = Spec.Replicas;
            active[i].Max = Spec.Replicas + Surge;
        }
    }

    /// <summary>Beyond the limit the lowest revisions go, as far as they have no pods.</summary>
    private void CleanUp()
    {
        if (Spec.HistoryLimit is not { } limit)
        {
            return;
        }

        foreach (ModelReplicaSet old in Old.OrderBy(replicaSet => replicaSet.Revision).ThenBy(replicaSet => replicaSet.Born).Take(Math.Max(0, Old.Count - limit)))
        {
            if (old.Replicas == 0 && old.Observed == 0 && old.Pods.Count == 0 && (old.Terminating == 0 || !Deviations.TerminatingPodsKeepHistory))
            {
                replicaSets.Remove(old);
            }
        }
    }
}
