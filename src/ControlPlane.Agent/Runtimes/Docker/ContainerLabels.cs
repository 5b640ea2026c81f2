using System.Globalization;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>A container's identity as labels on it: how an agent finds its containers again, and tells them from those of other agents and of people.</summary>
internal static class ContainerLabels
{
    public const string Node = Prefix + "node";

    private const string Prefix = "controlplane.dev/";
    private const string PodUid = Prefix + "pod-uid";
    private const string PodNamespace = Prefix + "pod-namespace";
    private const string PodName = Prefix + "pod-name";
    private const string ContainerName = Prefix + "container";
    private const string Store = Prefix + "store";
    private const string Born = Prefix + "born";
    private const string RestartCount = Prefix + "restart-count";
    private const string NextBackoff = Prefix + "next-backoff-seconds";
    private const string Image = Prefix + "image";
    private const string MadeFrom = Prefix + "made-from";
    private const string Ports = Prefix + "ports";
    private const string TerminationPath = Prefix + "termination-message-path";
    private const string TerminationPolicy = Prefix + "termination-message-policy";

    public static Dictionary<string, string> Write(ContainerIdentity identity, string node, string image, string madeFrom, IEnumerable<HostPort> ports) =>
        new(StringComparer.Ordinal)
        {
            [Node] = node,
            [PodUid] = identity.PodUid,
            [PodNamespace] = identity.PodNamespace,
            [PodName] = identity.PodName,
            [ContainerName] = identity.Container,
            [Store] = identity.StoreIdentity,
            [Born] = identity.BornAtRevision.ToString(CultureInfo.InvariantCulture),
            [RestartCount] = identity.RestartCount.ToString(CultureInfo.InvariantCulture),
            [NextBackoff] = ((long)identity.NextBackoff.TotalSeconds).ToString(CultureInfo.InvariantCulture),
            [Image] = image,
            [MadeFrom] = madeFrom,
            [Ports] = string.Join(' ', ports.Select(port => $"{port.Container}:{port.ContainerPort}/{port.Protocol}")),
        };

    /// <summary>Null when the labels are not those of a container of an agent.</summary>
    public static ContainerIdentity? Read(IDictionary<string, string> labels)
    {
        string Text(string key) => labels.TryGetValue(key, out string? value) ? value : "";
        long Number(string key) => long.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
        return Text(PodUid).Length == 0 || Text(ContainerName).Length == 0 ? null : new ContainerIdentity
        {
            PodUid = Text(PodUid),
            PodNamespace = Text(PodNamespace),
            PodName = Text(PodName),
            Container = Text(ContainerName),
            StoreIdentity = Text(Store),

            // A label that was tampered with counts as the future: such a container is never stopped for want of a record.
            BornAtRevision = Number(Born) is > 0 and var born ? born : long.MaxValue,
            RestartCount = (int)Number(RestartCount),
            NextBackoff = TimeSpan.FromSeconds(Number(NextBackoff)),
        };
    }

    public static string ImageOf(IDictionary<string, string> labels) => labels.TryGetValue(Image, out string? image) ? image : "";

    /// <summary>The digest that the container was made from; empty when it was made from a name.</summary>
    public static string DigestOf(IDictionary<string, string> labels) =>
        labels.TryGetValue(MadeFrom, out string? image) && image.Contains('@', StringComparison.Ordinal) ? image : "";

    /// <summary>Notes where a container's last words are to be found, for whoever sees its end.</summary>
    public static void WriteTermination(IDictionary<string, string> labels, Container container) =>
        (labels[TerminationPath], labels[TerminationPolicy]) = (TerminationMessage.PathOf(container), container.TerminationMessagePolicy ?? "");

    /// <summary>Empty for a container that leaves no message.</summary>
    public static string TerminationPathOf(IDictionary<string, string> labels) => labels.TryGetValue(TerminationPath, out string? path) ? path : "";

    public static string TerminationPolicyOf(IDictionary<string, string> labels) => labels.TryGetValue(TerminationPolicy, out string? policy) ? policy : "";

    /// <summary>The ports that the container publishes for its pod, without the node's ports, which the engine knows.</summary>
    public static ValueList<HostPort> PortsOf(IDictionary<string, string> labels)
    {
        string written = labels.TryGetValue(Ports, out string? ports) ? ports : "";
        return
        [
            .. from word in written.Split(' ', StringSplitOptions.RemoveEmptyEntries)
               let parts = word.Split(':', '/')
               where parts.Length == 3
               select new HostPort
               {
                   Container = parts[0],
                   ContainerPort = int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int port) ? port : 0,
                   Protocol = parts[2],
               },
        ];
    }
}
