using System.Collections.Frozen;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>The types and descriptions of the query parameters.</summary>
internal static class QueryParameters
{
    private static readonly FrozenDictionary<string, (string Type, string Description)> Known = new Dictionary<string, (string, string)>
    {
        ["allowWatchBookmarks"] = ("boolean", "Send bookmarks: events that carry a revision only."),
        ["command"] = ("string", "The program; given again for each of its arguments."),
        ["container"] = ("string", "The container; may be left out when the pod has one."),
        ["continue"] = ("string", "The token of the list's last part: asks for the next one."),
        ["dryRun"] = ("string", "All: check everything, store nothing."),
        ["fieldManager"] = ("string", "Who makes the change."),
        ["fieldSelector"] = ("string", "Only objects whose fields have these values."),
        ["fieldValidation"] = ("string", "What to do about unknown and duplicate fields: Ignore, Warn or Strict."),
        ["follow"] = ("boolean", "Stay connected and send what is logged from now on."),
        ["force"] = ("boolean", "Take over fields that another manager owns (apply only)."),
        ["gracePeriodSeconds"] = ("integer", "Seconds granted for a graceful end; 0: at once."),
        ["labelSelector"] = ("string", "Only objects whose labels fulfil this."),
        ["limit"] = ("integer", "At most so many objects; a continue token fetches the rest."),
        ["limitBytes"] = ("integer", "At most so many bytes."),
        ["orphanDependents"] = ("boolean", "Deprecated: use propagationPolicy."),
        ["path"] = ("string", "Taken and not used: what follows the subresource in the path is sent on."),
        ["ports"] = ("integer", "Taken and not used: each stream says which port it is for."),
        ["pretty"] = ("string", "Indent the answer."),
        ["previous"] = ("boolean", "The container's instance before the last restart."),
        ["propagationPolicy"] = ("string", "What becomes of dependants: Background, Foreground or Orphan."),
        ["resourceVersion"] = ("string", "The revision to read at, or to watch from."),
        ["resourceVersionMatch"] = ("string", "How resourceVersion is meant: NotOlderThan or Exact."),
        ["sendInitialEvents"] = ("boolean", "Begin the watch with the objects that are there."),
        ["sinceSeconds"] = ("integer", "Only what was logged in these last seconds."),
        ["sinceTime"] = ("string", "Only what was logged since this time."),
        ["stderr"] = ("boolean", "Send what the process writes to its standard error."),
        ["stdin"] = ("boolean", "Pass what is sent to the process."),
        ["stdout"] = ("boolean", "Send what the process writes to its standard output."),
        ["tailLines"] = ("integer", "At most so many lines from the end."),
        ["timeoutSeconds"] = ("integer", "How long the call may last."),
        ["timestamps"] = ("boolean", "Put the time before each line."),
        ["tty"] = ("boolean", "Give the process a terminal."),
        ["wait"] = ("string", "How long to wait for the rollout to be complete or to have failed, such as 120s or 5m; at most 10m."),
        ["watch"] = ("boolean", "Stay connected and send changes as they happen."),
    }.ToFrozenDictionary();

    public static (string Type, string Description) Of(string name) => Known[name];
}
