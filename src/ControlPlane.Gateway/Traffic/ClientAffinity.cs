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

    public void Keep(IPAddress client, Endpoint endpoint, TimeSpan keptFor)
    {
        lock (gate)
        {
            if (clients.Count >= ClientsMax && !clients.ContainsKey(client))
            {
                Forget(keptFor);
            }

            clients[client] = (endpoint, time.GetTimestamp());
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
