using System.Globalization;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>Judges a new revision by what the gateways saw, window by window.</summary>
internal static class Analysis
{
    private static readonly TimeSpan IntervalDefault = TimeSpan.FromSeconds(10);

    /// <summary>How far it has come.</summary>
    /// <param name="Release">With the state of the analysis, and its failure.</param>
    /// <param name="IsOver">Whether every window was good.</param>
    public sealed record Course(Release Release, bool IsOver);

    /// <summary>Whether as many windows were good as are asked for.</summary>
    public static bool IsDone(AnalysisState? state, AnalysisStep step) => state?.Good >= (step.Count ?? 1);

    /// <summary>
    /// Waits for the window's end, then judges it: too few requests says nothing and begins another, and so does a latency that is asked for and was not measured; a limit that is missed fails the revision; else it counts, and the next begins.
    /// </summary>
    public static Course Follow(Release release, AnalysisStep step, string service, WorkloadSnapshot snapshot)
    {
        AnalysisState state = release.State!.Analysis ?? new AnalysisState { WindowSince = snapshot.Now };
        TimeSpan interval = step.Interval is { } given ? Duration.Parse(given) ?? IntervalDefault : IntervalDefault;
        if (snapshot.Traffic is not { } window || window.Until - window.Since < interval)
        {
            TimeSpan rest = snapshot.Traffic is { } begun ? interval - (begun.Until - begun.Since) : interval;
            return new Course(With(release, state) with { RecheckAfter = rest }, IsOver: false);
        }

        VersionFigures canary = window.Of(service, release.Rollout.New!.Name);
        VersionFigures stable = window.Of(service, release.StableName);
        long needed = step.MinRequests ?? 1;
        bool isShort = canary.Requests < needed || (step.AgainstStable is not null && stable.Requests < needed);
        if (isShort)
        {
            string few = $"{canary.Requests} requests to the new revision and {stable.Requests} to the stable one in {Duration.Format(window.Until - window.Since)}; {needed} are needed";
            return new Course(With(release, state with { WindowSince = snapshot.Now, Last = few, IsInconclusive = true }) with { RecheckAfter = interval }, IsOver: false);
        }

        if (Misses(step, canary, stable).FirstOrDefault() is { } missed)
        {
            return new Course(With(release, state with { Last = missed }) with { Failure = missed }, IsOver: false);
        }

        if (UnmeasuredOf(step, canary, stable) is { } version)
        {
            string unknown = $"none of the {canary.Requests} requests to the new revision and {stable.Requests} to the stable one in {Duration.Format(window.Until - window.Since)} says how long the {version} one takes";
            return new Course(With(release, state with { WindowSince = snapshot.Now, Last = unknown, IsInconclusive = true }) with { RecheckAfter = interval }, IsOver: false);
        }

        state = state with { Good = state.Good + 1, WindowSince = snapshot.Now, Last = $"{Percent(canary.SuccessRate)}% of {canary.Requests} requests succeeded", IsInconclusive = false };
        return new Course(With(release, state) with { RecheckAfter = interval }, IsDone(state, step));
    }

    /// <summary>Each limit that the window misses, in words.</summary>
    public static IEnumerable<string> Misses(AnalysisStep step, VersionFigures canary, VersionFigures stable)
    {
        if (canary.SuccessRate < step.SuccessRate)
        {
            yield return $"{Percent(canary.SuccessRate)}% of {canary.Requests} requests succeeded, less than {Percent(step.SuccessRate.Value)}%";
        }

        if (step.AgainstStable?.SuccessRate is { } points && canary.SuccessRate < stable.SuccessRate - points)
        {
            yield return $"{Percent(canary.SuccessRate)}% of {canary.Requests} requests succeeded, more than {Percent(points)} points below the stable revision's {Percent(stable.SuccessRate)}%";
        }

        (int Percent, IntOrString? Limit, decimal? Margin)[] latencies =
        [
            (50, step.LatencyP50, step.AgainstStable?.LatencyP50),
            (95, step.LatencyP95, step.AgainstStable?.LatencyP95),
            (99, step.LatencyP99, step.AgainstStable?.LatencyP99),
        ];
        foreach ((int percent, IntOrString? limit, decimal? margin) in latencies)
        {
            if (canary.PercentileMs(percent) is not { } took)
            {
                continue;
            }

            if (limit is { } given && Duration.Parse(given) is { } most && took > most.TotalMilliseconds)
            {
                yield return $"{percent}% of the requests took up to {Milliseconds(took)}, more than {Duration.Format(most)}";
            }

            if (margin is { } slower && stable.PercentileMs(percent) is { } usual && took > usual * (1 + slower / 100))
            {
                yield return $"{percent}% of the requests took up to {Milliseconds(took)}, more than {Percent(slower)}% longer than the stable revision's {Milliseconds(usual)}";
            }
        }
    }

    /// <summary>The version whose latency is asked for though no request tells it, as on a TCP port; null when there is none.</summary>
    private static string? UnmeasuredOf(AnalysisStep step, VersionFigures canary, VersionFigures stable)
    {
        bool isCompared = step.AgainstStable is { } margins && (margins.LatencyP50 ?? margins.LatencyP95 ?? margins.LatencyP99) is not null;
        bool isAsked = isCompared || (step.LatencyP50 ?? step.LatencyP95 ?? step.LatencyP99) is not null;
        return isAsked && canary.PercentileMs(50) is null ? "new" : isCompared && stable.PercentileMs(50) is null ? "stable" : null;
    }

    private static Release With(Release release, AnalysisState state) =>
        release with { State = release.State! with { Phase = RolloutPhases.Analyzing, Analysis = state } };

    private static string Percent(decimal value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    private static string Milliseconds(long value) => value == long.MaxValue ? "more than a minute" : Duration.Format(TimeSpan.FromMilliseconds(value));
}
