using System.Collections.Immutable;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Events;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;
using ControlPlane.Infrastructure.Presence;

namespace ControlPlane.Api.Agents;

/// <summary>Takes a node's reports: a sign of life always, a commit only when something has changed.</summary>
internal sealed class ReportHandler(
    IResourceStore store, CacheReader reader, AgentSessions sessions, INodePresence presence, TimeProvider time, Func<Guid> newId)
{
    /// <summary>How often a report is tried when others write the same objects at the same time.</summary>
    private const int AttemptsMax = 5;

    private IResourceCache Cache => reader.Cache;

    public async Task<ReportReply> HandleAsync(string node, NodeReport report, CancellationToken cancellationToken)
    {
        presence.Seen(node);
        sessions.Heard(node);
        AgentSession session = sessions.Of(node);
        await session.Turn.WaitAsync(cancellationToken);
        try
        {
            return await HandleInTurnAsync(node, report, session, cancellationToken);
        }
        finally
        {
            session.Turn.Release();
        }
    }

    private async Task<ReportReply> HandleInTurnAsync(string name, NodeReport report, AgentSession session, CancellationToken cancellationToken)
    {
        int generation = sessions.Generation;
        bool isKnown = session.Id == report.SessionId && session.Generation == generation;
        if (!isKnown && !report.IsFull)
        {
            return Reply(sendAll: true);
        }

        await CatchUpAsync(name, report, session, isKnown, cancellationToken);
        for (int attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            Node? node = reader.Find<Node>(new ObjectKey("", name));
            if (isKnown && (node is null || IsLost(node) || IsMoved(node, session)))
            {
                session.Forget();
                return Reply(sendAll: true);
            }

            if (isKnown && report.Sequence <= session.Sequence)
            {
                return Reply();
            }

            CommitUnit unit = UnitFor(name, node, report, isNew: !isKnown);
            if (unit.Writes.IsEmpty && report.Events.IsEmpty)
            {
                session.Took(report.SessionId, generation, report.Sequence, revision: null);
                return Reply();
            }

            ImmutableArray<UnitResult> results = await store.CommitAsync([unit, .. EventUnits(name, report)], cancellationToken);
            switch (results[0])
            {
                case UnitResult.Committed committed:
                    session.Took(report.SessionId, generation, report.Sequence, unit.Writes.IsEmpty ? null : committed.Revision);
                    return Reply();
                case UnitResult.Refused { Reason: RefusalReason.StaleSession }:
                    session.Forget();
                    return Reply(sendAll: true);
                case UnitResult.Refused { Reason: RefusalReason.Unstorable } refused:
                    throw new CommitRefusedException(refused);
                default:
                    await reader.WaitForLatestAsync(cancellationToken);
                    break;
            }
        }

        throw StatusError.ServiceUnavailable($"the report of node {name} met other writes {AttemptsMax} times; send it again");
    }

    /// <summary>
    /// Waits for what the report may rely on. A pod that this replica does not know may just be new to it: its status must not be
    /// dropped, for an acknowledged report is not sent again. So may be the deletion of one that has stopped.
    /// </summary>
    private async Task CatchUpAsync(string node, NodeReport report, AgentSession session, bool isKnown, CancellationToken cancellationToken)
    {
        bool knowsPods = report.Pods.All(pod =>
            reader.Find<Pod>(new ObjectKey(pod.Namespace, pod.Name)) is { } stored && stored.Uid == pod.Uid && stored.Spec.NodeName == node
            && (!pod.IsStopped || stored.Metadata.IsDeleting));
        if (isKnown && knowsPods)
        {
            await reader.WaitAsync(session.Revision, cancellationToken);
        }
        else
        {
            await reader.WaitForLatestAsync(cancellationToken);
        }
    }

    private ReportReply Reply(bool sendAll = false) => new() { StoreIdentity = Cache.StoreIdentity, Revision = Cache.Revision, SendAll = sendAll };

    /// <summary>True when the leader has declared the node lost: its session has ended with that.</summary>
    private static bool IsLost(Node node) =>
        node.Status?.Conditions.Any(condition => condition is { Type: "Ready", Status: "Unknown" }) == true;

    /// <summary>
    /// True when somebody else has written the Node since this session's last report was stored. It may have been the beginning of an older session that came late, through another replica:
    /// it has put old statuses over newer ones, which an agent with nothing new to say would leave there.
    /// </summary>
    private static bool IsMoved(Node node, AgentSession session) => node.Metadata.Revision > session.Revision;

    private CommitUnit UnitFor(string name, Node? stored, NodeReport report, bool isNew)
    {
        DateTimeOffset now = time.WholeSecondsNow();
        List<Write> writes = [];
        List<Precondition> preconditions = [];
        if (isNew)
        {
            writes.Add(new Write.SetAgentSession(name, report.SessionId));
        }
        else
        {
            preconditions.Add(new Precondition.AgentSession(name, report.SessionId, report.Sequence));
        }

        AddNode(ReportPlan.NodeFor(stored, name, report, now), stored, isNew, writes, preconditions);
        writes.AddRange(ReportPlan.ForPods(name, report.Pods, reader.Find<Pod>, now));
        return new CommitUnit
        {
            Actor = $"system:node:{name}",
            Priority = CommitPriority.Background,
            Preconditions = preconditions.ToValueList(),
            Writes = writes.ToValueList(),
        };
    }

    private void AddNode(Node node, Node? stored, bool isNew, List<Write> writes, List<Precondition> preconditions)
    {
        if (stored is null)
        {
            Node created = (Node)ResourceRules.WithDefaults(node with { Metadata = node.Metadata with { Uid = newId().ToString() } });
            Validation.ThrowIfInvalid(ResourceKinds.Node, created.Name, ResourceRules.ValidateCreate(created));
            writes.Add(new Write.Create(created));
        }
        else if (isNew)
        {
            // Each beginning rests on the node as it was and moves it, so that one which arrives after a later one is refused: it would put old statuses
            // over newer ones, and an agent with nothing new to say would not notice.
            preconditions.Add(new Precondition.AtResourceVersion(ResourceKinds.Node, stored.Key, stored.Metadata.Revision));
            writes.Add(new Write.Update(node, node.Metadata == stored.Metadata ? ResourceParts.Status : ResourceParts.All));
        }
        else if (node.Metadata != stored.Metadata)
        {
            preconditions.Add(Precondition.DesiredUnchanged.Of(stored));
            writes.Add(new Write.Update(node, ResourceParts.All));
        }
        else if (node.Status != stored.Status)
        {
            writes.Add(new Write.Update(node, ResourceParts.Status));
        }
    }

    /// <summary>Each event is a unit of its own: one that is refused (its namespace is gone) keeps no report from being stored.</summary>
    private IEnumerable<CommitUnit> EventUnits(string node, NodeReport report)
    {
        EventSource source = new() { Component = "agent", Host = node };
        IdSource ids = new(BitConverter.ToUInt64(newId().ToByteArray()));
        foreach (AgentEvent item in report.Events)
        {
            EventNote note = new(item.Involved, item.Type, item.Reason, item.Message);
            ObjectKey key = EventCorrelator.KeyOf(note, source);
            DateTimeOffset at = DateTimeOffset.FromUnixTimeSeconds(item.At.ToUnixTimeSeconds());
            if (EventCorrelator.Correlate(key, note, source, at, reader.Find<Event>(key), ids) is { } write)
            {
                yield return new CommitUnit
                {
                    Actor = $"system:node:{node}",
                    Priority = CommitPriority.Background,
                    Preconditions = [new Precondition.NamespaceActive(key.Namespace)],
                    Writes = [write],
                };
            }
        }
    }
}
