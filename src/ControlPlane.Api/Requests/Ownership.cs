using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Apply;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Requests;

/// <summary>
/// Keeps on record who set which fields (<c>metadata.managedFields</c>), for every write of a client. What the control plane itself writes, a status or
/// a revision's annotation, belongs to nobody: an apply may take it, and never removes it.
/// </summary>
internal static class Ownership
{
    /// <summary>An object as it is to be stored, with the record of who owns its fields. An apply brings that record with it.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="stored">As it was; null for a new one.</param>
    /// <param name="updated">As it is wanted, complete.</param>
    /// <param name="context">Who writes.</param>
    /// <param name="now">For the record.</param>
    public static Resource Record(ResourceKind kind, Resource? stored, Resource updated, WriteContext context, DateTimeOffset now)
    {
        if (context.IsApply)
        {
            return updated;
        }

        ValueList<ManagedFieldsEntry> before = stored?.Metadata.ManagedFields ?? default;
        FieldManagers managers = FieldManagers.Of(updated.Metadata.ManagedFields, before);
        if (!Sameness.Of(WithEntries(updated, before), stored))
        {
            FieldChanges changes = DeclaredConfiguration.Changes(Json(stored), Json(updated), FieldShape.Of(Schema.Of(kind.Type)), context.Subresource);
            managers = managers.After(new FieldManager(context.FieldManager, IsApply: false, context.Subresource), changes, now);
        }

        return WithEntries(updated, managers.ToEntries(kind.ApiVersion));
    }

    /// <summary>An object's JSON; an empty one for none.</summary>
    public static JsonObject Json(Resource? resource) =>
        resource is null ? [] : (JsonObject)JsonSerializer.SerializeToNode(resource, resource.GetType(), ResourceJson.Options)!;

    private static Resource WithEntries(Resource resource, ValueList<ManagedFieldsEntry> entries) =>
        resource with { Metadata = resource.Metadata with { ManagedFields = entries } };
}
