using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A <c>kubectl port-forward</c> to a pod.</summary>
internal sealed partial class PortForward : ListeningKubectl
{
    private readonly ConcurrentDictionary<string, int> local = new(StringComparer.Ordinal);
    private readonly int ports;

    private PortForward(Kubectl kubectl, string pod, string[] ports)
        : base(kubectl, ["port-forward", "--address=127.0.0.1", $"pod/{pod}", .. ports.Select(port => $":{port}")]) => this.ports = ports.Length;

    /// <summary>The local port of a pod's port.</summary>
    public int this[string port] => local[port];

    /// <summary>Forwards all of the ports by one command.</summary>
    public static Task<PortForward> StartAsync(Kubectl kubectl, string pod, params string[] ports) => StartAsync(new PortForward(kubectl, pod, ports));

    protected override bool Listens(string line)
    {
        if (Listening().Match(line) is { Success: true } match)
        {
            local[match.Groups["pod"].Value] = int.Parse(match.Groups["local"].ValueSpan, CultureInfo.InvariantCulture);
        }

        return local.Count == ports;
    }

    [GeneratedRegex(@"^Forwarding from 127\.0\.0\.1:(?<local>\d+) -> (?<pod>\d+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
