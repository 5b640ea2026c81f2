using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Numerics;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>What this host has already: address ranges, and who answers its questions for names.</summary>
internal static class HostNetwork
{
    private const string Routes = "/proc/net/route";
    private const string HostsFile = "/etc/hosts";

    /// <summary>The host's own file, and the one that systemd-resolved keeps for those who cannot ask it on its loopback address.</summary>
    private static readonly string[] ResolverFiles = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

    /// <summary>The ranges that this host is in or has a route to, but for the default route, and what is left of an earlier bridge of this node.</summary>
    public static IEnumerable<AddressRange> Ranges(string exceptBridge)
    {
        foreach (UnicastIPAddressInformation address in NetworkInterface.GetAllNetworkInterfaces().Where(one => one.Name != exceptBridge).SelectMany(one => one.GetIPProperties().UnicastAddresses))
        {
            if (address.Address.AddressFamily == AddressFamily.InterNetwork)
            {
                yield return AddressRange.Of(new IPv4Address(BinaryPrimitives.ReadUInt32BigEndian(address.Address.GetAddressBytes())), address.PrefixLength);
            }
        }

        foreach (string line in File.Exists(Routes) ? File.ReadLines(Routes).Skip(1) : [])
        {
            if (!line.StartsWith($"{exceptBridge}\t", StringComparison.Ordinal) && RangeOf(line) is { PrefixBits: > 0 } range)
            {
                yield return range;
            }
        }
    }

    /// <summary>The resolvers that a container can ask, too: none on a loopback address. And the host's search path.</summary>
    public static (IReadOnlyList<string> Servers, IReadOnlyList<string> Search) Resolvers()
    {
        foreach (string path in ResolverFiles.Where(File.Exists))
        {
            (IReadOnlyList<string> servers, IReadOnlyList<string> search) = ResolversIn(File.ReadAllLines(path));
            if (servers.Count > 0)
            {
                return (servers, search);
            }
        }

        return ([], []);
    }

    /// <summary>As resolv.conf(5) has it: the last <c>search</c> counts.</summary>
    public static (IReadOnlyList<string> Servers, IReadOnlyList<string> Search) ResolversIn(IEnumerable<string> lines)
    {
        List<string> servers = [];
        string[] search = [];
        foreach (string[] words in lines.Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)))
        {
            if (words is ["nameserver", var server, ..]
                && IPAddress.TryParse(server, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))
            {
                servers.Add(server);
            }
            else if (words is ["search", .. var domains])
            {
                search = [.. domains.Where(domain => domain != ".")];
            }
        }

        return (servers, search);
    }

    /// <summary>The names that this host knows by itself, but for its own loopback name, which every container knows.</summary>
    public static IEnumerable<HostAlias> Hosts() => File.Exists(HostsFile) ? HostsIn(File.ReadAllLines(HostsFile)) : [];

    /// <summary>As hosts(5) has it.</summary>
    public static IEnumerable<HostAlias> HostsIn(IEnumerable<string> lines)
    {
        foreach (string[] words in lines.Select(line => line.Split('#')[0].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)))
        {
            if (words is [var address, .. var names] && IPAddress.TryParse(address, out _))
            {
                yield return new HostAlias { Ip = address, Hostnames = [.. names.Where(name => name != "localhost")] };
            }
        }
    }

    /// <summary>A line of the kernel's table: interface, destination, gateway, flags, …, mask as the eighth; addresses as hexadecimal words in the host's order. Null for another.</summary>
    private static AddressRange? RangeOf(string line) =>
        line.Split('\t', StringSplitOptions.TrimEntries) is { Length: > 7 } fields
        && uint.TryParse(fields[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint destination)
        && uint.TryParse(fields[7], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint mask)
            ? AddressRange.Of(new IPv4Address(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(destination) : destination), BitOperations.PopCount(mask))
            : null;
}
