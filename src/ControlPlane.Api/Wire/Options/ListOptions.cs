using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Wire.Options;

/// <summary>How a list's <c>resourceVersion</c> is meant.</summary>
internal enum ResourceVersionMatch
{
    /// <summary>Not said: at least that revision; exactly that one together with <c>limit</c>.</summary>
    Unset,
    Exact,
    NotOlderThan,
}

/// <summary>The query of a list or a watch (Kubernetes API, <c>ListOptions</c>). Selectors are kept as text: fields depend on the kind.</summary>
internal sealed record ListOptions
{
    private const string Kind = "ListOptions";

    public string LabelSelector { get; init; } = "";

    public string FieldSelector { get; init; } = "";

    public bool Watch { get; init; }

    public bool AllowWatchBookmarks { get; init; }

    /// <summary>Whether a watch begins with the objects that there are and a bookmark after them.</summary>
    public bool? SendInitialEvents { get; init; }

    /// <summary>The revision asked for; 0: any; null: the latest.</summary>
    public long? ResourceVersion { get; init; }

    public ResourceVersionMatch ResourceVersionMatch { get; init; }

    /// <summary>How many objects a page has; null: no pages.</summary>
    public int? Limit { get; init; }

    /// <summary>Where the page begins; null for the first.</summary>
    public ContinueToken? Continue { get; init; }

    /// <summary>How long a watch or list may take; null: as the server likes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <exception cref="ApiException">400 or 422: a value or a combination that is not allowed.</exception>
    public static ListOptions Parse(IQueryCollection query)
    {
        QueryReader reader = new(query, Kind);
        long? limit = reader.Integer("limit");
        if (limit < 0)
        {
            reader.Add("limit", FieldErrorReason.Invalid, $"Invalid value: {limit}: must be greater than or equal to 0");
        }

        ListOptions options = new()
        {
            LabelSelector = reader.Text("labelSelector") ?? "",
            FieldSelector = reader.Text("fieldSelector") ?? "",
            Watch = reader.Boolean("watch") ?? false,
            AllowWatchBookmarks = reader.Boolean("allowWatchBookmarks") ?? false,
            SendInitialEvents = reader.Boolean("sendInitialEvents"),
            ResourceVersion = reader.Revision("resourceVersion"),
            ResourceVersionMatch = reader.OneOf(
                "resourceVersionMatch", ResourceVersionMatch.Unset, ("Exact", ResourceVersionMatch.Exact), ("NotOlderThan", ResourceVersionMatch.NotOlderThan)),
            Limit = limit > 0 ? (int)Math.Min(limit.Value, int.MaxValue) : null,
            Continue = ContinueToken.Decode(reader.Text("continue")),
            Timeout = reader.Integer("timeoutSeconds") is > 0 and { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)) : null,
        };
        options.Check(reader);
        reader.ThrowIfInvalid();
        if (!options.Watch && options is { Continue: not null, ResourceVersion: > 0 })
        {
            throw StatusError.BadRequest("specifying resource version is not allowed when using continue");
        }

        return options;
    }

    /// <summary>Rules between the parameters (Kubernetes, ListOptions validation).</summary>
    private void Check(QueryReader reader)
    {
        const string Match = "resourceVersionMatch";
        bool hasMatch = ResourceVersionMatch != ResourceVersionMatch.Unset;
        if (Watch)
        {
            CheckWatch(reader, hasMatch);
            return;
        }

        if (SendInitialEvents is not null)
        {
            reader.Forbid("sendInitialEvents", "sendInitialEvents is forbidden for list");
        }

        if (hasMatch && ResourceVersion is null)
        {
            reader.Forbid(Match, "resourceVersionMatch is forbidden unless resourceVersion is provided");
        }

        if (hasMatch && Continue is not null)
        {
            reader.Forbid(Match, "resourceVersionMatch is forbidden when continue is provided");
        }

        if (ResourceVersionMatch == ResourceVersionMatch.Exact && ResourceVersion == 0)
        {
            reader.Forbid(Match, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
    }

    private void CheckWatch(QueryReader reader, bool hasMatch)
    {
        if (SendInitialEvents is null && hasMatch)
        {
            reader.Forbid("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }

        if (SendInitialEvents is not null && ResourceVersionMatch != ResourceVersionMatch.NotOlderThan)
        {
            reader.Forbid("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }

        if (Continue is not null)
        {
            reader.Forbid("continue", "continue is forbidden for watch");
        }
    }
}
