using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Names;

/// <summary>
/// Makes all addresses of a range this host's own on a bridge, as <c>ip route replace local 10.65.0.0/16 dev BRIDGE</c> does: the kernel then answers for them there, and sockets may listen on
/// each. The route ends with the bridge. (rtnetlink(7): one message of a header of 16 bytes, a struct rtmsg of 12, and two attributes of 8.)
/// </summary>
internal static partial class LocalRoute
{
    private const int AfNetlink = 16;
    private const int SockRawCloseOnExec = 3 | 0x80000;
    private const int NetlinkRoute = 0;
    private const int MessageBytes = 44;
    private const ushort NewRoute = 24;
    private const ushort RequestAckReplaceCreate = 1 | 4 | 0x100 | 0x400;
    private const ushort AttributeDestination = 1;
    private const ushort AttributeInterface = 4;
    private const int ErrorAt = 16;

    /// <exception cref="Win32Exception">There is no such bridge, or this process may not.</exception>
    public static void Ensure(NodeNetwork network)
    {
        uint bridge = if_nametoindex(network.Bridge);
        if (bridge == 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        int answer = Ask(MessageOf(IPAddress.Parse(network.Services), bridge));
        if (answer != 0)
        {
            throw new Win32Exception(-answer);
        }
    }

    /// <summary>The numbers are in the host's order, the address in the network's.</summary>
    private static byte[] MessageOf(IPAddress first, uint bridge)
    {
        byte[] message = new byte[MessageBytes];
        BitConverter.TryWriteBytes(message, MessageBytes);
        BitConverter.TryWriteBytes(message.AsSpan(4), NewRoute);
        BitConverter.TryWriteBytes(message.AsSpan(6), RequestAckReplaceCreate);

        // Family, prefix, source prefix, type of service, table (local), who made it (an administrator), scope (host), type (local).
        ReadOnlySpan<byte> route = [2, NodeNetwork.ServicesPrefixBits, 0, 0, 255, 4, 254, 2];
        route.CopyTo(message.AsSpan(16));
        BitConverter.TryWriteBytes(message.AsSpan(28), (ushort)8);
        BitConverter.TryWriteBytes(message.AsSpan(30), AttributeDestination);
        first.TryWriteBytes(message.AsSpan(32), out _);
        BitConverter.TryWriteBytes(message.AsSpan(36), (ushort)8);
        BitConverter.TryWriteBytes(message.AsSpan(38), AttributeInterface);
        BitConverter.TryWriteBytes(message.AsSpan(40), bridge);
        return message;
    }

    /// <summary>What the kernel answers at once: 0, or an error's number below it.</summary>
    private static int Ask(byte[] message)
    {
        int descriptor = socket(AfNetlink, SockRawCloseOnExec, NetlinkRoute);
        if (descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        try
        {
            byte[] answer = new byte[1024];
            if (send(descriptor, message, message.Length, 0) < 0 || recv(descriptor, answer, answer.Length, 0) < ErrorAt + sizeof(int))
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }

            return BitConverter.IsLittleEndian ? BinaryPrimitives.ReadInt32LittleEndian(answer.AsSpan(ErrorAt)) : BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(ErrorAt));
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint if_nametoindex(string name);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint send(int socket, byte[] message, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint recv(int socket, byte[] buffer, nint length, int flags);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int close(int descriptor);
}
