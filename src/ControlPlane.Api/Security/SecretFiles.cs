using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ControlPlane.Api.Security;

/// <summary>Files that only this process's user may read.</summary>
internal static class SecretFiles
{
    private const int TokenBytes = 32;

    /// <summary>The token in a file; made at random when there is no such file.</summary>
    public static async Task<string> ReadOrMakeTokenAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            string token = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
            return token.Length > 0 ? token : throw new InvalidDataException($"the token file {path} is empty");
        }

        string made = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        Write(path, made + "\n");
        return made;
    }

    /// <summary>Writes a file that its owner alone may read: whole or not at all, and never readable by others in between.</summary>
    public static void Write(string path, string text)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        string partial = Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}");
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (FileStream stream = new(partial, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }
}
