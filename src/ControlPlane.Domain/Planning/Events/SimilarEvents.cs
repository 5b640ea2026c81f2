using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Events;

/// <summary>
/// Makes one note of many that say nearly the same about one object, as Kubernetes does (client-go, EventAggregator: from the tenth similar event on): a ReplicaSet that creates
/// 1,000 pods has nine Events that name a pod and one that stands for 991.
/// </summary>
public static class SimilarEvents
{
    /// <summary>How many notes of one type and reason about one object stand for themselves.</summary>
    public const int ApartMax = 9;

    /// <summary>Begins the message of a note that stands for several (client-go's text).</summary>
    public const string Prefix = "(combined from similar events): ";

    /// <summary>The notes of one plan, in their order; those beyond <see cref="ApartMax"/> of their sort are one, with the last one's message.</summary>
    public static IReadOnlyList<EventNote> Combine(ValueList<EventNote> notes)
    {
        if (notes.Count <= ApartMax + 1)
        {
            return notes;
        }

        List<EventNote> combined = [];
        foreach (IGrouping<(ObjectReference, string, string), EventNote> sort in notes.GroupBy(note => (note.Involved, note.Type, note.Reason)))
        {
            EventNote[] all = [.. sort.Distinct()];
            combined.AddRange(all.Length <= ApartMax + 1
                ? all
                : [.. all[..ApartMax], all[^1] with { Message = Prefix + all[^1].Message, Count = all.Length - ApartMax }]);
        }

        return combined;
    }
}
