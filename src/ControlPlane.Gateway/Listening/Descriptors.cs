using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace ControlPlane.Gateway.Listening;

/// <summary>Passes open sockets between processes: messages of a Unix socket that carry a descriptor beside their text (unix(7), SCM_RIGHTS).</summary>
internal static unsafe partial class Descriptors
{
    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const int TextBytesMax = 256;

    /// <summary>A header and one descriptor, aligned to 8 bytes (cmsg(3), CMSG_SPACE).</summary>
    private const int ControlBytes = 24;

    private const int HeaderBytes = 16;
    private const int CloseOnExec = 0x40000000;

    /// <summary>Sends a text, and a descriptor with it unless it is null.</summary>
    /// <exception cref="SocketException">The other side is gone.</exception>
    public static void Send(Socket channel, string text, SafeHandle? descriptor)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        long* control = stackalloc long[ControlBytes / sizeof(long)];
        bool isHeld = false;
        try
        {
            fixed (byte* start = bytes)
            {
                Vector vector = new() { Start = start, Length = bytes.Length };
                Message message = new() { Vectors = &vector, VectorCount = 1 };
                if (descriptor is not null)
                {
                    descriptor.DangerousAddRef(ref isHeld);
                    control[0] = HeaderBytes + sizeof(int);
                    ((int*)control)[2] = SolSocket;
                    ((int*)control)[3] = ScmRights;
                    ((int*)control)[4] = (int)descriptor.DangerousGetHandle();
                    message.Control = control;
                    message.ControlLength = ControlBytes;
                }

                if (sendmsg((int)channel.Handle, &message, 0) < 0)
                {
                    throw new SocketException(Marshal.GetLastPInvokeError());
                }
            }
        }
        finally
        {
            if (isHeld)
            {
                descriptor!.DangerousRelease();
            }
        }
    }

    /// <summary>Receives one message; its text is empty when the other side has closed.</summary>
    /// <exception cref="SocketException">Nothing came in time, or the other side is gone.</exception>
    public static (string Text, SafeSocketHandle? Descriptor) Receive(Socket channel, TimeSpan atMost)
    {
        if (!channel.Poll(atMost, SelectMode.SelectRead))
        {
            throw new SocketException((int)SocketError.TimedOut);
        }

        byte* text = stackalloc byte[TextBytesMax];
        long* control = stackalloc long[ControlBytes / sizeof(long)];
        Vector vector = new() { Start = text, Length = TextBytesMax };
        Message message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlBytes };
        nint length = recvmsg((int)channel.Handle, &message, CloseOnExec);
        if (length < 0)
        {
            throw new SocketException(Marshal.GetLastPInvokeError());
        }

        bool hasDescriptor = message.ControlLength >= HeaderBytes + sizeof(int) && ((int*)control)[2] == SolSocket && ((int*)control)[3] == ScmRights;
        SafeSocketHandle? descriptor = hasDescriptor ? new SafeSocketHandle(((int*)control)[4], ownsHandle: true) : null;
        return (Encoding.UTF8.GetString(text, (int)length), descriptor);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint sendmsg(int socket, Message* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint recvmsg(int socket, Message* message, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public byte* Start;
        public nint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nint VectorCount;
        public void* Control;
        public nint ControlLength;
        public int Flags;
    }
}
