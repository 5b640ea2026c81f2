using System.Net.Sockets;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Volumes;

public sealed class HostPathsTests : IDisposable
{
    private readonly TemporaryFolder temporary = new("host");

    public void Dispose() => temporary.Dispose();

    /// <summary>What is there, which type is asked for, and what is there then or what is said.</summary>
    [Theory]
    [InlineData("nothing", "", "directory")]
    [InlineData("nothing", "DirectoryOrCreate", "directory")]
    [InlineData("nothing", "FileOrCreate", "regular")]
    [InlineData("nothing", "Directory", "is not a directory")]
    [InlineData("nothing", "File", "is not a file")]
    [InlineData("nothing", "Socket", "is not a socket")]
    [InlineData("directory", "", "directory")]
    [InlineData("directory", "Directory", "directory")]
    [InlineData("directory", "File", "is not a file")]
    [InlineData("directory", "FileOrCreate", "is not a file")]
    [InlineData("file", "", "regular")]
    [InlineData("file", "File", "regular")]
    [InlineData("file", "DirectoryOrCreate", "is not a directory")]
    [InlineData("file", "Socket", "is not a socket")]
    [InlineData("socket", "Socket", "socket")]
    [InlineData("socket", "File", "is not a file")]
    [InlineData("socket", "CharDevice", "is not a character device")]
    [InlineData("socket", "BlockDevice", "is not a block device")]
    public void Type_IsCheckedOrMade(string there, string type, string outcome)
    {
        string path = Path.Combine(temporary.Path, "p");
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        switch (there)
        {
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "file":
                File.WriteAllText(path, "x");
                break;
            case "socket":
                socket.Bind(new UnixDomainSocketEndPoint(path));
                break;
        }

        HostPathVolumeSource source = new() { Path = path, Type = type };
        if (outcome.StartsWith("is not", StringComparison.Ordinal))
        {
            Assert.Equal($"hostPath type check failed: {path} {outcome}", Assert.Throws<IOException>(() => HostPaths.Prepare(source)).Message);
        }
        else
        {
            Assert.Equal(path, HostPaths.Prepare(source));
            Assert.Equal(outcome, FileSystemCalls.TypeOf(path).ToString(), ignoreCase: true);
        }
    }

    [Fact]
    public void Device_IsOne() => Assert.Equal("/dev/null", HostPaths.Prepare(new HostPathVolumeSource { Path = "/dev/null", Type = "CharDevice" }));
}
