using System.Collections.Immutable;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Apply;

/// <summary>Who sets fields: a program or person by the name it gave, and how.</summary>
/// <param name="Name">The query's <c>fieldManager</c>, or the program's name.</param>
/// <param name="IsApply">By server-side apply: what it leaves out next time goes. Otherwise by any other write.</param>
/// <param name="Subresource">Through which subresource; empty for the object itself.</param>
internal sealed record FieldManager(string Name, bool IsApply, string Subresource = "")
{
    /// <summary>The longest name (Kubernetes: FieldManagerMaxLength).</summary>
    public const int MaxNameLength = 128;

    /// <summary>What writers beyond the ten latest are counted as (Kubernetes' word).</summary>
    public const string Ancient = "ancient-changes";
}

/// <summary>What one manager owns.</summary>
/// <param name="Since">When that set changed last; null when nobody knows.</param>
/// <param name="Entry">The stored entry that says so; null for a set that is new.</param>
internal sealed record OwnedFields(FieldManager Manager, FieldSet Fields, DateTimeOffset? Since, ManagedFieldsEntry? Entry = null);

/// <summary>
/// The managers of an object's fields, as <c>metadata.managedFields</c> keeps them. Who writes a field owns it; several may own a field that they agree on.
/// (Kubernetes API concepts, field management.)
/// </summary>
internal sealed class FieldManagers
{
    private const string FieldsV1 = "FieldsV1";
    private const string ApplyOperation = "Apply";
    private const string UpdateOperation = "Update";

    /// <summary>How many managers that do not apply are told apart (Kubernetes: DefaultMaxUpdateManagers).</summary>
    private const int UpdatersMax = 10;

    private readonly ImmutableList<OwnedFields> all;

    private FieldManagers(ImmutableList<OwnedFields> all) => this.all = all;

    public static FieldManagers None { get; } = new([]);

    /// <summary>
    /// The managers that a write starts from: those that its object names, which is how clients correct them, else the stored ones. One entry without a
    /// manager clears them all; entries that cannot be read do not count.
    /// </summary>
    public static FieldManagers Of(ValueList<ManagedFieldsEntry> sent, ValueList<ManagedFieldsEntry> stored)
    {
        if (sent is [{ Manager: null, Operation: null, FieldsV1: null }])
        {
            return None;
        }

        FieldManagers before = Read(stored) ?? None;
        return sent.Count > 0 && Read(sent) is { } corrected && !corrected.SameAs(before) ? corrected : before;
    }

    /// <summary>What a manager owns.</summary>
    public FieldSet OwnedBy(FieldManager manager) => all.Find(owned => owned.Manager == manager)?.Fields ?? FieldSet.Empty;

    /// <summary>All fields that anybody owns.</summary>
    public FieldSet Owned => all.Aggregate(FieldSet.Empty, (sum, owned) => sum.Union(owned.Fields));

    /// <summary>Fields of a set that others own, each with its owner.</summary>
    public ImmutableArray<OwnedFields> OthersOf(FieldManager manager, FieldSet fields) =>
    [
        .. all.Where(owned => owned.Manager != manager)
            .Select(owned => owned with { Fields = owned.Fields.Intersect(fields) })
            .Where(owned => !owned.Fields.IsEmpty)
            .OrderBy(owned => owned.Manager.Name, StringComparer.Ordinal),
    ];

    /// <summary>The managers after a write: what it set is the writer's alone, what it removed is nobody's.</summary>
    public FieldManagers After(FieldManager writer, FieldChanges changes, DateTimeOffset now)
    {
        FieldSet mine = OwnedBy(writer).Except(changes.Removed).Union(changes.Set);
        return WithoutOthers(writer, changes).With(writer, mine, now).Capped();
    }

    /// <summary>The managers after an apply: the writer owns what it declared, others no longer what it changed.</summary>
    public FieldManagers AfterApply(FieldManager writer, FieldSet declared, FieldChanges changes, DateTimeOffset now) =>
        WithoutOthers(writer, changes).With(writer, declared, now);

    /// <summary>One manager's set in place of the one it had.</summary>
    public FieldManagers With(FieldManager manager, FieldSet fields, DateTimeOffset now)
    {
        int index = all.FindIndex(owned => owned.Manager == manager);
        if (fields.IsEmpty)
        {
            return index < 0 ? this : new(all.RemoveAt(index));
        }

        if (index >= 0 && all[index].Fields.SameAs(fields))
        {
            return this;
        }

        OwnedFields changed = new(manager, fields, now);
        return new(index < 0 ? all.Add(changed) : all.SetItem(index, changed));
    }

    /// <summary>The entries of <c>metadata.managedFields</c>: those that apply first, then the oldest first.</summary>
    public ValueList<ManagedFieldsEntry> ToEntries(string apiVersion) => all
        .OrderBy(owned => !owned.Manager.IsApply)
        .ThenBy(owned => owned.Since ?? DateTimeOffset.MinValue)
        .ThenBy(owned => owned.Manager.Name, StringComparer.Ordinal)
        .ThenBy(owned => owned.Manager.Subresource, StringComparer.Ordinal)
        .Select(owned => owned.Entry ?? new ManagedFieldsEntry
        {
            Manager = owned.Manager.Name,
            Operation = owned.Manager.IsApply ? ApplyOperation : UpdateOperation,
            Subresource = owned.Manager.Subresource.Length > 0 ? owned.Manager.Subresource : null,
            ApiVersion = apiVersion,
            Time = owned.Since,
            FieldsType = FieldsV1,
            FieldsV1 = new RawJson(owned.Fields.ToText()),
        })
        .ToValueList();

    private bool SameAs(FieldManagers other) =>
        all.Count == other.all.Count && all.All(owned => other.all.Find(theirs => theirs.Manager == owned.Manager) is { } match && match.Fields.SameAs(owned.Fields));

    private FieldManagers WithoutOthers(FieldManager writer, FieldChanges changes)
    {
        FieldSet lost = changes.Set.Union(changes.Removed);
        return new(
        [
            .. all.Select(owned => owned.Manager == writer || owned.Fields.Intersect(lost).IsEmpty ? owned : owned with { Fields = owned.Fields.Except(lost), Entry = null })
                .Where(owned => !owned.Fields.IsEmpty),
        ]);
    }

    /// <summary>The oldest of too many writers become one, or each program that ever wrote would stay on record.</summary>
    private FieldManagers Capped()
    {
        OwnedFields[] updaters = [.. all.Where(owned => !owned.Manager.IsApply).OrderByDescending(owned => owned.Since ?? DateTimeOffset.MinValue)];
        if (updaters.Length <= UpdatersMax)
        {
            return this;
        }

        OwnedFields[] oldest = updaters[(UpdatersMax - 1)..];
        OwnedFields ancient = oldest.Aggregate(
            new OwnedFields(new FieldManager(FieldManager.Ancient, IsApply: false), FieldSet.Empty, oldest[0].Since),
            (sum, owned) => sum with { Fields = sum.Fields.Union(owned.Fields) });
        return new([.. all.Except(oldest), ancient]);
    }

    private static FieldManagers? Read(ValueList<ManagedFieldsEntry> entries)
    {
        ImmutableList<OwnedFields>.Builder read = ImmutableList.CreateBuilder<OwnedFields>();
        foreach (ManagedFieldsEntry entry in entries)
        {
            if (entry.Operation is not (ApplyOperation or UpdateOperation) || entry.FieldsType is not FieldsV1
                || FieldSet.Parse(entry.FieldsV1?.Text ?? "{}") is not { } fields)
            {
                return null;
            }

            read.Add(new(new(entry.Manager ?? "", entry.Operation == ApplyOperation, entry.Subresource ?? ""), fields, entry.Time, entry));
        }

        return new(read.ToImmutable());
    }
}
