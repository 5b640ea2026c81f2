using System.Buffers.Text;
using System.Security.Cryptography;

namespace ControlPlane.Agent.Protocol;

/// <summary>
/// The tokens of this agent: the one that all agents join with, and its own, which it makes once and keeps in its data folder for its user alone.
/// Written down before it is told to anyone, so that no crash leaves a node bound to a token that nobody has.
/// </summary>
internal sealed class NodeToken(AgentOptions options)
{
    private const int TokenBytes = 32;

    private readonly string path = Path.Combine(options.DataFolder, "node.token");

    /// <summary>Null when the file is not there, or not any more: after the first contact it is not needed.</summary>
    /// <exception cref="ControlPlaneException">The file cannot be read.</exception>
    public async Task<string?> ReadJoinTokenAsync(CancellationToken cancellationToken) =>
        File.Exists(options.TokenFile) ? await ReadAsync(options.TokenFile, cancellationToken) : null;

    /// <exception cref="ControlPlaneException">The file cannot be read or written.</exception>
    public async Task<string> ReadOrMakeAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(path) && await ReadAsync(path, cancellationToken) is { Length: > 0 } known)
        {
            return known;
        }

        string made = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        string beside = path + ".new";
        FileStreamOptions open = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        try
        {
            await using (FileStream file = new(beside, open))
            await using (StreamWriter writer = new(file))
            {
                await writer.WriteLineAsync(made.AsMemory(), cancellationToken);
                await writer.FlushAsync(cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
            return made;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ControlPlaneException($"the node's token cannot be written: {exception.Message}", status: null, exception);
        }
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ControlPlaneException($"the token cannot be read: {exception.Message}", status: null, exception);
        }
    }
}
