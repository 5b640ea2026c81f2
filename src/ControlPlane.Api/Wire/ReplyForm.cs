using ControlPlane.Api.Wire.Decoding;

namespace ControlPlane.Api.Wire;

/// <summary>What a client wants of objects.</summary>
internal enum ReplyContent
{
    /// <summary>The objects themselves.</summary>
    Objects,

    /// <summary>As rows of a table (<c>as=Table</c>): what kubectl prints.</summary>
    Table,

    /// <summary>Their metadata alone (<c>as=PartialObjectMetadata</c>).</summary>
    Metadata,
}

/// <summary>In which form a client wants objects.</summary>
/// <param name="Content">What of them.</param>
/// <param name="Version">The version of <c>meta.k8s.io</c> whose table or metadata it is; the two differ in name only.</param>
/// <param name="Format">JSON or YAML.</param>
internal readonly record struct ReplyForm(ReplyContent Content, string Version = ReplyForm.V1, BodyFormat Format = BodyFormat.Json)
{
    public const string V1 = "v1";
    public const string V1Beta1 = "v1beta1";

    /// <summary>The objects themselves.</summary>
    public static ReplyForm Objects => new(ReplyContent.Objects);

    /// <summary>The objects themselves, as a request wants what has no other form.</summary>
    /// <exception cref="ApiException">406: none of the accepted media types can be served.</exception>
    public static ReplyForm ObjectsFor(HttpRequest request) => Objects with { Format = Negotiation.FormatFor(request) };

    public string MediaType => MediaTypes.Of(Format);

    public string ApiVersion => $"{Group}/{Version}";

    public const string Group = "meta.k8s.io";
}
