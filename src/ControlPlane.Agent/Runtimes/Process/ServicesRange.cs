using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>
/// The range of addresses in which this node's processes find Services. Nodes of several control planes on one machine have the same addresses, and would have the same range, in which one's pods would reach the other's Services. So
/// an agent claims its range for its control plane, as long as it runs: it binds a Unix socket whose abstract name (unix(7)) says the range and the control plane, and looks for claims of others. A range that it has had stays its
/// own (<c>network.json</c>), for pods have been told of it.
/// </summary>
internal sealed class ServicesRange(AgentOptions options, ILogger<ServicesRange> log) : IDisposable
{
    private const string Prefix = "controlplane-agent/";

    /// <summary>All Unix sockets of this network namespace; the name stands behind seven columns, and begins with <c>@</c> where it is abstract (proc(5)).</summary>
    private const string Sockets = "/proc/net/unix";

    private const int NameColumn = 8;
    private const int IdentityChars = 16;

    private readonly string path = Path.Combine(options.DataFolder, NodeNetwork.FileName);
    private readonly string instance = Guid.NewGuid().ToString("N");
    private Socket? claim;

    /// <summary>Claims a range that no other control plane has, and tells the gateway of it; what an agent on Docker left for it holds no longer.</summary>
    /// <exception cref="RuntimeUnavailableException">Others have all.</exception>
    public NodeNetwork Claim()
    {
        string own = ControlPlane();
        NodeNetwork? known = Known();
        foreach (NodeNetwork range in NodeNetwork.AllOfProcesses(options.NodeAddress.ToString()).OrderByDescending(range => range == known))
        {
            claim = Bind(range, own);
            if (Read().FirstOrDefault(other => other[0] == range.Services && other[1] != own) is not { } taken)
            {
                Write(range);
                return range;
            }

            claim.Dispose();
            log.RangeTaken(range.ServicesRange(), taken[2]);
        }

        throw new RuntimeUnavailableException("agents of other control planes on this machine have all ranges of addresses for the Services of processes");
    }

    public void Dispose() => claim?.Dispose();

    /// <summary>Tells this control plane from others on the machine, as its gateways do: by its certificate authority, else by its server's name and port.</summary>
    private string ControlPlane()
    {
        byte[] identity = options.CaFile is null ? Encoding.UTF8.GetBytes(options.Servers[0].Authority) : File.ReadAllBytes(options.CaFile);
        return Convert.ToHexStringLower(SHA256.HashData(identity))[..IdentityChars];
    }

    private Socket Bind(NodeNetwork range, string own)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"\0{Prefix}{range.Services}/{own}/{Environment.ProcessId}/{instance}")));
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new RuntimeUnavailableException($"a range of addresses for the Services of processes cannot be claimed: {exception.Message}", exception);
        }
    }

    /// <summary>Each claim on this machine: the range, the control plane, the process.</summary>
    private static IEnumerable<string[]> Read()
    {
        foreach (string line in File.ReadLines(Sockets))
        {
            string[] columns = line.Split(' ', NameColumn, StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length == NameColumn && columns[^1].StartsWith($"@{Prefix}", StringComparison.Ordinal) && columns[^1][(Prefix.Length + 1)..].Split('/') is { Length: 4 } other)
            {
                yield return other;
            }
        }
    }

    private NodeNetwork? Known()
    {
        try
        {
            return File.Exists(path) ? ResourceJson.Deserialize<NodeNetwork>(File.ReadAllText(path)) : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return null;
        }
    }

    private void Write(NodeNetwork range)
    {
        File.WriteAllBytes(path + ".new", ResourceJson.SerializeToUtf8Bytes(range));
        File.Move(path + ".new", path, overwrite: true);
    }
}
