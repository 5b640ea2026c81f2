using System.Buffers.Binary;

namespace ControlPlane.Api.Wire.Spdy;

/// <summary>A block of deflate that holds its bytes as they are (RFC 1951, 3.2.4), and is not the last one.</summary>
internal static class StoredBlock
{
    /// <summary>What stands before the bytes.</summary>
    public static byte[] Head(int length)
    {
        byte[] head = new byte[1 + (2 * sizeof(ushort))];
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(1), checked((ushort)length));
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(1 + sizeof(ushort)), (ushort)~length);
        return head;
    }
}
