using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Requests;

/// <summary>The namespaces that are there from the start.</summary>
internal static class SystemNamespaces
{
    public static ValueList<string> All { get; } = ["default", "kube-public", "kube-system"];

    /// <summary>Those that cannot be deleted.</summary>
    public static ValueList<string> Protected { get; } = All;
}
