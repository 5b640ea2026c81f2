using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ControlPlane.Gateway.Listening;

/// <summary>
/// Keeps the gateways of one control plane from sharing an address with those of another. Gateways of several nodes on one machine listen at one address together (<c>SO_REUSEPORT</c>), and the
/// kernel, which deals the connections out, does not ask whose they are. So each gateway first claims the address: it binds a Unix socket whose abstract name (unix(7)) says the address and the control
/// plane, and then looks for claims of others. Such a name is seen wherever the address is, in the same network namespace, and is gone with its process, however that ends.
/// </summary>
internal sealed class AddressClaims(GatewayOptions options) : IDisposable
{
    private const string Prefix = "controlplane-gateway/";

    /// <summary>All Unix sockets of this network namespace; the name stands behind seven columns, and begins with <c>@</c> where it is abstract (proc(5)).</summary>
    private const string Sockets = "/proc/net/unix";

    private const int NameColumn = 8;

    /// <summary>Made anew until it succeeds: the authority's file may be unreadable for a moment.</summary>
    private readonly Lazy<string> own = new(() => options.ControlPlane, LazyThreadSafetyMode.PublicationOnly);
    private readonly string instance = Guid.NewGuid().ToString("N");
    private readonly Dictionary<IPAddress, Socket> held = [];

    /// <summary>
    /// Claims addresses, and gives up those that are no longer asked for. Of two that claim one in the same moment both may be refused, and try again later.
    /// </summary>
    /// <returns>
    /// The addresses that are not to be had, and why, in a sentence: another control plane has them, or no claim can be made now, since no descriptor is free, say. Either may be over at the next try.
    /// </returns>
    public IReadOnlyDictionary<IPAddress, string> Claim(IReadOnlyCollection<IPAddress> wanted)
    {
        foreach (IPAddress address in held.Keys.Except(wanted).ToList())
        {
            GiveUp(address);
        }

        List<IPAddress> added = [.. wanted.Except(held.Keys)];
        Dictionary<IPAddress, string> refused = [];
        if (added.Count == 0)
        {
            return refused;
        }

        try
        {
            added.ForEach(address => held[address] = Bind(address));
            ILookup<string, string[]> claims = Read().ToLookup(claim => claim[0]);
            foreach (IPAddress address in added)
            {
                if (claims[address.ToString()].FirstOrDefault(claim => claim[1] != own.Value) is { } other)
                {
                    refused[address] = $"it is an address of another control plane on this machine, whose gateway is process {other[2]}: "
                        + "one of the two needs another range for its Services (ControlPlane__ServiceClusterIPRange, ./run --service-range)";
                    GiveUp(address);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            // Whose they are is not known, so nobody listens there unless he did before.
            foreach (IPAddress address in added)
            {
                refused[address] = $"it cannot be claimed for this control plane: {exception.Message}";
                GiveUp(address);
            }
        }

        return refused;
    }

    public void Dispose()
    {
        foreach (Socket socket in held.Values)
        {
            socket.Dispose();
        }

        held.Clear();
    }

    private Socket Bind(IPAddress address)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"\0{Prefix}{address}/{own.Value}/{Environment.ProcessId}/{instance}")));
            return socket;
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    private void GiveUp(IPAddress address)
    {
        held.Remove(address, out Socket? socket);
        socket?.Dispose();
    }

    /// <summary>Each claim on this machine: the address, the control plane, the process.</summary>
    private static IEnumerable<string[]> Read()
    {
        foreach (string line in File.ReadLines(Sockets))
        {
            string[] columns = line.Split(' ', NameColumn, StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length == NameColumn && columns[^1].StartsWith($"@{Prefix}", StringComparison.Ordinal) && columns[^1][(Prefix.Length + 1)..].Split('/') is { Length: 4 } claim)
            {
                yield return claim;
            }
        }
    }
}
