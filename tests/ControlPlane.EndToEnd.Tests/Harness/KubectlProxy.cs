using System.Text.RegularExpressions;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A <c>kubectl proxy</c>, until it is disposed.</summary>
internal sealed partial class KubectlProxy : IAsyncDisposable
{
    private readonly RunningKubectl kubectl;

    private KubectlProxy(RunningKubectl kubectl, Uri address)
    {
        this.kubectl = kubectl;
        Address = address;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    public static async Task<KubectlProxy> StartAsync(Kubectl kubectl)
    {
        RunningKubectl running = RunningKubectl.Start(kubectl, "proxy", "--address=127.0.0.1", "--port=0");
        try
        {
            await running.SaysAsync("where it serves", Listening().IsMatch);
            return new KubectlProxy(running, new Uri($"http://{Listening().Match(running.Output).Groups["address"].Value}"));
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => kubectl.DisposeAsync();

    [GeneratedRegex(@"^Starting to serve on (?<address>127\.0\.0\.1:\d+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Listening();
}
