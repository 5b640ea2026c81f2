using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Wire.Options;

/// <summary>What happens to the objects that the deleted one owns.</summary>
internal enum PropagationPolicy
{
    /// <summary>They are deleted afterwards.</summary>
    Background,

    /// <summary>They are deleted first.</summary>
    Foreground,

    /// <summary>They stay, without this owner.</summary>
    Orphan,
}

/// <summary>How an object is deleted: a body of the kind <c>DeleteOptions</c>, the query, or both; the body wins where both say something.</summary>
internal sealed record DeleteOptions
{
    /// <summary>Seconds for a graceful end; null: as the object says. Negative values mean 1, as in Kubernetes.</summary>
    public long? GracePeriodSeconds { get; init; }

    /// <summary>Null when the request does not say: the kind's default.</summary>
    public PropagationPolicy? Propagation { get; init; }

    public Preconditions? Preconditions { get; init; }

    public bool IsDryRun { get; init; }

    /// <summary>
    /// Whether the request says that it takes time: an object that it leaves is answered with 202 (Kubernetes: for <c>Foreground</c>, and for
    /// <c>orphanDependents: false</c>; all other deletes that leave the object are a 200, for the sake of older clients).
    /// </summary>
    public bool AsksToWait { get; init; }

    /// <exception cref="ApiException">400, 413 or 415: the body; 422: a value or combination that is not allowed.</exception>
    public static DeleteOptions Parse(ReadOnlyMemory<byte> body, string? contentType, IQueryCollection query)
    {
        Body said = BodyDecoder.DecodeOptions<Body>(body, contentType, "DeleteOptions");
        if (said.Kind is not (null or "" or "DeleteOptions"))
        {
            throw StatusError.BadRequest($"the body of a delete is of the kind DeleteOptions, not {said.Kind}");
        }

        return Of(said, query);
    }

    /// <summary>The options of a body that has been read, and of the query.</summary>
    /// <exception cref="ApiException">422: a value or combination that is not allowed.</exception>
    public static DeleteOptions Of(Body said, IQueryCollection query)
    {
        QueryReader reader = new(query, "DeleteOptions");
        bool? orphan = said.OrphanDependents ?? (said.PropagationPolicy is null ? reader.Boolean("orphanDependents") : null);
        string? policy = said.PropagationPolicy ?? (said.OrphanDependents is null ? reader.Text("propagationPolicy") : null);
        if (orphan is not null && policy is not null)
        {
            reader.Add("propagationPolicy", FieldErrorReason.Invalid, $"Invalid value: \"{policy}\": orphanDependents and deletionPropagation cannot be both set");
        }

        long? grace = said.GracePeriodSeconds ?? reader.Integer("gracePeriodSeconds");
        DeleteOptions options = new()
        {
            GracePeriodSeconds = grace < 0 ? 1 : grace,
            Propagation = ReadPolicy(reader, policy) ?? (orphan is null ? null : orphan.Value ? PropagationPolicy.Orphan : PropagationPolicy.Background),
            Preconditions = said.Preconditions,
            AsksToWait = orphan == false || policy == nameof(PropagationPolicy.Foreground),
            IsDryRun = WriteOptions.ReadDryRun(reader, said.DryRun.IsEmpty ? reader.Texts("dryRun") : said.DryRun),
        };
        reader.ThrowIfInvalid();
        return options;
    }

    private static PropagationPolicy? ReadPolicy(QueryReader reader, string? policy)
    {
        switch (policy)
        {
            case null or "":
                return null;
            case "Background":
                return PropagationPolicy.Background;
            case "Foreground":
                return PropagationPolicy.Foreground;
            case "Orphan":
                return PropagationPolicy.Orphan;
            default:
                reader.Add(
                    "propagationPolicy",
                    FieldErrorReason.NotSupported,
                    $"Unsupported value: \"{policy}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
                return null;
        }
    }

    /// <summary>The body as it is on the wire.</summary>
    internal sealed record Body
    {
        public string? ApiVersion { get; init; }

        public string? Kind { get; init; }

        public long? GracePeriodSeconds { get; init; }

        public Preconditions? Preconditions { get; init; }

        public bool? OrphanDependents { get; init; }

        public string? PropagationPolicy { get; init; }

        public ValueList<string> DryRun { get; init; }

        public bool? IgnoreStoreReadErrorWithClusterBreakingPotential { get; init; }
    }
}

/// <summary>What must be true of an object for it to be deleted; else the answer is 409.</summary>
internal sealed record Preconditions
{
    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }
}
