using System.Text.Json;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Hosting;

/// <summary>What outlives the agent: the newest desired state that it acted on.</summary>
internal interface IDesiredMemory
{
    /// <summary>What an earlier life of the agent saved; null for nothing that can be read.</summary>
    Task<DesiredState?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces what is saved, whole or not at all.</summary>
    Task SaveAsync(DesiredState state, CancellationToken cancellationToken);
}

/// <summary>The memory as a file in the agent's data folder.</summary>
internal sealed class DesiredFile(AgentOptions options, ILogger<DesiredFile> log) : IDesiredMemory
{
    private readonly string path = Path.Combine(options.DataFolder, "desired.json");

    /// <summary>A file that cannot be read counts as none, and is said.</summary>
    public async Task<DesiredState?> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return ResourceJson.Deserialize<DesiredState>(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException exception)
        {
            log.StateUnreadable(path, exception.Message);
            return null;
        }
    }

    /// <summary>Written beside and renamed, so that a crash leaves the old or the new file, never half a one.</summary>
    public async Task SaveAsync(DesiredState state, CancellationToken cancellationToken)
    {
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
            {
                await JsonSerializer.SerializeAsync(file, state, ResourceJson.Options, cancellationToken);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What runs is not held up by a full disk; only an agent restarted meanwhile would remember less.
            log.StateUnwritable(path, exception.Message);
        }
    }
}
