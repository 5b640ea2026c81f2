using System.Buffers.Binary;

namespace ControlPlane.Api.Wire.Decoding.Protobuf;

/// <summary>A field of a message as it stands in the bytes.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>The bytes are no protobuf message.</summary>
internal sealed class ProtobufException(string message) : Exception(message);

/// <summary>Reads the fields of one protobuf message (protobuf.dev, encoding). Groups, which Kubernetes does not use, are refused.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> rest = message;

    public int Number { get; private set; }

    public WireType Type { get; private set; }

    /// <summary>The value of a varint or fixed field.</summary>
    public ulong Value { get; private set; }

    /// <summary>The content of a text, bytes or message field.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Moves to the next field; false at the end.</summary>
    /// <exception cref="ProtobufException">The bytes are cut off or no message.</exception>
    public bool Read()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        ulong tag = ReadVarint();
        Number = tag >> 3 is > 0 and <= int.MaxValue ? (int)(tag >> 3) : throw new ProtobufException("a field has no number");
        Type = (WireType)(tag & 7);
        switch (Type)
        {
            case WireType.Varint:
                Value = ReadVarint();
                break;
            case WireType.Fixed64:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case WireType.Fixed32:
                Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            case WireType.Bytes:
                ulong length = ReadVarint();
                Content = Take(length <= int.MaxValue ? (int)length : int.MaxValue);
                break;
            default:
                throw new ProtobufException($"field {Number} has an unknown wire type");
        }

        return true;
    }

    /// <summary>Reads varints that are packed into one field.</summary>
    public static List<long> ReadPacked(ReadOnlySpan<byte> content)
    {
        ProtobufReader packed = new(content);
        List<long> values = [];
        while (!packed.rest.IsEmpty)
        {
            values.Add((long)packed.ReadVarint());
        }

        return values;
    }

    private ulong ReadVarint()
    {
        const int MaxBytes = 10;
        ulong value = 0;
        for (int i = 0; i < MaxBytes; i++)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new ProtobufException("a number is longer than ten bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
        {
            throw new ProtobufException("the message is cut off");
        }

        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
