using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Routing;

/// <summary>
/// A pod that has just become ready gets fewer requests than its like, and more with time, when its Service asks for it: <c>controlplane.dev/slow-start: 30s</c>. For programs that are slow
/// until their caches, pools and compilers are warm.
/// </summary>
public static class SlowStart
{
    /// <summary>On a Service: how long until a pod gets its full share, in seconds or as a duration.</summary>
    public const string Annotation = "controlplane.dev/slow-start";

    /// <summary>What a pod can take that became ready just now, as a part of what it can take when warm: without any request it would never get warm.</summary>
    public const double Least = 0.1;

    /// <summary>How long a Service's pods start slowly; zero when it does not ask for it, or says what cannot be read.</summary>
    public static TimeSpan WindowOf(Service service) => ServiceTime.Of(service, Annotation) ?? TimeSpan.Zero;

    /// <summary>
    /// What a pod can take, as a part of what it can take when warm: with a window of 30 s a tenth until 3 s after it became ready, a half after 15 s, all from 30 s on.
    /// </summary>
    public static double CapacityAfter(TimeSpan readyFor, TimeSpan window) => readyFor >= window ? 1 : Math.Max(Least, readyFor / window);
}
