using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Kinds;

/// <summary>An operation of the API, for its documents: what an endpoint's metadata says.</summary>
/// <param name="Served">The kind.</param>
/// <param name="Verb">In discovery's words: <c>get</c>, <c>list</c>, <c>create</c>, <c>update</c>, …</param>
/// <param name="Subresource">What of the object; null for the object itself.</param>
/// <param name="IsForAllNamespaces">True for a list of a namespaced kind in all namespaces.</param>
internal sealed record OperationInfo(ServedKind Served, string Verb, ServedSubresource? Subresource, bool IsForAllNamespaces)
{
    /// <summary>As Kubernetes names its operations: <c>readAppsV1NamespacedDeploymentScale</c>, <c>listCoreV1PodForAllNamespaces</c>.</summary>
    public string Id
    {
        get
        {
            ResourceKind kind = Served.Kind;
            string verb = Verb switch { "get" => "read", "update" => "replace", "deletecollection" => "delete", _ => Verb };
            string group = kind.Group.Length == 0 ? "Core" : char.ToUpperInvariant(kind.Group[0]) + kind.Group[1..].Split('.')[0];
            string collection = Verb == "deletecollection" ? "Collection" : "";
            string scope = kind.IsNamespaced && !IsForAllNamespaces ? "Namespaced" : "";
            string part = Subresource is null ? "" : char.ToUpperInvariant(Subresource.Name[0]) + Subresource.Name[1..];
            string suffix = IsForAllNamespaces ? "ForAllNamespaces" : "";
            return $"{verb}{group}{char.ToUpperInvariant(kind.Version[0])}{kind.Version[1..]}{collection}{scope}{kind.Kind}{part}{suffix}";
        }
    }

    /// <summary>One sentence for people.</summary>
    public string Summary => (Verb, Subresource?.Name) switch
    {
        ("get", "log") => "Read the log of a container",
        ("get", null) => $"Read a {Served.Kind.Kind}",
        ("get", var part) => $"Read the {part} of a {Served.Kind.Kind}",
        ("list", _) => IsForAllNamespaces ? $"List or watch {Served.Kind.Plural} of all namespaces" : $"List or watch {Served.Kind.Plural}",
        ("create", _) => $"Create a {Served.Kind.Kind}",
        ("update", null) => $"Replace a {Served.Kind.Kind}",
        ("update", var part) => $"Replace the {part} of a {Served.Kind.Kind}",
        ("patch", null) => $"Change a {Served.Kind.Kind} by a patch",
        ("patch", var part) => $"Change the {part} of a {Served.Kind.Kind} by a patch",
        ("deletecollection", _) => $"Delete the {Served.Kind.Plural} that selectors choose",
        _ => $"Delete a {Served.Kind.Kind}",
    };
}

/// <summary>Maps endpoints with what the documents need to know about them.</summary>
internal sealed class OperationMapper(IEndpointRouteBuilder routes, ServedKind served)
{
    public void Add(string verb, string path, string method, Func<HttpContext, IMediator, Task> handler, ServedSubresource? subresource = null) =>
        Map(new OperationInfo(served, verb, subresource, IsForAllNamespaces: false), path, method, handler);

    public void AddForAllNamespaces(string verb, string path, string method, Func<HttpContext, IMediator, Task> handler) =>
        Map(new OperationInfo(served, verb, Subresource: null, IsForAllNamespaces: true), path, method, handler);

    private void Map(OperationInfo operation, string path, string method, Func<HttpContext, IMediator, Task> handler) =>
        routes.MapMethods(path, [method], handler)
            .WithName(operation.Id)
            .WithSummary(operation.Summary)
            .WithTags(served.Kind.Kind)
            .WithMetadata(operation);
}
