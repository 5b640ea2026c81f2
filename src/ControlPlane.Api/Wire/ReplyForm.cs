using Microsoft.Net.Http.Headers;

namespace ControlPlane.Api.Wire;

/// <summary>In which form a client wants objects.</summary>
internal enum ReplyForm
{
    /// <summary>The objects themselves.</summary>
    Objects,

    /// <summary>As rows of a table (<c>as=Table</c>): what kubectl prints.</summary>
    Table,

    /// <summary>Their metadata alone (<c>as=PartialObjectMetadata</c>).</summary>
    Metadata,
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

        if (Parameter(range, "g") is { } group && group != "meta.k8s.io")
        {
            return null;
        }

        return (wanted, Parameter(range, "v") ?? "v1") switch
        {
            ("Table", "v1") => ReplyForm.Table,
            ("PartialObjectMetadata" or "PartialObjectMetadataList", "v1") => ReplyForm.Metadata,
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
