using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// How long the requests of each Service's pods are waited for, where it says so (<see cref="Draining.TimeoutAnnotation"/>). A Service that is deleted goes before its slices do, so it is remembered for
/// <see cref="ServiceTime.Max"/>. Not safe for use by several threads.
/// </summary>
public sealed class DrainTimes(TimeProvider time)
{
    private readonly Dictionary<string, TimeSpan> times = new(StringComparer.Ordinal);
    private readonly Queue<(string Service, long At)> deleted = new();

    /// <summary>Notes a Service as it is now.</summary>
    public void Put(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (ServiceTime.Of(service, Draining.TimeoutAnnotation) is { } timeout)
        {
            times[service.Uid] = timeout;
        }
        else
        {
            times.Remove(service.Uid);
        }
    }

    /// <summary>Notes that a Service was deleted.</summary>
    public void Take(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        while (deleted.TryPeek(out (string Service, long At) first) && time.GetElapsedTime(first.At) >= ServiceTime.Max)
        {
            times.Remove(deleted.Dequeue().Service);
        }

        if (times.ContainsKey(service.Uid))
        {
            deleted.Enqueue((service.Uid, time.GetTimestamp()));
        }
    }

    public void Clear()
    {
        times.Clear();
        deleted.Clear();
    }

    /// <summary>How long the pods that a slice lists, or listed, are waited for.</summary>
    public TimeSpan Of(EndpointSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        return slice.Metadata.Controller is { } owner ? times.GetValueOrDefault(owner.Uid, Draining.Timeout) : Draining.Timeout;
    }
}
