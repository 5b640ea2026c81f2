using System.Collections.ObjectModel;
using System.Runtime.InteropServices;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Objects grouped under a key, each group in key order.</summary>
internal sealed class ResourceIndex<T>
    where T : Resource
{
    private readonly Dictionary<string, SortedList> groups = new(StringComparer.Ordinal);

    public IEnumerable<string> Keys => groups.Keys;

    public IReadOnlyCollection<T> this[string key] => groups.TryGetValue(key, out SortedList? group) ? group.Values : ReadOnlyCollection<T>.Empty;

    public bool Contains(string key) => groups.ContainsKey(key);

    public void Add(string key, T item)
    {
        ref SortedList? group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, key, out _);
        group ??= new SortedList();
        group[(ResourceKinds.Of(item).Kind, item.Key)] = item;
    }

    public void Remove(string key, T item)
    {
        if (groups.TryGetValue(key, out SortedList? group) && group.Remove((ResourceKinds.Of(item).Kind, item.Key)) && group.Count == 0)
        {
            groups.Remove(key);
        }
    }

    /// <summary>Objects of several kinds may share a group.</summary>
    private sealed class SortedList() : SortedDictionary<(string Kind, ObjectKey Key), T>(ByKindThenKey);

    private static Comparer<(string Kind, ObjectKey Key)> ByKindThenKey { get; } = Comparer<(string Kind, ObjectKey Key)>.Create(static (left, right) =>
    {
        int order = string.CompareOrdinal(left.Kind, right.Kind);
        return order != 0 ? order : left.Key.CompareTo(right.Key);
    });
}
