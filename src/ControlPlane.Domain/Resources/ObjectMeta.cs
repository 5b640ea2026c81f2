using System.Globalization;
using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>What every object carries (Kubernetes API conventions, Metadata).</summary>
public sealed record ObjectMeta
{
    /// <summary>The name, unique for its kind in its namespace; cannot be changed.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The start of a name that the server completes, when no name is given.</summary>
    public string? GenerateName { get; init; }

    /// <summary>The namespace; empty for cluster-scoped kinds.</summary>
    public string Namespace { get; init => field = value ?? ""; } = "";

    /// <summary>Not used any more.</summary>
    public string? SelfLink { get; init; }

    /// <summary>Identifies one life of a name: a name that is deleted and made again gets another uid.</summary>
    public string Uid { get; init => field = value ?? ""; } = "";

    /// <summary>The store's revision of the last change to any part of the object; opaque to clients, decimal here.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Moves with the spec only (Kubernetes API conventions, generation).</summary>
    public long? Generation { get; init; }

    /// <summary>When the object was made.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>When the object was marked for deletion; it leaves the store when nothing holds it any longer.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>Seconds granted for a graceful end.</summary>
    public long? DeletionGracePeriodSeconds { get; init; }

    /// <summary>Short values that selectors choose by.</summary>
    public ValueMap<string> Labels { get; init; }

    /// <summary>Values of any form for tools and people.</summary>
    public ValueMap<string> Annotations { get; init; }

    /// <summary>The objects that this one depends on; one of them may control it.</summary>
    public ValueList<OwnerReference> OwnerReferences { get; init; }

    /// <summary>Names of those who must agree before a deleted object goes.</summary>
    public ValueList<string> Finalizers { get; init; }

    /// <summary>Who set which fields.</summary>
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
    /// <summary>The owner's API version.</summary>
    public string ApiVersion { get; init; } = "";

    /// <summary>The owner's kind.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The owner's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The owner's uid.</summary>
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
