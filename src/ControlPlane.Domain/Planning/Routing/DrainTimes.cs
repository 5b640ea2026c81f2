using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// How long the requests of each Service's pods are waited for, where it says so (<see cref="Draining.TimeoutAnnotation"/>). A Service that is deleted goes before its slices do, so it is remembered
/// as long as anything may be waited for that came by it (<see cref="Memory"/>). Not safe for use by several threads.
/// </summary>
public sealed class DrainTimes(TimeProvider time)
{
    /// <summary>A pod that is to stop just before it counts as a former endpoint no longer is waited for as long again; a minute is for the slices to go.</summary>
    public static readonly TimeSpan Memory = (2 * ServiceTime.Max) + TimeSpan.FromMinutes(1);

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
        while (deleted.TryPeek(out (string Service, long At) first) && time.GetElapsedTime(first.At) >= Memory)
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
        return Of(slice.Metadata.Controller?.Uid ?? "");
    }

    /// <summary>How long the pods of a Service are waited for, by its uid.</summary>
    public TimeSpan Of(string service) => times.GetValueOrDefault(service, Draining.Timeout);
}
