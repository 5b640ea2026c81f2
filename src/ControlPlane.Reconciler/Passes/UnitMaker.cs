using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Events;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Worlds;

namespace ControlPlane.Reconciler.Passes;

/// <summary>
/// Makes commit units of one pass's plans: fenced by the leader's epoch, and by everything the plan read. Not shared between passes.
/// </summary>
/// <param name="world">For the Events that are there already.</param>
/// <param name="epoch">The leader's term.</param>
/// <param name="now">The time of the pass.</param>
/// <param name="ids">For the Events' uids.</param>
internal sealed class UnitMaker(World world, long epoch, DateTimeOffset now, IdSource ids)
{
    public const string Actor = "system:reconciler";

    /// <summary>At most this many writes go into one unit, for a transaction holds the revision lock while it writes.</summary>
    public const int WritesMax = 1000;

    private readonly HashSet<ObjectKey> eventsWritten = [];

    /// <summary>
    /// The units of a plan, and whether the plan was cut short. A plan of up to 1,000 writes is one unit, its Events with it. A larger one that
    /// creates or changes owners commits those alone: the next pass, which sees them, plans the pods. A larger one of pods and statuses is cut into
    /// parts that share all preconditions, each of which leaves fewer pods to go.
    /// </summary>
    public (IReadOnlyList<CommitUnit> Units, bool IsCutShort) Make(Plan plan)
    {
        if (plan.Writes.Count <= WritesMax)
        {
            Write[] events = [.. EventWrites(plan)];
            Write[] all = [.. plan.Writes, .. events];
            return all.Length == 0 ? ([], false)
                : all.Length <= WritesMax ? ([Unit(plan, all)], false)
                : ([Unit(plan, plan.Writes), .. events.Chunk(WritesMax).Select(part => Unit(plan, part))], false);
        }

        Write[] owners = [.. plan.Writes.Where(ChangesOwner)];
        if (owners.Length > 0)
        {
            return (owners.Chunk(WritesMax).Select(part => Unit(plan, part)).ToArray(), true);
        }

        Write[] parts = [.. plan.Writes, .. EventWrites(plan)];
        return (parts.Chunk(WritesMax).Select(part => Unit(plan, part)).ToArray(), false);
    }

    private static bool ChangesOwner(Write write) => write switch
    {
        Write.Update update => update.Parts.HasFlag(ResourceParts.Desired) && update.Object is not Pod,
        Write.Create create => create.Object is not Pod,
        _ => false,
    };

    private CommitUnit Unit(Plan plan, IReadOnlyList<Write> writes)
    {
        IEnumerable<Precondition> read = writes.OfType<Write.Update>()
            .Where(update => update.Parts.HasFlag(ResourceParts.Desired) && update.Object is not Event)
            .Select(update => Precondition.DesiredUnchanged.Of(update.Object));
        IEnumerable<Precondition> namespaces = writes.OfType<Write.Create>()
            .Where(create => create.Key.Namespace.Length > 0 && create.Object is not Event)
            .Select(create => new Precondition.NamespaceActive(create.Key.Namespace));
        return new CommitUnit
        {
            Actor = Actor,
            Priority = CommitPriority.Background,
            Preconditions = [.. new Precondition[] { new Precondition.LeaderEpoch(epoch) }.Concat(plan.Preconditions).Concat(read).Concat(namespaces).Distinct()],
            Writes = [.. writes],
        };
    }

    /// <summary>The plan's Events, each written once in a pass; none in a namespace that is on its way out, which they would keep from leaving.</summary>
    private IEnumerable<Write> EventWrites(Plan plan)
    {
        foreach (EventNote note in SimilarEvents.Combine(plan.Events))
        {
            EventSource source = EventSources.Of(note);
            ObjectKey key = EventCorrelator.KeyOf(note, source);
            if (world.Find<Namespace>(new ObjectKey("", key.Namespace)) is { Metadata.IsDeleting: false } && eventsWritten.Add(key)
                && EventCorrelator.Correlate(note, source, now, world.Find<Event>(key), ids) is { } write)
            {
                yield return write;
            }
        }
    }
}
