using System.Collections.Frozen;
using ControlPlane.Api.Wire.OpenApi;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Kinds;

/// <summary>Maps endpoints with what the API's documents say about them.</summary>
internal sealed class OperationMapper(IEndpointRouteBuilder routes, ServedKind served)
{
    private static readonly FrozenDictionary<(string Path, string Method), Operation> Known =
        Operations.All().ToFrozenDictionary(operation => (operation.Path, operation.Method.ToUpperInvariant()));

    public IEndpointConventionBuilder Add(string path, string method, Func<HttpContext, IMediator, Task> handler)
    {
        Operation operation = Known[(path, method)];

        return routes.MapMethods(PatternOf(path), [method], handler)
            .WithName(operation.OperationId)
            .WithSummary(SummaryOf(operation))
            .WithTags(served.Kind.Kind)
            .WithMetadata(operation);
    }

    /// <summary>
    /// The same path for a WebSocket over HTTP/2, whose method is CONNECT (RFC 8441). Browsers take it wherever they have such a connection already. The documents do not speak of it: it is the path's GET in other words.
    /// </summary>
    public void AddWebSocket(string path, Func<HttpContext, IMediator, Task> handler) =>
        routes.MapMethods(PatternOf(path), [HttpMethods.Connect], handler).ExcludeFromDescription().WithMetadata(Known[(path, HttpMethods.Get)]);

    /// <summary>What is below a proxied path is one value, slashes and all.</summary>
    private static string PatternOf(string path) => path.Replace("{path}", "{**path}", StringComparison.Ordinal);

    /// <summary>One sentence for people.</summary>
    private static string SummaryOf(Operation operation)
    {
        ResourceKind kind = operation.Served.Kind;
        if (operation.Summary.Length > 0)
        {
            return operation.Summary;
        }

        string last = operation.Path[(operation.Path.LastIndexOf('/') + 1)..];
        string subject = last == "{name}" || last == kind.Plural ? $"a {kind.Kind}" : $"the {last} of a {kind.Kind}";
        bool isForAll = kind.IsNamespaced && !operation.Path.Contains("{namespace}", StringComparison.Ordinal);
        return operation.Action switch
        {
            "list" => $"List or watch {kind.Plural}{(isForAll ? " of all namespaces" : "")}",
            "post" => $"Create {subject}",
            "put" => $"Replace {subject}",
            "patch" => $"Change {subject} by a patch",
            "delete" => $"Delete {subject}",
            "deletecollection" => $"Delete the {kind.Plural} that selectors choose",
            _ => $"Read {subject}",
        };
    }
}
