namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A kubectl that waits for something to happen, and has said by a word in one of its lines that it does.</summary>
internal sealed class WaitingKubectl : ListeningKubectl
{
    private readonly string sign;

    private WaitingKubectl(Kubectl kubectl, string sign, params string[] arguments)
        : base(kubectl, arguments) => this.sign = sign;

    /// <summary>Returns once it waits.</summary>
    /// <param name="sign">What it says then.</param>
    public static Task<WaitingKubectl> StartAsync(Kubectl kubectl, string sign, params string[] arguments) => StartAsync(new WaitingKubectl(kubectl, sign, arguments));

    protected override bool Listens(string line) => line.Contains(sign, StringComparison.Ordinal);
}
