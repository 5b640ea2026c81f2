using System.Text.RegularExpressions;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A <c>kubectl proxy</c>.</summary>
internal sealed partial class KubectlProxy : ListeningKubectl
{
    private KubectlProxy(Kubectl kubectl)
        : base(kubectl, "proxy", "--address=127.0.0.1", "--port=0")
    {
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public static Task<KubectlProxy> StartAsync(Kubectl kubectl) => StartAsync(new KubectlProxy(kubectl));

    protected override bool Listens(string line)
    {
        if (Listening().Match(line) is not { Success: true } match)
        {
            return false;
        }

        Address = new Uri($"http://{match.Groups["address"].Value}");
        return true;
    }

    [GeneratedRegex(@"^Starting to serve on (?<address>127\.0\.0\.1:\d+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
