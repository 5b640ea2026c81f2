using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Api.Wire.Selectors;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>Which objects of a kind a list or watch is about.</summary>
/// <param name="Namespace">One namespace; empty for all of them, and for cluster-scoped kinds.</param>
/// <param name="Matches">The label and field selectors; null when there is none.</param>
internal sealed record ListScope(string Namespace, Func<Resource, bool>? Matches)
{
    /// <summary>The scope of a list's path and query.</summary>
    /// <exception cref="ApiException">400: a selector cannot be read, or names a field that the kind cannot be selected by.</exception>
    public static ListScope Of(ResourceKind kind, string @namespace, ListOptions options)
    {
        FieldSelector fields = FieldSelector.Parse(options.FieldSelector, kind);
        if (options.LabelSelector.Length == 0)
        {
            return new ListScope(@namespace, fields.IsEverything ? null : fields.Matches);
        }

        LabelSelector labels = LabelSelectorParser.Parse(options.LabelSelector);
        return new ListScope(@namespace, resource => labels.Matches(resource.Metadata.Labels) && fields.Matches(resource));
    }

    public bool Includes(Resource resource) =>
        (Namespace.Length == 0 || resource.Namespace == Namespace) && (Matches is null || Matches(resource));
}
