using ControlPlane.Api.Kinds;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>What an operation's body or answer holds.</summary>
internal enum Payload
{
    None,
    Object,
    List,
    Patch,
    DeleteOptions,
    Status,
    Text,
}

/// <summary>One operation of the API, as both document formats describe it.</summary>
internal sealed record Operation
{
    public required string Path { get; init; }

    /// <summary>The HTTP method in lower case, as OpenAPI has it.</summary>
    public required string Method { get; init; }

    /// <summary>Kubernetes' word for it (<c>x-kubernetes-action</c>).</summary>
    public required string Action { get; init; }

    public required string OperationId { get; init; }

    public required ServedKind Served { get; init; }

    /// <summary>The record that is exchanged; the kind's own unless this is about a subresource.</summary>
    public required Type Type { get; init; }

    /// <summary>The record that is answered; the exchanged one unless this is an action.</summary>
    public Type AnswerType { get => field ?? Type; init; }

    /// <summary>Whether the body may be left out.</summary>
    public bool IsBodyOptional { get => field || Body == Payload.DeleteOptions; init; }

    /// <summary>Whether the connection is upgraded to something that is no HTTP, and stays open.</summary>
    public bool IsConnection { get; init; }

    /// <summary>An action's sentence for people; empty where the path and the method say it all.</summary>
    public string Summary { get; init; } = "";

    public required (string Group, string Version, string Kind) GroupVersionKind { get; init; }

    public required Payload Body { get; init; }

    public required Payload Response { get; init; }

    /// <summary>The query parameters, by name.</summary>
    public required IReadOnlyList<string> Query { get; init; }

    public IEnumerable<string> PathParameters => Path.Split('/').Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}'));

    public IReadOnlyList<string> Consumes => Body switch
    {
        Payload.Patch => ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"],
        Payload.None => [],
        _ => ["application/json", "application/yaml"],
    };

    public IReadOnlyList<string> Produces => Response == Payload.Text ? ["text/plain"] : ["application/json", "application/yaml"];
}

/// <summary>All operations of the served kinds.</summary>
internal static class Operations
{
    private static readonly string[] WriteQuery = ["dryRun", "fieldManager", "fieldValidation", "pretty"];

    private static readonly string[] PatchQuery = [.. WriteQuery, "force"];

    private static readonly string[] ListQuery =
    [
        "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "pretty", "resourceVersion",
        "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch",
    ];

    private static readonly string[] DeleteQuery = ["dryRun", "gracePeriodSeconds", "orphanDependents", "pretty", "propagationPolicy"];

    private static readonly string[] LogQuery =
        ["container", "follow", "limitBytes", "previous", "sinceSeconds", "sinceTime", "tailLines", "timestamps"];

    /// <summary>What the path of a proxied request below its subresource ends with.</summary>
    public const string ProxyPathSuffix = "/{path}";

    /// <summary>The methods of proxied requests.</summary>
    public static IReadOnlyList<string> ProxyMethods { get; } =
        [HttpMethods.Delete, HttpMethods.Get, HttpMethods.Head, HttpMethods.Options, HttpMethods.Patch, HttpMethods.Post, HttpMethods.Put];

    public static IEnumerable<Operation> All() => ServedKinds.Listed.SelectMany(served => OfKind(served).Concat(served.Subresources.SelectMany(part => OfPart(served, part))));

    private static IEnumerable<Operation> OfKind(ServedKind served)
    {
        if (served.Verbs is ["create"])
        {
            yield return Make(served, served.CollectionPath, "post", "post", Payload.Object, Payload.Object, WriteQuery);
            yield break;
        }

        if (served.Kind.IsNamespaced)
        {
            yield return Make(served, served.AllNamespacesPath, "get", "list", Payload.None, Payload.List, ListQuery, "ForAllNamespaces");
        }

        yield return Make(served, served.CollectionPath, "get", "list", Payload.None, Payload.List, ListQuery);
        yield return Make(served, served.CollectionPath, "post", "post", Payload.Object, Payload.Object, WriteQuery);
        if (served.Verbs.Contains("deletecollection"))
        {
            yield return Make(served, served.CollectionPath, "delete", "deletecollection", Payload.DeleteOptions, Payload.Status, [.. DeleteQuery, .. ListQuery]);
        }

        yield return Make(served, served.ObjectPath, "get", "get", Payload.None, Payload.Object, ["pretty", "resourceVersion"]);
        yield return Make(served, served.ObjectPath, "put", "put", Payload.Object, Payload.Object, WriteQuery);
        yield return Make(served, served.ObjectPath, "patch", "patch", Payload.Patch, Payload.Object, PatchQuery);
        yield return Make(served, served.ObjectPath, "delete", "delete", Payload.DeleteOptions, served.AnswersDeleted ? Payload.Object : Payload.Status, DeleteQuery);
    }

    private static IEnumerable<Operation> OfPart(ServedKind served, ServedSubresource part)
    {
        string path = $"{served.ObjectPath}/{part.Name}";
        if (part.IsProxy)
        {
            foreach (string method in ProxyMethods.Select(method => method.ToLowerInvariant()))
            {
                yield return ConnectToKind(path, method, part.Name);
                yield return ConnectToKind(path + ProxyPathSuffix, method, $"{part.Name}-with-path");
            }

            yield break;
        }

        foreach (string verb in part.Verbs)
        {
            Operation operation = verb switch
            {
                _ when part.IsConnection => Connect(served, path, part, verb == "get" ? "get" : "post", part.Name),
                "get" when part.Type is null => Make(served, path, "get", "connect", Payload.None, Payload.Text, LogQuery, suffix: part.Name),
                "get" => Make(served, path, "get", "get", Payload.None, Payload.Object, ["pretty", .. part.Query], suffix: part.Name) with { Summary = part.Summary },
                "create" => Make(served, path, "post", "post", part.Type is null ? Payload.None : Payload.Object, Payload.Object, [.. WriteQuery, .. part.Query], suffix: part.Name) with
                {
                    AnswerType = part.AnswerType ?? served.Kind.Type,
                    IsBodyOptional = part.IsBodyOptional,
                    Summary = part.Summary,
                },
                "update" => Make(served, path, "put", "put", Payload.Object, Payload.Object, WriteQuery, suffix: part.Name),
                "patch" => Make(served, path, "patch", "patch", Payload.Patch, Payload.Object, PatchQuery, suffix: part.Name),
                _ => throw new NotSupportedException($"no operation for the verb {verb} of {served.Kind.Plural}/{part.Name}"),
            };
            yield return operation with
            {
                Type = part.Type ?? served.Kind.Type,
                GroupVersionKind = (part.Group ?? served.Kind.Group, part.Version ?? served.Kind.Version, part.Kind),
            };
        }

        Operation ConnectToKind(string proxied, string method, string suffix) =>
            Connect(served, proxied, part, method, suffix) with { GroupVersionKind = (served.Kind.Group, served.Kind.Version, part.Kind) };
    }

    private static Operation Connect(ServedKind served, string path, ServedSubresource part, string method, string suffix)
    {
        Operation operation = Make(served, path, method, "connect", Payload.None, Payload.Text, part.Query, suffix);
        string way = char.ToUpperInvariant(method[0]) + method[1..];
        return operation with
        {
            // As Kubernetes names them: connectCoreV1GetNamespacedPodExec.
            OperationId = operation.OperationId.Replace("read", "connect", StringComparison.Ordinal).Replace("Namespaced", $"{way}Namespaced", StringComparison.Ordinal),
            Summary = part.Summary,
            IsConnection = true,
        };
    }

    private static Operation Make(
        ServedKind served, string path, string method, string action, Payload body, Payload response, IReadOnlyList<string> query, string suffix = "")
    {
        ResourceKind kind = served.Kind;
        string group = kind.Group.Length == 0 ? "Core" : char.ToUpperInvariant(kind.Group[0]) + kind.Group[1..].Split('.')[0];
        string verb = action switch { "get" or "connect" => "read", "post" => "create", "put" => "replace", "deletecollection" => "deleteCollection", _ => action };
        string scope = kind.IsNamespaced && suffix != "ForAllNamespaces" ? "Namespaced" : "";
        string tail = string.Concat(suffix.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        return new Operation
        {
            Path = path,
            Method = method,
            Action = action,
            OperationId = $"{verb}{group}{char.ToUpperInvariant(kind.Version[0])}{kind.Version[1..]}{scope}{kind.Kind}{tail}",
            Served = served,
            Type = kind.Type,
            GroupVersionKind = (kind.Group, kind.Version, kind.Kind),
            Body = body,
            Response = response,
            Query = query,
        };
    }
}
