using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace ControlPlane.Domain.Resources.Values;

/// <summary>
/// An immutable map from strings with value equality, kept in ordinal key order (the order Kubernetes serializes maps in).
/// The default value is the empty map.
/// </summary>
public readonly struct ValueMap<T> : IReadOnlyCollection<KeyValuePair<string, T>>, IEquatable<ValueMap<T>>
{
    private readonly KeyValuePair<string, T>[]? entries;

    private ValueMap(KeyValuePair<string, T>[] sorted) => entries = sorted.Length == 0 ? null : sorted;

    public int Count => entries?.Length ?? 0;

    public bool IsEmpty => entries is null;

    public IEnumerable<string> Keys => (entries ?? []).Select(entry => entry.Key);

    /// <summary>The value of a key, or the default (null for strings) when the key is not there.</summary>
    public T? this[string key] => TryGetValue(key, out T? value) ? value : default;

    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        int index = IndexOf(key);
        value = index >= 0 ? entries![index].Value : default;
        return index >= 0;
    }

    /// <summary>The map with one key set.</summary>
    public ValueMap<T> SetItem(string key, T value)
    {
        int index = IndexOf(key);
        if (index < 0)
        {
            return new ValueMap<T>([.. AsSpan()[..~index], new(key, value), .. AsSpan()[~index..]]);
        }

        KeyValuePair<string, T>[] copy = [.. AsSpan()];
        copy[index] = new(key, value);
        return new ValueMap<T>(copy);
    }

    /// <summary>The map without a key; the same map when the key is not there.</summary>
    public ValueMap<T> Remove(string key)
    {
        int index = IndexOf(key);
        return index < 0 ? this : new ValueMap<T>([.. AsSpan()[..index], .. AsSpan()[(index + 1)..]]);
    }

    /// <summary>The map with all entries of another, which win over its own.</summary>
    public ValueMap<T> SetItems(ValueMap<T> other) =>
        IsEmpty ? other : other.Aggregate(this, (map, entry) => map.SetItem(entry.Key, entry.Value));

    public bool Equals(ValueMap<T> other)
    {
        if (ReferenceEquals(entries, other.entries))
        {
            return true;
        }

        if (Count != other.Count)
        {
            return false;
        }

        for (int i = 0; i < Count; i++)
        {
            if (!AreEqual(entries![i], other.entries![i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether both are the same once a key is left out of each; as <see cref="Remove"/> of it and a comparison, without the copies.</summary>
    public bool EqualsWithout(string key, ValueMap<T> other)
    {
        if (ReferenceEquals(entries, other.entries))
        {
            return true;
        }

        int without = IndexOf(key);
        int othersWithout = other.IndexOf(key);
        int count = without < 0 ? Count : Count - 1;
        if (count != (othersWithout < 0 ? other.Count : other.Count - 1))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!AreEqual(entries![without >= 0 && i >= without ? i + 1 : i], other.entries![othersWithout >= 0 && i >= othersWithout ? i + 1 : i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => obj is ValueMap<T> other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (KeyValuePair<string, T> entry in AsSpan())
        {
            hash.Add(entry.Key, StringComparer.Ordinal);
            hash.Add(entry.Value);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator() =>
        ((IEnumerable<KeyValuePair<string, T>>)(entries ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(',', this.Select(entry => $"{entry.Key}={entry.Value}"));

    public static bool operator ==(ValueMap<T> left, ValueMap<T> right) => left.Equals(right);

    public static bool operator !=(ValueMap<T> left, ValueMap<T> right) => !left.Equals(right);

    /// <summary>Makes a map; of a key given twice the last value stays.</summary>
    internal static ValueMap<T> From(IEnumerable<KeyValuePair<string, T>> entries)
    {
        SortedDictionary<string, T> sorted = new(StringComparer.Ordinal);
        foreach (KeyValuePair<string, T> entry in entries)
        {
            sorted[entry.Key] = entry.Value;
        }

        return new ValueMap<T>([.. sorted]);
    }

    private static bool AreEqual(in KeyValuePair<string, T> left, in KeyValuePair<string, T> right) =>
        string.Equals(left.Key, right.Key, StringComparison.Ordinal) && EqualityComparer<T>.Default.Equals(left.Value, right.Value);

    private ReadOnlySpan<KeyValuePair<string, T>> AsSpan() => entries;

    /// <summary>The index of a key, or the complement of where it would stand.</summary>
    private int IndexOf(string key)
    {
        int low = 0;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = string.CompareOrdinal(entries![middle].Key, key);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }
}

/// <summary>Makes <see cref="ValueMap{T}"/>s.</summary>
public static class ValueMap
{
    public static ValueMap<T> ToValueMap<T>(this IEnumerable<KeyValuePair<string, T>> entries) => ValueMap<T>.From(entries);

    public static ValueMap<string> Of(params ReadOnlySpan<(string Key, string Value)> entries)
    {
        ValueMap<string> map = default;
        foreach ((string key, string value) in entries)
        {
            map = map.SetItem(key, value);
        }

        return map;
    }
}
