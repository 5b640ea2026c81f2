namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// How much a pod in a place counts against that place where several kinds of places are added up: the more places there are of a kind, the fewer pods each has, and the more one of them says
/// (Kubernetes: podtopologyspread, scoring).
/// </summary>
internal static class SpreadWeight
{
    /// <summary>The natural logarithm of the number of places and two more, in thousandths: 1 place → 1,099, 3 → 1,609, 100 → 4,625.</summary>
    public static long Of(int places) => (long)Math.Round(1000 * Math.Log(places + 2));
}
