using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Tables;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Tables;

public class TableWriterTests
{
    /// <summary>A watch has one writer for hours: with the time of its beginning, every age stood still and newer objects were <c>&lt;invalid&gt;</c>.</summary>
    [Fact]
    public void Of_ThroughALongWatch_CountsAgesToTheTimeOfEachTable()
    {
        SettableTime time = new() { Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero) };
        TableWriter writer = new(TableDefinition.For(ResourceKinds.Secret), TableRows.Alone, new ReplyForm(ReplyContent.Table), wire: null, time);
        Secret secret = new() { Metadata = new ObjectMeta { Name = "s", CreationTimestamp = time.Now } };
        Assert.Equal("0s", AgeOf(writer, secret));

        time.Now = time.Now.AddSeconds(90);
        Assert.Equal("90s", AgeOf(writer, secret));
    }

    public static TheoryData<string> Kinds { get; } = [.. ResourceKinds.All.Select(kind => kind.Kind)];

    /// <summary>A bookmark is converted like an object of which nothing is known but its revision.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Bookmark_OfEachKind_IsARowWithItsMetadata(string name)
    {
        ResourceKind kind = ResourceKinds.Find(name)!;
        TableWriter writer = new(TableDefinition.For(kind), TableRows.Metadata, new ReplyForm(ReplyContent.Table, ReplyForm.V1Beta1), wire: null, TimeProvider.System);
        var empty = (Resource)Activator.CreateInstance(kind.Type)!;

        Table table = writer.Bookmark(empty with { Metadata = new ObjectMeta { ResourceVersion = "7" } });

        Assert.Equal(("meta.k8s.io/v1beta1", "7"), (table.ApiVersion, table.Metadata.ResourceVersion));
        Assert.True(table.ColumnDefinitions.IsEmpty);
        PartialObjectMetadata row = Assert.IsType<PartialObjectMetadata>(Assert.Single(table.Rows).Object);
        Assert.Equal(("meta.k8s.io/v1beta1", "7"), (row.ApiVersion, row.Metadata.ResourceVersion));
    }

    private static object? AgeOf(TableWriter writer, Secret secret) => writer.Of([secret], new ListMeta()).Rows[0].Cells[^1];

    private sealed class SettableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
