using System.Globalization;

namespace ControlPlane.Bench.Hollow;

/// <summary>How simulated containers behave.</summary>
/// <param name="StartDelay">How long one takes to start.</param>
/// <param name="ReadyDelay">How long one has run when its readiness probe succeeds; zero: from the first.</param>
/// <param name="FailuresInHundred">How many of a hundred starts end at once with exit code 1.</param>
internal sealed record HollowBehaviour(TimeSpan StartDelay, TimeSpan ReadyDelay, int FailuresInHundred)
{
    private const int Hundred = 100;

    /// <summary>Whether this start is one of those that fail.</summary>
    public bool DrawsFailure() => FailuresInHundred > 0 && Random.Shared.Next(Hundred) < FailuresInHundred;

    public IReadOnlyList<string> ToArguments() => [Milliseconds(StartDelay), Milliseconds(ReadyDelay), Text(FailuresInHundred)];

    /// <exception cref="FormatException">Not what <see cref="ToArguments"/> makes.</exception>
    public static HollowBehaviour Parse(IReadOnlyList<string> arguments) => arguments is [var start, var ready, var failures]
        ? new HollowBehaviour(TimeSpan.FromMilliseconds(Number(start)), TimeSpan.FromMilliseconds(Number(ready)), Number(failures))
        : throw new FormatException("expected START-DELAY-MS READY-DELAY-MS FAILURES-IN-HUNDRED");

    private static string Milliseconds(TimeSpan time) => Text((int)time.TotalMilliseconds);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
