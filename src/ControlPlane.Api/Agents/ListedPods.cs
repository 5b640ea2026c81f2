using System.Runtime.InteropServices;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Agents;

/// <summary>The pods that any slice lists, kept from the slices' changes. Not safe for use by several threads.</summary>
internal sealed class ListedPods
{
    private readonly Dictionary<ObjectKey, string[]> podsOf = [];
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

    public bool Contains(string uid) => counts.ContainsKey(uid);

    /// <summary>Takes a slice as it is now. Returns the uids of the pods that it lists no longer.</summary>
    public IReadOnlyList<string> Put(EndpointSlice slice)
    {
        string[] now = [.. slice.Endpoints.Select(endpoint => endpoint.TargetRef?.Uid).OfType<string>().Distinct(StringComparer.Ordinal)];
        foreach (string uid in now)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, uid, out _)++;
        }

        IReadOnlyList<string> before = Take(slice.Key);
        podsOf[slice.Key] = now;
        return [.. before.Except(now, StringComparer.Ordinal)];
    }

    /// <summary>Forgets a slice. Returns the uids of the pods that it listed.</summary>
    public IReadOnlyList<string> Take(ObjectKey slice)
    {
        if (!podsOf.Remove(slice, out string[]? before))
        {
            return [];
        }

        foreach (string uid in before)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(counts, uid) == 0)
            {
                counts.Remove(uid);
            }
        }

        return before;
    }

    public void Clear()
    {
        podsOf.Clear();
        counts.Clear();
    }
}
