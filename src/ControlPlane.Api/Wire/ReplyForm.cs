using Microsoft.Net.Http.Headers;

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
internal readonly record struct ReplyForm(ReplyContent Content, string Version = ReplyForm.V1)
{
    public const string V1 = "v1";
    public const string V1Beta1 = "v1beta1";

    /// <summary>The objects themselves.</summary>
    public static ReplyForm Objects => new(ReplyContent.Objects);

    public string ApiVersion => $"{Group}/{Version}";

    public const string Group = "meta.k8s.io";
}

/// <summary>Content negotiation, as Kubernetes does it: the first media type that can be served wins.</summary>
internal static class Negotiation
{
    /// <exception cref="ApiException">406: none of the accepted media types can be served.</exception>
    public static ReplyForm FormFor(HttpRequest request)
    {
        IList<MediaTypeHeaderValue> accepted = request.GetTypedHeaders().Accept;
        if (accepted.Count == 0)
        {
            return ReplyForm.Objects;
        }

        foreach (MediaTypeHeaderValue range in accepted.OrderByDescending(range => range.Quality ?? 1))
        {
            if (IsJson(range) && FormOf(range) is { } form)
            {
                return form;
            }
        }

        throw StatusError.NotAcceptable(Decoding.MediaTypes.Json);
    }

    private static bool IsJson(MediaTypeHeaderValue range) =>
        range.MatchesAllTypes || (range.Type.Equals("application", StringComparison.OrdinalIgnoreCase) && (range.MatchesAllSubTypes || range.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)));

    /// <summary>The form that a media range names; null for one that is not served.</summary>
    private static ReplyForm? FormOf(MediaTypeHeaderValue range)
    {
        string? wanted = Parameter(range, "as");
        if (wanted is null)
        {
            return ReplyForm.Objects;
        }

        string version = Parameter(range, "v") ?? ReplyForm.V1;
        if ((Parameter(range, "g") is { } group && group != ReplyForm.Group) || version is not (ReplyForm.V1 or ReplyForm.V1Beta1))
        {
            return null;
        }

        return wanted switch
        {
            "Table" => new ReplyForm(ReplyContent.Table, version),
            "PartialObjectMetadata" or "PartialObjectMetadataList" => new ReplyForm(ReplyContent.Metadata, version),
            _ => null,
        };
    }

    private static string? Parameter(MediaTypeHeaderValue range, string name)
    {
        foreach (NameValueHeaderValue parameter in range.Parameters)
        {
            if (parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return HeaderUtilities.RemoveQuotes(parameter.Value).ToString();
            }
        }

        return null;
    }
}
