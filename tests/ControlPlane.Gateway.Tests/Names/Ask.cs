using System.Buffers.Binary;
using System.Text;
using ControlPlane.Gateway.Names;

namespace ControlPlane.Gateway.Tests.Names;

/// <summary>Questions as a resolver writes them.</summary>
internal static class Ask
{
    public const ushort Id = 0x1234;

    public static byte[] For(string name, RecordType type = RecordType.A)
    {
        List<byte> message = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.AddRange([0, 0, (byte)type, 0, 1]);
        return [.. message];
    }

    public static DnsQuery Query(string name, RecordType type = RecordType.A) => DnsMessage.Read(For(name, type))!;

    /// <summary>The code, whether it is cut, and how many records and authorities an answer has.</summary>
    public static (ResponseCode Code, bool IsCut, int Records, int Authorities) Summary(ReadOnlySpan<byte> answer) =>
        ((ResponseCode)(answer[3] & 15), (answer[2] & 2) != 0, BinaryPrimitives.ReadUInt16BigEndian(answer[6..]), BinaryPrimitives.ReadUInt16BigEndian(answer[8..]));
}
