using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Agents;

/// <summary>What a node's report changes in the store: a pure function of the report and of what is stored.</summary>
internal static class ReportPlan
{
    /// <summary>How often a node's heartbeat is stored when nothing else changes; its presence is kept elsewhere (Kubernetes: 5 minutes).</summary>
    public static readonly TimeSpan HeartbeatEvery = TimeSpan.FromMinutes(5);

    private static readonly Condition[] Healthy =
    [
        new() { Type = "MemoryPressure", Status = "False", Reason = "AgentHasSufficientMemory", Message = "agent has sufficient memory available" },
        new() { Type = "DiskPressure", Status = "False", Reason = "AgentHasNoDiskPressure", Message = "agent has no disk pressure" },
        new() { Type = "PIDPressure", Status = "False", Reason = "AgentHasSufficientPID", Message = "agent has sufficient PID available" },
        new() { Type = "Ready", Status = "True", Reason = "KubeletReady", Message = "agent is reporting" },
    ];

    /// <summary>The node's record as the report makes it; equal to the stored one when it says nothing new.</summary>
    /// <param name="stored">The record; null when there is none yet.</param>
    /// <param name="name">The node.</param>
    /// <param name="report">What its agent says.</param>
    /// <param name="now">The time, in whole seconds.</param>
    public static Node NodeFor(Node? stored, string name, NodeReport report, DateTimeOffset now)
    {
        Node node = stored ?? new Node
        {
            ApiVersion = ResourceKinds.Node.ApiVersion,
            Kind = ResourceKinds.Node.Kind,
            Metadata = new ObjectMeta { Name = name, CreationTimestamp = now },
        };
        ValueList<Condition> before = node.Status?.Conditions ?? default;
        NodeStatus status = report.Node ?? node.Status ?? new NodeStatus();
        return node with
        {
            Metadata = node.Metadata with { Labels = node.Metadata.Labels.SetItems(report.NodeLabels) },
            Status = status with { Conditions = ConditionsFor(before, report.Node is { } said ? WithOthers(said.Conditions, before) : before, now) },
        };
    }

    /// <summary>The writes for the pods that a report names, where they differ from what is stored.</summary>
    /// <param name="node">The reporting node: it has a say about pods bound to it only.</param>
    /// <param name="reports">What it says.</param>
    /// <param name="find">The stored pod of a key.</param>
    /// <param name="now">The time, in whole seconds.</param>
    public static IEnumerable<Write> ForPods(string node, ValueList<PodReport> reports, Func<ObjectKey, Pod?> find, DateTimeOffset now)
    {
        foreach (PodReport report in reports.GroupBy(report => report.Uid, StringComparer.Ordinal).Select(same => same.Last()))
        {
            Pod? stored = find(new ObjectKey(report.Namespace, report.Name));
            if (stored is not null && stored.Uid == report.Uid && stored.Spec.NodeName == node && ForPod(stored, report, now) is { } write)
            {
                yield return write;
            }
        }
    }

    private static Write? ForPod(Pod stored, PodReport report, DateTimeOffset now)
    {
        if (report.IsStopped)
        {
            return Stopped(stored);
        }

        if (report.Status is not { } reported)
        {
            return null;
        }

        PodStatus before = stored.Status ?? new PodStatus();
        if (before.Phase is "Succeeded" or "Failed" && reported.Phase != before.Phase)
        {
            // A pod that has ended stays ended (Kubernetes: pod lifecycle); its agent has not heard of that yet.
            return null;
        }

        PodStatus status = reported with
        {
            Conditions = PodConditions(before.Conditions, reported.Conditions, now),
            StartTime = reported.StartTime ?? before.StartTime,
            QosClass = reported.QosClass ?? before.QosClass,
        };
        return status == before ? null : new Write.Update(stored with { Status = status }, ResourceParts.Status);
    }

    /// <summary>A stopped pod that was to stop leaves; finalizers keep its record, with its grace over. One that was not to stop is the agent's to restart.</summary>
    private static Write? Stopped(Pod stored)
    {
        if (!stored.Metadata.IsDeleting)
        {
            return null;
        }

        if (stored.Metadata.Finalizers.IsEmpty)
        {
            return Write.Remove.Of(stored);
        }

        return stored.Metadata.DeletionGracePeriodSeconds == 0
            ? null
            : new Write.Update(stored with { Metadata = stored.Metadata with { DeletionGracePeriodSeconds = 0 } }, ResourceParts.Desired);
    }

    /// <summary>
    /// The reported conditions, and those that others set (<c>PodScheduled</c>); a time of transition moves with the status only. That a restart waits is the agent's to say and to take back, and
    /// its time says which restart.
    /// </summary>
    private static ValueList<Condition> PodConditions(ValueList<Condition> before, ValueList<Condition> reported, DateTimeOffset now)
    {
        before = before.Where(old => old.Type != RestartDrain.ConditionType).ToValueList();
        IEnumerable<Condition> kept = before.Where(old => reported.All(item => item.Type != old.Type));
        IEnumerable<Condition> current = reported.Select(item =>
        {
            Condition? old = Find(before, item.Type);
            DateTimeOffset? since = old is not null && old.Status == item.Status ? old.LastTransitionTime : item.LastTransitionTime ?? now;
            return item with { LastTransitionTime = since ?? now };
        });
        return current.Concat(kept).OrderBy(item => item.Type, StringComparer.Ordinal).ToValueList();
    }

    /// <summary>What the agent says, and the conditions that others have set, which are not its to take away.</summary>
    private static ValueList<Condition> WithOthers(ValueList<Condition> said, ValueList<Condition> before) =>
        [.. said, .. before.Where(old => !IsOfAgent(old.Type) && Find(said, old.Type) is null)];

    private static bool IsOfAgent(string type) => type == StoreConfirmation.Condition || Healthy.Any(healthy => healthy.Type == type);

    private static ValueList<Condition> ConditionsFor(ValueList<Condition> before, ValueList<Condition> reported, DateTimeOffset now)
    {
        Condition[] wanted = [.. Healthy.Select(healthy => Find(reported, healthy.Type) ?? healthy), .. reported.Where(item => Healthy.All(known => known.Type != item.Type))];
        bool isChanged = wanted.Length != before.Count || wanted.Any(item => Find(before, item.Type) is not { } old || !SaysTheSame(old, item));
        DateTimeOffset? heartbeat = before.Select(item => item.LastHeartbeatTime).Max();
        bool beats = isChanged || heartbeat is null || now - heartbeat >= HeartbeatEvery;
        return wanted.Select(item =>
        {
            Condition? old = Find(before, item.Type);
            return item with
            {
                LastHeartbeatTime = beats ? now : old!.LastHeartbeatTime,
                LastTransitionTime = old is not null && old.Status == item.Status ? old.LastTransitionTime : now,
            };
        }).ToValueList();
    }

    private static bool SaysTheSame(Condition old, Condition item) =>
        old.Status == item.Status && old.Reason == item.Reason && old.Message == item.Message;

    private static Condition? Find(ValueList<Condition> conditions, string type)
    {
        foreach (Condition condition in conditions.AsSpan())
        {
            if (condition.Type == type)
            {
                return condition;
            }
        }

        return null;
    }
}
