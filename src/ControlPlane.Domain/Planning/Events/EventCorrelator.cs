using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Events;

/// <summary>
/// Turns notes into Events. The same thing said again about the same object is one Event whose count grows (Kubernetes: client-go's event
/// correlation), so a thing that repeats for ever costs one row and at most one write in <see cref="WriteInterval"/>.
/// </summary>
public static class EventCorrelator
{
    /// <summary>Longest message kept, in characters (Kubernetes API, Event.message).</summary>
    public const int MessageLengthMax = 1024;

    /// <summary>Longest name of an object (Kubernetes: DNS subdomain names), in characters.</summary>
    private const int NameLengthMax = 253;

    /// <summary>How often one Event is written at most; repeats in between are not counted.</summary>
    public static TimeSpan WriteInterval { get; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an Event is kept after it was last seen.</summary>
    public static TimeSpan TimeToLive { get; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Where the Event of a note lives: a name made of the involved object's and a hash of what is said by whom. Events about objects without
    /// a namespace live in <c>default</c>, as in Kubernetes.
    /// </summary>
    public static ObjectKey KeyOf(EventNote note, EventSource source)
    {
        ArgumentNullException.ThrowIfNull(note);
        ArgumentNullException.ThrowIfNull(source);
        string suffix = $".{Hash(note, source):x16}";
        string involved = note.Involved.Name is { Length: > 0 } name ? name : "unknown";
        int room = NameLengthMax - suffix.Length;
        string space = note.Involved.Namespace is { Length: > 0 } own ? own : "default";
        return new ObjectKey(space, (involved.Length > room ? involved[..room] : involved) + suffix);
    }

    /// <summary>The write that puts a note on record, or null when the same was written less than <see cref="WriteInterval"/> ago.</summary>
    /// <param name="note">What happened.</param>
    /// <param name="source">Who says so.</param>
    /// <param name="at">When; stored in whole seconds.</param>
    /// <param name="existing">The Event at <see cref="KeyOf"/>, if there is one.</param>
    /// <param name="ids">For the uid of a new Event.</param>
    public static Write? Correlate(EventNote note, EventSource source, DateTimeOffset at, Event? existing, IdSource ids) =>
        Correlate(KeyOf(note, source), note, source, at, existing, ids);

    /// <inheritdoc cref="Correlate(EventNote, EventSource, DateTimeOffset, Event?, IdSource)"/>
    /// <param name="key">What <see cref="KeyOf"/> says: a hash that whoever has looked for the Event has made already.</param>
    public static Write? Correlate(ObjectKey key, EventNote note, EventSource source, DateTimeOffset at, Event? existing, IdSource ids)
    {
        ArgumentNullException.ThrowIfNull(note);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(ids);
        if (existing is null)
        {
            return new Write.Create(NewEvent(key, note, source, at, ids.Uid()));
        }

        return at - existing.LastTimestamp < WriteInterval
            ? null
            : new Write.Update(
                existing with { Count = (existing.Count ?? 1) + note.Count, LastTimestamp = at, Message = Shortened(note.Message) }, ResourceParts.Desired);
    }

    /// <summary>When an Event was last seen: what its time to live counts from.</summary>
    public static DateTimeOffset LastSeen(Event item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Series?.LastObservedTime?.Value ?? item.LastTimestamp ?? item.EventTime?.Value
            ?? item.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue;
    }

    private static Event NewEvent(ObjectKey key, EventNote note, EventSource source, DateTimeOffset at, string uid) => new()
    {
        ApiVersion = ResourceKinds.Event.ApiVersion,
        Kind = ResourceKinds.Event.Kind,
        Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace, Uid = uid, CreationTimestamp = at },
        InvolvedObject = note.Involved,
        Type = note.Type,
        Reason = note.Reason,
        Message = Shortened(note.Message),
        Source = source,
        FirstTimestamp = at,
        LastTimestamp = at,
        Count = note.Count,
        ReportingComponent = source.Component,
        ReportingInstance = source.Host,
    };

    private static string Shortened(string message) => message.Length > MessageLengthMax ? message[..MessageLengthMax] : message;

    /// <summary>A note that stands for several is the same Event whichever of them was the last.</summary>
    private static ulong Hash(EventNote note, EventSource source)
    {
        string message = note.Count > 1 ? SimilarEvents.Prefix : note.Message;
        string said = string.Join(
            '\n', note.Involved.Kind, note.Involved.Uid, note.Involved.FieldPath, note.Type, note.Reason, message, source.Component, source.Host);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(said), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
