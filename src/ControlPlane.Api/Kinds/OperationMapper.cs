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

        // What is below a proxied path is one value, slashes and all.
        return routes.MapMethods(path.Replace("{path}", "{**path}", StringComparison.Ordinal), [method], handler)
            .WithName(operation.OperationId)
            .WithSummary(SummaryOf(operation))
            .WithTags(served.Kind.Kind)
            .WithMetadata(operation);
    }

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
