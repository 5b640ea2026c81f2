namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// How often it is told again why a pod waits. 5,000 pods wait for one cause, and each pod that ends anywhere changes the numbers of all their sentences: unbounded, that is 5,000 statuses and 5,000
/// Events a second. A pod's first explanation is never held back.
/// </summary>
/// <param name="CountsInterval">A sentence of which only the numbers of nodes change is written at most this often a pod.</param>
/// <param name="PodsPerPass">At most so many pods are told anew in one pass; those whose sentence is oldest go first.</param>
public sealed record RewriteBounds(TimeSpan CountsInterval, int PodsPerPass)
{
    public static RewriteBounds Default { get; } = new(TimeSpan.FromSeconds(30), 200);

    /// <summary>For worlds that store nothing.</summary>
    public static RewriteBounds None { get; } = new(TimeSpan.Zero, int.MaxValue);

    /// <summary>When those beyond <see cref="PodsPerPass"/> have their turn.</summary>
    public static TimeSpan RestAfter { get; } = TimeSpan.FromSeconds(1);
}
