using System.Globalization;
using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>What every object carries (Kubernetes API conventions, Metadata).</summary>
public sealed record ObjectMeta
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? GenerateName { get; init; }

    /// <summary>The namespace; empty for cluster-scoped kinds.</summary>
    public string Namespace { get; init => field = value ?? ""; } = "";

    public string? SelfLink { get; init; }

    /// <summary>Identifies one life of a name: a name that is deleted and made again gets another uid.</summary>
    public string Uid { get; init => field = value ?? ""; } = "";

    /// <summary>The store's revision of the last change to any part of the object; opaque to clients, decimal here.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Moves with the spec only (Kubernetes API conventions, generation).</summary>
    public long? Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>When the object was marked for deletion; it leaves the store when nothing holds it any longer.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>Seconds granted for a graceful end.</summary>
    public long? DeletionGracePeriodSeconds { get; init; }

    public ValueMap<string> Labels { get; init; }

    public ValueMap<string> Annotations { get; init; }

    public ValueList<OwnerReference> OwnerReferences { get; init; }

    public ValueList<string> Finalizers { get; init; }

    public ValueList<ManagedFieldsEntry> ManagedFields { get; init; }

    /// <summary>
    /// The store's revision of the last change to metadata or spec, by anyone; status reports do not move it.
    /// What a plan read is unchanged while this is. Kept by the store, never on the wire.
    /// </summary>
    [JsonIgnore]
    public long DesiredRevision { get; init; }

    /// <summary><see cref="ResourceVersion"/> as a number; 0 when it is absent or no number.</summary>
    [JsonIgnore]
    public long Revision => long.TryParse(ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out long revision) ? revision : 0;

    [JsonIgnore]
    public bool IsDeleting => DeletionTimestamp is not null;

    /// <summary>The owner that manages this object; null when there is none.</summary>
    [JsonIgnore]
    public OwnerReference? Controller
    {
        get
        {
            foreach (OwnerReference owner in OwnerReferences.AsSpan())
            {
                if (owner.Controller == true)
                {
                    return owner;
                }
            }

            return null;
        }
    }
}

/// <summary>An object this one depends on; when the last owner is gone, the object is garbage.</summary>
public sealed record OwnerReference
{
    public string ApiVersion { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    public string Uid { get; init; } = "";

    /// <summary>True for the one owner that manages the object.</summary>
    public bool? Controller { get; init; }

    /// <summary>True when the owner's foreground deletion waits for this object.</summary>
    public bool? BlockOwnerDeletion { get; init; }
}

/// <summary>Who set which fields (server-side apply).</summary>
public sealed record ManagedFieldsEntry
{
    public string? Manager { get; init; }

    public string? Operation { get; init; }

    public string? ApiVersion { get; init; }

    public DateTimeOffset? Time { get; init; }

    public string? FieldsType { get; init; }

    /// <summary>The set of fields, in Kubernetes' FieldsV1 form.</summary>
    public RawJson? FieldsV1 { get; init; }

    public string? Subresource { get; init; }
}
