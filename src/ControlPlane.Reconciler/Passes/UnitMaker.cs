using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Events;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
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
    /// parts that share all preconditions, each of which leaves fewer pods to go. Events that have no room beside what they tell of are stored only after it has been.
    /// </summary>
    public (IReadOnlyList<CommitUnit> Units, bool IsCutShort) Make(Plan plan)
    {
        if (plan.Writes.Count <= WritesMax)
        {
            Write[] events = [.. EventWrites(plan)];
            int count = plan.Writes.Count + events.Length;
            return count == 0 ? ([], false)
                : count <= WritesMax ? ([Unit(plan, [.. plan.Writes, .. events])], false)
                : ([Unit(plan, plan.Writes), .. EventUnits(plan, [[.. plan.Writes]], events)], false);
        }

        Write[] owners = [.. plan.Writes.Where(ChangesOwner)];
        if (owners.Length > 0)
        {
            return (owners.Chunk(WritesMax).Select(part => Unit(plan, part)).ToArray(), true);
        }

        Write[][] parts = [.. plan.Writes.Chunk(WritesMax)];
        return ([.. parts.Select(part => Unit(plan, part)), .. EventUnits(plan, parts, [.. EventWrites(plan)])], false);
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

    /// <summary>
    /// Units of Events alone, refused where one of the parts before them was: what a part makes is there, or else the part is not. A part that makes nothing has only the plan's own preconditions
    /// to tell by, which a part that changes an owner ends.
    /// </summary>
    private IEnumerable<CommitUnit> EventUnits(Plan plan, Write[][] parts, IEnumerable<Write> events)
    {
        Write.Create[] made = [.. parts.Select(part => part.OfType<Write.Create>().FirstOrDefault()).OfType<Write.Create>()];
        IEnumerable<Precondition> stored = made.Select(create => new Precondition.Exists(create.Kind, create.Key, create.Object.Uid));
        ValueList<Precondition> preconditions = [new Precondition.LeaderEpoch(epoch), .. made.Length == parts.Length ? [] : plan.Preconditions, .. stored];
        return events.Chunk(WritesMax).Select(part => new CommitUnit { Actor = Actor, Priority = CommitPriority.Background, Preconditions = preconditions, Writes = [.. part] });
    }

    /// <summary>The plan's Events, each written once in a pass; none in a namespace that is on its way out, which they would keep from leaving.</summary>
    private IEnumerable<Write> EventWrites(Plan plan)
    {
        foreach (EventNote note in SimilarEvents.Combine(plan.Events))
        {
            EventSource source = EventSources.Of(note);
            ObjectKey key = EventCorrelator.KeyOf(note, source);
            if (world.Find<Namespace>(new ObjectKey("", key.Namespace)) is { Metadata.IsDeleting: false } && eventsWritten.Add(key)
                && EventCorrelator.Correlate(key, note, source, now, world.Find<Event>(key), ids) is { } write)
            {
                yield return write;
            }
        }
    }
}
