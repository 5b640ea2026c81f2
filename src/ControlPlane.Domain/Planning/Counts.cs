namespace ControlPlane.Domain.Planning;

/// <summary>Numbers as they stand in a status.</summary>
internal static class Counts
{
    /// <summary>Null for 0: counts of nothing are absent on the wire.</summary>
    public static int? OrAbsent(int count) => count == 0 ? null : count;
}
