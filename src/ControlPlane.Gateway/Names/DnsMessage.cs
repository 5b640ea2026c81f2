using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace ControlPlane.Gateway.Names;

/// <summary>Types of records (RFC 1035, 2782, 3596).</summary>
internal enum RecordType : ushort
{
    A = 1,
    Soa = 6,
    Aaaa = 28,
    Srv = 33,
    Any = 255,
}

/// <summary>How a question ended (RFC 1035, 4.1.1).</summary>
internal enum ResponseCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,

    /// <summary>There is no such name, of whatever type.</summary>
    NameError = 3,
    NotImplemented = 4,
}

/// <summary>One question, as it was asked.</summary>
/// <param name="Id">To be repeated in the answer.</param>
/// <param name="Recurse">To be repeated in the answer.</param>
/// <param name="Name">In lower case, without the dot at the end.</param>
/// <param name="Type">What is asked for.</param>
/// <param name="Question">The question's bytes, to be repeated as they are.</param>
internal sealed record DnsQuery(ushort Id, bool Recurse, string Name, RecordType Type, ReadOnlyMemory<byte> Question);

/// <summary>What is answered; an address, or a port and the name that has it.</summary>
internal abstract record DnsRecord
{
    private DnsRecord()
    {
    }

    public sealed record Address(IPAddress IP) : DnsRecord;

    /// <param name="Target">Without the dot at the end.</param>
    /// <param name="Port">From 1 to 65535.</param>
    public sealed record Server(string Target, int Port) : DnsRecord;
}

/// <summary>The answer to a question; without records and with <see cref="ResponseCode.NoError"/>, the name has none of that type.</summary>
internal sealed record DnsAnswer(ResponseCode Code, params IReadOnlyList<DnsRecord> Records)
{
    /// <summary>How long it may be kept, the absence of a name too, in seconds (Kubernetes' cluster DNS: 5).</summary>
    public int TimeToLiveSeconds { get; init; } = 5;
}

/// <summary>Questions and answers as they travel (RFC 1035, 4): of what that allows, what a resolver sends and what answers it.</summary>
internal static class DnsMessage
{
    /// <summary>The longest answer that every resolver takes in a datagram.</summary>
    public const int DatagramBytesMax = 512;

    private const int HeaderBytes = 12;
    private const int LabelBytesMax = 63;
    private const int NameBytesMax = 255;
    private const ushort ClassInternet = 1;
    private const ushort PointerToTheQuestion = 0xC000 | HeaderBytes;

    /// <summary>Null for what is no single question for a name on the Internet.</summary>
    public static DnsQuery? Read(ReadOnlyMemory<byte> message)
    {
        ReadOnlySpan<byte> bytes = message.Span;

        // A question (the highest bit), a standard one (the next four), and one of it.
        if (bytes.Length < HeaderBytes || (bytes[2] & 0b1111_1000) != 0 || BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) != 1)
        {
            return null;
        }

        StringBuilder name = new();
        int at = HeaderBytes;
        while (at < bytes.Length && bytes[at] != 0)
        {
            int length = bytes[at];
            if (length > LabelBytesMax || at + 1 + length > bytes.Length || at - HeaderBytes + length > NameBytesMax)
            {
                return null;
            }

            name.Append(name.Length == 0 ? "" : ".").Append(Encoding.ASCII.GetString(bytes.Slice(at + 1, length)));
            at += 1 + length;
        }

        int end = at + 5;
        return end <= bytes.Length && BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 3)..]) == ClassInternet
            ? new DnsQuery(
                BinaryPrimitives.ReadUInt16BigEndian(bytes),
                (bytes[2] & 1) != 0,
                name.ToString().ToLowerInvariant(),
                (RecordType)BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 1)..]),
                message[HeaderBytes..end])
            : null;
    }

    /// <summary>An answer; one that is longer than <paramref name="bytesMax"/> is cut to none, and says so: the resolver then asks over TCP.</summary>
    public static byte[] Write(DnsQuery query, DnsAnswer answer, int bytesMax)
    {
        byte[] message = Write(query, answer, isCut: false);
        return message.Length <= bytesMax ? message : Write(query, answer with { Records = [] }, isCut: true);
    }

    private static byte[] Write(DnsQuery query, DnsAnswer answer, bool isCut)
    {
        List<byte> message = [];
        Add(message, query.Id);

        // An answer, with authority, cut or not, recursion asked for; recursion to be had, how it ended.
        message.Add((byte)(0b1000_0100 | (isCut ? 2 : 0) | (query.Recurse ? 1 : 0)));
        message.Add((byte)(0b1000_0000 | (int)answer.Code));
        bool isNothing = answer.Records.Count == 0 && !isCut;
        Add(message, 1);
        Add(message, (ushort)answer.Records.Count);
        Add(message, (ushort)(isNothing ? 1 : 0));
        Add(message, 0);
        message.AddRange(query.Question.Span);
        foreach (DnsRecord record in answer.Records)
        {
            Add(message, PointerToTheQuestion);
            AddRecord(message, record is DnsRecord.Server ? RecordType.Srv : RecordType.A, answer, DataOf(record));
        }

        if (isNothing)
        {
            AddName(message, ServiceNames.Zone);
            AddRecord(message, RecordType.Soa, answer, AuthorityData(answer));
        }

        return [.. message];
    }

    private static List<byte> DataOf(DnsRecord record)
    {
        List<byte> data = [];
        switch (record)
        {
            case DnsRecord.Address address:
                data.AddRange(address.IP.GetAddressBytes());
                break;
            case DnsRecord.Server server:
                // Priority and weight: all alike.
                Add(data, 0);
                Add(data, 100);
                Add(data, (ushort)server.Port);
                AddName(data, server.Target);
                break;
            default:
                throw new InvalidOperationException($"{record} is no record");
        }

        return data;
    }

    /// <summary>Says for how long the absence of a name may be kept (RFC 2308): the zone's server and keeper, and five numbers, of which the last says it.</summary>
    private static List<byte> AuthorityData(DnsAnswer answer)
    {
        List<byte> data = [];
        AddName(data, $"ns.dns.{ServiceNames.Zone}");
        AddName(data, $"hostmaster.{ServiceNames.Zone}");
        foreach (uint number in (ReadOnlySpan<uint>)[1, 7200, 1800, 86_400, (uint)answer.TimeToLiveSeconds])
        {
            Add(data, number);
        }

        return data;
    }

    private static void AddRecord(List<byte> message, RecordType type, DnsAnswer answer, List<byte> data)
    {
        Add(message, (ushort)type);
        Add(message, ClassInternet);
        Add(message, (uint)answer.TimeToLiveSeconds);
        Add(message, (ushort)data.Count);
        message.AddRange(data);
    }

    private static void AddName(List<byte> message, string name)
    {
        foreach (string label in name.Split('.'))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.Add(0);
    }

    private static void Add(List<byte> message, ushort number)
    {
        message.Add((byte)(number >> 8));
        message.Add((byte)number);
    }

    private static void Add(List<byte> message, uint number)
    {
        Add(message, (ushort)(number >> 16));
        Add(message, (ushort)number);
    }
}
