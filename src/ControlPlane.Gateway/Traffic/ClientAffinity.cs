using System.Net;

namespace ControlPlane.Gateway.Traffic;

/// <summary>Which endpoint each client was sent to last, and when (Kubernetes: sessionAffinity ClientIP).</summary>
internal sealed class ClientAffinity(TimeProvider time)
{
    /// <summary>Clients that are remembered; when there are more, those whose time is up are forgotten, and if that frees nothing, all.</summary>
    public const int ClientsMax = 100_000;

    private readonly Lock gate = new();
    private readonly Dictionary<IPAddress, (Endpoint Endpoint, long At)> clients = [];

    /// <summary>Null when the client is unknown or was last seen longer ago than it is kept.</summary>
    public Endpoint? Find(IPAddress client, TimeSpan keptFor)
    {
        lock (gate)
        {
            return clients.TryGetValue(client, out (Endpoint Endpoint, long At) known) && time.GetElapsedTime(known.At) < keptFor ? known.Endpoint : null;
        }
    }

    /// <summary>All that are kept, with how long each has been silent.</summary>
    public IReadOnlyList<(IPAddress Client, Endpoint Endpoint, TimeSpan Silent)> All(TimeSpan keptFor)
    {
        lock (gate)
        {
            return [.. clients.Select(entry => (entry.Key, entry.Value.Endpoint, Silent: time.GetElapsedTime(entry.Value.At))).Where(entry => entry.Silent < keptFor)];
        }
    }

    public void Keep(IPAddress client, Endpoint endpoint, TimeSpan keptFor) => Keep(client, endpoint, keptFor, TimeSpan.Zero);

    /// <param name="client">The client's address.</param>
    /// <param name="endpoint">Where it was sent.</param>
    /// <param name="keptFor">How long clients are kept.</param>
    /// <param name="silent">How long ago that was.</param>
    public void Keep(IPAddress client, Endpoint endpoint, TimeSpan keptFor, TimeSpan silent)
    {
        lock (gate)
        {
            if (clients.Count >= ClientsMax && !clients.ContainsKey(client))
            {
                Forget(keptFor);
            }

            clients[client] = (endpoint, time.GetTimestamp() - (long)(silent.TotalSeconds * time.TimestampFrequency));
        }
    }

    private void Forget(TimeSpan keptFor)
    {
        foreach ((IPAddress client, (_, long at)) in clients)
        {
            if (time.GetElapsedTime(at) >= keptFor)
            {
                clients.Remove(client);
            }
        }

        if (clients.Count >= ClientsMax)
        {
            clients.Clear();
        }
    }
}
