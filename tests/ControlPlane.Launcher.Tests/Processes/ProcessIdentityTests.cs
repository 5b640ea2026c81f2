using System.Diagnostics;
using ControlPlane.Launcher.Processes;

namespace ControlPlane.Launcher.Tests.Processes;

public sealed class ProcessIdentityTests
{
    [Theory]
    [InlineData("S", 1, true)]
    [InlineData("R", 12, true)]
    [InlineData("D", 1, true)]
    [InlineData("Z", 1, false)]
    [InlineData("X", 0, false)]
    [InlineData("Z", 3, true)] // Its first thread has ended; the others still hold its files.
    public void Process_RunsAsLongAsOneOfItsThreadsDoes(string state, int threads, bool expected)
    {
        string stat = $"7484 (a name) (of S 1 its own) {state} 1 7484 7484 0 -1 4228100 0 0 0 0 5 2 0 0 20 0 {threads} 0 991 0 0 18446744073709551615 0\n";

        Assert.Equal(expected ? 991 : null, ProcessIdentity.StartTicksIn(stat));
    }

    [Fact]
    public async Task Process_IsKnownAgainByItsText_UntilItEnds()
    {
        using Process process = Process.Start("sleep", "60");
        ProcessIdentity? identity = ProcessIdentity.Of(process.Id);
        Assert.NotNull(identity);
        Assert.Equal(identity, ProcessIdentity.Parse(identity.ToString()));
        Assert.True(identity.IsRunning());
        Assert.False((identity with { StartTicks = identity.StartTicks + 1 }).IsRunning());

        process.Kill();
        await process.WaitForExitAsync();

        Assert.False(identity.IsRunning());
        Assert.Null(ProcessIdentity.Of(process.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12 34")]
    [InlineData("-12 34 boot")]
    [InlineData("12 x boot")]
    public void AnotherText_IsNoProcess(string text) => Assert.Null(ProcessIdentity.Parse(text));
}
