using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Tables;

public class TableWriterTests
{
    /// <summary>A watch has one writer for hours: with the time of its beginning, every age stood still and newer objects were <c>&lt;invalid&gt;</c>.</summary>
    [Fact]
    public void Of_ThroughALongWatch_CountsAgesToTheTimeOfEachTable()
    {
        SettableTime time = new() { Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero) };
        TableWriter writer = new(ResourceKinds.Secret, TableRows.Alone, wire: null, time);
        Secret secret = new() { Metadata = new ObjectMeta { Name = "s", CreationTimestamp = time.Now } };
        Assert.Equal("0s", AgeOf(writer, secret));

        time.Now = time.Now.AddSeconds(90);
        Assert.Equal("90s", AgeOf(writer, secret));
    }

    private static object? AgeOf(TableWriter writer, Secret secret) => writer.Of([secret], new ListMeta()).Rows[0].Cells[^1];

    private sealed class SettableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
