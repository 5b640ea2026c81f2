using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of Namespaces: the label that names them, the finalizer that empties them, and their phase.</summary>
internal static class NamespaceDefaults
{
    public const string NameLabel = "kubernetes.io/metadata.name";
    public const string Finalizer = "kubernetes";

    public static Namespace Apply(Namespace item) => item with
    {
        Metadata = item.Name.Length == 0 ? item.Metadata : item.Metadata with { Labels = item.Metadata.Labels.SetItem(NameLabel, item.Name) },
        Spec = Apply(item.Spec ?? new NamespaceSpec(), item.Metadata.IsDeleting),
        Status = (item.Status ?? new NamespaceStatus()) with
        {
            Phase = item.Status?.Phase.EmptyAsAbsent() ?? (item.Metadata.IsDeleting ? "Terminating" : "Active"),
        },
    };

    /// <summary>A namespace that is being emptied loses its finalizer for good.</summary>
    private static NamespaceSpec Apply(NamespaceSpec spec, bool isDeleting) =>
        isDeleting || spec.Finalizers.Contains(Finalizer) ? spec : spec with { Finalizers = spec.Finalizers.Add(Finalizer) };
}
