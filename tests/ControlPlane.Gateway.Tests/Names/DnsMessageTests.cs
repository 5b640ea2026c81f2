using System.Net;
using ControlPlane.Gateway.Names;

namespace ControlPlane.Gateway.Tests.Names;

public class DnsMessageTests
{
    [Fact]
    public void Read_AQuestion_HasItsNameInLowerCase()
    {
        DnsQuery query = DnsMessage.Read(Ask.For("Hello.Default.svc.cluster.local", RecordType.Aaaa))!;

        Assert.Equal((Ask.Id, true, "hello.default.svc.cluster.local", RecordType.Aaaa), (query.Id, query.Recurse, query.Name, query.Type));
    }

    [Fact]
    public void Read_AQuestionCutAnywhere_IsNoQuestion()
    {
        byte[] whole = Ask.For("hello.default");

        Assert.All(Enumerable.Range(0, whole.Length), length => Assert.Null(DnsMessage.Read(whole.AsMemory(0, length))));
        Assert.NotNull(DnsMessage.Read(whole));
    }

    [Theory]
    [InlineData(2, 0x81, "an answer")]
    [InlineData(2, 0x29, "an update")]
    [InlineData(5, 2, "two questions")]
    [InlineData(12, 0xC0, "a name that points elsewhere")]
    [InlineData(16, 3, "a question of another class")]
    public void Read_WhatIsNoQuestion_IsNull(int at, byte value, string why)
    {
        byte[] message = Ask.For("abc");
        message[at == 16 ? ^1 : at] = value;

        Assert.True(DnsMessage.Read(message) is null, why);
    }

    [Fact]
    public void Write_AnAddress_IsTheQuestionAndTheRecord()
    {
        byte[] question = Ask.For("a.b");

        byte[] answer = DnsMessage.Write(DnsMessage.Read(question)!, new DnsAnswer(ResponseCode.NoError, new DnsRecord.Address(IPAddress.Parse("10.65.3.9"))), 512);

        byte[] head = [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
        byte[] record = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 65, 3, 9];
        Assert.Equal([.. head, .. question[12..], .. record], answer);
    }

    [Fact]
    public void Write_AnAnswerThatMayBeKeptForLess_SaysSoOfRecordsAndOfTheirAbsence()
    {
        DnsAnswer answer = new(ResponseCode.NoError, new DnsRecord.Address(IPAddress.Parse("10.65.3.9"))) { TimeToLiveSeconds = 2 };

        Assert.Equal([0, 0, 0, 2, 0, 4, 10, 65, 3, 9], DnsMessage.Write(Ask.Query("a.b"), answer, 512)[^10..]);
        Assert.Equal([0, 0, 0, 2], DnsMessage.Write(Ask.Query("a.b"), answer with { Records = [] }, 512)[^4..]);
    }

    [Fact]
    public void Write_Nothing_SaysForHowLongThatMayBeKept() =>
        Assert.Equal((ResponseCode.NameError, false, 0, 1), Ask.Summary(DnsMessage.Write(Ask.Query("a.b"), new DnsAnswer(ResponseCode.NameError), 512)));

    [Fact]
    public void Write_MoreThanFits_IsCut()
    {
        DnsAnswer many = new(ResponseCode.NoError, [.. Enumerable.Range(1, 100).Select(i => new DnsRecord.Address(new IPAddress([10, 0, 0, (byte)i])))]);

        Assert.Equal((ResponseCode.NoError, true, 0, 0), Ask.Summary(DnsMessage.Write(Ask.Query("a.b"), many, 512)));
        Assert.Equal((ResponseCode.NoError, false, 100, 0), Ask.Summary(DnsMessage.Write(Ask.Query("a.b"), many, ushort.MaxValue)));
    }
}
