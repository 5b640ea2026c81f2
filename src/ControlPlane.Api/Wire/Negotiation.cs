using ControlPlane.Api.Wire.Decoding;
using Microsoft.Net.Http.Headers;

namespace ControlPlane.Api.Wire;

/// <summary>Something that a client takes, and that can be served.</summary>
/// <param name="Format">JSON or YAML.</param>
/// <param name="Range">The part of <c>Accept</c> that says so.</param>
internal readonly record struct Wish(BodyFormat Format, MediaTypeHeaderValue Range)
{
    /// <summary>Whether the document itself is wanted, not another form of it.</summary>
    public bool IsPlain => Parameter("as") is null;

    /// <summary>A parameter of the range, without quotes; null where it has none of this name.</summary>
    public string? Parameter(string name)
    {
        foreach (NameValueHeaderValue parameter in Range.Parameters)
        {
            if (parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return HeaderUtilities.RemoveQuotes(parameter.Value).ToString();
            }
        }

        return null;
    }
}

/// <summary>
/// Content negotiation, as Kubernetes does it: the first media type that can be served wins, in the order of weights (RFC 9110, 12.5.1), of what is said more
/// exactly, and of the header. What leaves the format open is answered in JSON.
/// </summary>
internal static class Negotiation
{
    private static readonly MediaTypeHeaderValue Anything = new("*/*");

    /// <summary>The form for objects, which may be a table.</summary>
    /// <exception cref="ApiException">406: none of the accepted media types can be served.</exception>
    public static ReplyForm FormFor(HttpRequest request)
    {
        foreach (Wish wish in WishesOf(request))
        {
            if (FormOf(wish) is { } form)
            {
                return form;
            }
        }

        throw NotAcceptable();
    }

    /// <summary>The format for what has one form only.</summary>
    /// <exception cref="ApiException">406: none of the accepted media types can be served.</exception>
    public static BodyFormat FormatFor(HttpRequest request) => FindFormat(request) ?? throw NotAcceptable();

    /// <summary>The same for an error, or for a word that it is done: in JSON rather than not at all.</summary>
    public static BodyFormat FormatOfStatusFor(HttpRequest request) => FindFormat(request) ?? BodyFormat.Json;

    /// <summary>Watches are a stream of JSON objects; YAML has none.</summary>
    /// <exception cref="ApiException">406: another format is preferred.</exception>
    public static void CheckIsStreamed(ReplyForm form)
    {
        if (form.Format != BodyFormat.Json)
        {
            throw StatusError.NotAcceptable($"{MediaTypes.Json};stream=watch");
        }
    }

    /// <summary>What the client takes of what can be served, the dearest first; any of it for a client that says nothing.</summary>
    public static IEnumerable<Wish> WishesOf(HttpRequest request)
    {
        IList<MediaTypeHeaderValue> accepted = request.GetTypedHeaders().Accept;
        if (accepted.Count == 0)
        {
            accepted = [Anything];
        }

        return from range in accepted
               let format = FormatOf(range)
               where format is not null && range.Quality != 0
               orderby range.Quality ?? 1 descending, range.MatchesAllTypes, range.MatchesAllSubTypes
               select new Wish(format.Value, range);
    }

    public static ApiException NotAcceptable() => StatusError.NotAcceptable(MediaTypes.Json, MediaTypes.Yaml);

    private static BodyFormat? FindFormat(HttpRequest request)
    {
        foreach (Wish wish in WishesOf(request))
        {
            if (wish.IsPlain)
            {
                return wish.Format;
            }
        }

        return null;
    }

    /// <summary>The format that a media range names or allows; null for one that is not served. YAML is never a stream.</summary>
    private static BodyFormat? FormatOf(MediaTypeHeaderValue range)
    {
        if (range.MatchesAllTypes)
        {
            return BodyFormat.Json;
        }

        if (!range.Type.Equals("application", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return range.MatchesAllSubTypes || range.SubType.Equals("json", StringComparison.OrdinalIgnoreCase) ? BodyFormat.Json
            : range.SubType.Equals("yaml", StringComparison.OrdinalIgnoreCase) && new Wish(BodyFormat.Yaml, range).Parameter("stream") is null ? BodyFormat.Yaml
            : null;
    }

    /// <summary>The form that a client names; null for one that is not served.</summary>
    private static ReplyForm? FormOf(Wish wish)
    {
        if (wish.Parameter("as") is not { } wanted)
        {
            return ReplyForm.Objects with { Format = wish.Format };
        }

        string version = wish.Parameter("v") ?? ReplyForm.V1;
        if ((wish.Parameter("g") is { } group && group != ReplyForm.Group) || version is not (ReplyForm.V1 or ReplyForm.V1Beta1))
        {
            return null;
        }

        return wanted switch
        {
            "Table" => new ReplyForm(ReplyContent.Table, version, wish.Format),
            "PartialObjectMetadata" or "PartialObjectMetadataList" => new ReplyForm(ReplyContent.Metadata, version, wish.Format),
            _ => null,
        };
    }
}
