using System.Globalization;
using System.Text.RegularExpressions;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A <c>kubectl port-forward</c> to a pod, until it is disposed.</summary>
internal sealed partial class PortForward : IAsyncDisposable
{
    private readonly RunningKubectl kubectl;
    private readonly IReadOnlyDictionary<string, int> local;

    private PortForward(RunningKubectl kubectl, IReadOnlyDictionary<string, int> local)
    {
        this.kubectl = kubectl;
        this.local = local;
    }

    /// <summary>The local port of a pod's port.</summary>
    public int this[string port] => local[port];

    /// <summary>Both of kubectl's outputs so far.</summary>
    public string Said => kubectl.Output + kubectl.Errors;

    /// <summary>Forwards all of the ports by one command.</summary>
    public static async Task<PortForward> StartAsync(Kubectl kubectl, string pod, params string[] ports)
    {
        RunningKubectl running = RunningKubectl.Start(kubectl, ["port-forward", "--address=127.0.0.1", $"pod/{pod}", .. ports.Select(port => $":{port}")]);
        try
        {
            await running.SaysAsync("where it forwards all ports from", said => Listening().Count(said) == ports.Length);
            return new PortForward(
                running,
                Listening().Matches(running.Output).ToDictionary(
                    match => match.Groups["pod"].Value, match => int.Parse(match.Groups["local"].ValueSpan, CultureInfo.InvariantCulture), StringComparer.Ordinal));
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => kubectl.DisposeAsync();

    [GeneratedRegex(@"^Forwarding from 127\.0\.0\.1:(?<local>\d+) -> (?<pod>\d+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Listening();
}
