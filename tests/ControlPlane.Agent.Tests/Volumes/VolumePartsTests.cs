using System.Runtime.Versioning;
using ControlPlane.Agent.Volumes;

namespace ControlPlane.Agent.Tests.Volumes;

[SupportedOSPlatform("linux")]
public sealed class VolumePartsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("parts-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Make_WhatIsNotThere_MakesAFolderLikeTheWhole()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite;
        File.SetUnixFileMode(folder, Mode);

        string made = VolumeParts.Make(folder, "a/./b/", group: null);

        Assert.Equal(Path.Combine(folder, "a", "b"), made);
        Assert.Equal((Mode, Mode), (File.GetUnixFileMode(made), File.GetUnixFileMode(Path.Combine(folder, "a"))));
    }

    [Fact]
    public void Make_WhatIsThere_LeavesIt()
    {
        File.WriteAllText(Path.Combine(folder, "file"), "kept");

        Assert.Equal("kept", File.ReadAllText(VolumeParts.Make(folder, "file", group: null)));
    }

    [Theory]
    [InlineData("link", "link")]
    [InlineData("link/new", "link")]
    [InlineData("dangling", "dangling")]
    public void Make_OverASymbolicLink_IsRefused(string part, string link)
    {
        File.CreateSymbolicLink(Path.Combine(folder, "link"), "/tmp");
        File.CreateSymbolicLink(Path.Combine(folder, "dangling"), "/nowhere/at/all");

        Assert.Equal($"the subPath {part} leads over a symbolic link, {link}, which is not followed", Assert.Throws<IOException>(() => VolumeParts.Make(folder, part, group: null)).Message);
    }

    [Fact]
    public void Make_BelowAFile_IsRefused()
    {
        File.WriteAllText(Path.Combine(folder, "file"), "");

        Assert.ThrowsAny<IOException>(() => VolumeParts.Make(folder, "file/a", group: null));
    }
}
