using System.Globalization;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// Ports of a Service that lead nowhere: it selects pods, and no container of theirs declares the <c>targetPort</c>. Nodes publish the ports that containers declare, so that a number, too, has to be
/// declared, unlike in Kubernetes. Nothing can be said when the Service is written, for its pods come later.
/// </summary>
internal static class MissingPorts
{
    public const string Reason = "NoSuchPort";

    /// <summary>
    /// An annotation of the Service's Endpoints: the ports that lead nowhere, <c>80→http,9090→metrics</c>. It is there as long as they do, and what it names has been told.
    /// </summary>
    public const string Annotation = "endpoints.controlplane.dev/no-such-port";

    private const string Tcp = "TCP";

    /// <summary>As the annotation has it; empty where each port leads somewhere, or there is no pod yet.</summary>
    public static string Of(Service service, IEnumerable<Pod> selected)
    {
        Pod[] pods = [.. selected.Where(pod => !pod.Metadata.IsDeleting && !pod.HasEnded())];
        return pods.Length == 0 ? "" : string.Join(',', service.Spec.Ports.Where(port => !pods.Any(pod => IsDeclared(port, pod))).Select(Written));
    }

    /// <summary>What has not been told yet.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="missing">As the annotation is to have it.</param>
    /// <param name="told">As it has it.</param>
    public static IEnumerable<EventNote> News(Service service, string missing, string told)
    {
        string[] known = told.Split(',');
        return service.Spec.Ports
            .Where(port => missing.Split(',').Contains(Written(port)) && !known.Contains(Written(port)))
            .Select(port => EventNote.Warning(service, Reason, Message(port)));
    }

    private static string Message(ServicePort port)
    {
        IntOrString target = TargetOf(port);
        string declared = target.IsNumber ? $"containerPort {target.Number}" : $"a TCP port named \"{target.Text}\"";
        return string.Create(CultureInfo.InvariantCulture, $"port {port.Port} has no endpoint: no container of the pods that the selector chooses declares {declared}, its targetPort");
    }

    private static string Written(ServicePort port) => string.Create(CultureInfo.InvariantCulture, $"{port.Port}→{(TargetOf(port) is { IsNumber: true } number ? number.Number : TargetOf(port).Text)}");

    private static IntOrString TargetOf(ServicePort port) => port.TargetPort ?? port.Port;

    private static bool IsDeclared(ServicePort port, Pod pod)
    {
        IntOrString target = TargetOf(port);
        return pod.Spec.LastingContainers().Any(container => container.Ports.Any(declared =>
            declared.Protocol is null or "" or Tcp && (target.IsNumber ? declared.Number == target.Number : declared.Name == target.Text)));
    }
}
