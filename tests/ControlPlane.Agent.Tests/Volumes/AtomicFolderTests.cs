using System.Runtime.Versioning;
using System.Text;
using ControlPlane.Agent.Volumes;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Volumes;

[SupportedOSPlatform("linux")]
public sealed class AtomicFolderTests : IDisposable
{
    private readonly TemporaryFolder temporary = new("volume");

    private string Folder => Path.Combine(temporary.Path, "v");

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void Files_AreThereWithTheirModes_AndAgainIsNoChange()
    {
        VolumeFile[] files = [File("a", "1"), File("x/y/b", "2", 256)];

        Assert.True(AtomicFolder.Write(Folder, files, group: null));

        Assert.Equal("a=1 x/y/b=2", Shown());
        Assert.Equal(UnixFileMode.UserRead, System.IO.File.GetUnixFileMode(Path.Combine(Folder, "x/y/b")));
        Assert.False(AtomicFolder.Write(Folder, files, group: null));
    }

    [Fact]
    public void Change_ShowsTheNewFilesAndNoneOfTheOld()
    {
        AtomicFolder.Write(Folder, [File("a", "1"), File("x/b", "2"), File("old/c", "3")], group: null);
        string whatSomebodyReads = new DirectoryInfo(Path.Combine(Folder, "..data")).ResolveLinkTarget(true)!.FullName;

        Assert.True(AtomicFolder.Write(Folder, [File("a", "10"), File("x/d", "4"), File("new", "5")], group: null));

        Assert.Equal("a=10 new=5 x/d=4", Shown());
        Assert.False(Directory.Exists(whatSomebodyReads));
        Assert.False(new FileInfo(Path.Combine(Folder, "old")).LinkTarget is not null);
    }

    [Fact]
    public async Task Reader_SeesOneVersionWhole_WhileFilesChange()
    {
        VolumeFile[] Version(int number) => [.. Enumerable.Range(0, 20).Select(i => File($"f{i}", $"{number}"))];
        AtomicFolder.Write(Folder, Version(0), group: null);
        using CancellationTokenSource done = new();
        int seen = 0;
        Task reader = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                string files = new DirectoryInfo(Path.Combine(Folder, "..data")).LinkTarget!;
                try
                {
                    string[] values = [.. Enumerable.Range(0, 20).Select(i => System.IO.File.ReadAllText(Path.Combine(Folder, files, $"f{i}"))).Distinct()];
                    Assert.Single(values);
                    Interlocked.Increment(ref seen);
                }
                catch (Exception gone) when (gone is DirectoryNotFoundException or FileNotFoundException)
                {
                    // Replaced between the look at the link and at the files: read anew.
                }
            }
        });

        for (int i = 1; i <= 50 || (Volatile.Read(ref seen) < 10 && !reader.IsCompleted); i++)
        {
            AtomicFolder.Write(Folder, Version(i), group: null);
        }

        await done.CancelAsync();
        await reader;
        Assert.Equal(2, Directory.GetFileSystemEntries(Folder, "..*").Length);
    }

    [Fact]
    public void WhatACrashLeftHalfMade_GoesWithTheNextChange()
    {
        AtomicFolder.Write(Folder, [File("a", "1")], group: null);
        Directory.CreateDirectory(Path.Combine(Folder, "..v2"));
        System.IO.File.CreateSymbolicLink(Path.Combine(Folder, "..data_tmp"), "..v2");

        AtomicFolder.Write(Folder, [File("a", "2")], group: null);

        Assert.Equal("a=2", Shown());
        Assert.Equal(2, Directory.GetFileSystemEntries(Folder, "..*").Length);
    }

    private static VolumeFile File(string path, string content, int mode = 420) => new(path, Encoding.UTF8.GetBytes(content), mode);

    /// <summary>What a container sees there.</summary>
    private string Shown() => string.Join(' ', Names(Folder, "").Order(StringComparer.Ordinal).Select(name => $"{name}={System.IO.File.ReadAllText(Path.Combine(Folder, name))}"));

    private static IEnumerable<string> Names(string folder, string prefix) => Directory.EnumerateFileSystemEntries(folder)
        .Select(path => Path.GetFileName(path))
        .Where(name => !name.StartsWith("..", StringComparison.Ordinal))
        .SelectMany(name => Directory.Exists(Path.Combine(folder, name)) ? Names(Path.Combine(folder, name), $"{prefix}{name}/") : [prefix + name]);
}
