using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>
/// The messages that containers leave when they end. Each container has a file of this node where its message goes, as the kubelet does it: so one whose root filesystem
/// cannot be written may leave one too, and what lies on a filesystem in memory is not lost. An engine that does not see this node's files has the message in the container, from which it is read.
/// </summary>
internal sealed class DockerTerminationMessages(AgentOptions options, DockerClient client)
{
    /// <summary>A container's own file of more bytes than this is no message.</summary>
    private const int FileBytesMax = 1024 * 1024;

    /// <summary>A file whose container is just being made.</summary>
    private static readonly TimeSpan MinAge = TimeSpan.FromMinutes(1);

    private const UnixFileMode ForEverybody =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly string folder = Path.Combine(options.DataFolder, "termination-messages");

    /// <summary>Gives a container its file, which it may write whoever it runs as.</summary>
    /// <exception cref="ContainerStartException">The file cannot be made.</exception>
    public Mount Bind(CreateContainerParameters parameters, string target)
    {
        HostConfig host = parameters.HostConfig ??= new HostConfig();
        Mount mount = new() { Type = "bind", Source = FileOf(parameters.Name ?? ""), Target = target };
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(mount.Source, "");
            File.SetUnixFileMode(mount.Source, ForEverybody);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ContainerStartException($"the file for the container's termination message cannot be made: {exception.Message}", exception);
        }

        host.Mounts = [.. host.Mounts ?? [], mount];
        return mount;
    }

    /// <summary>Takes the file away again, for an engine that does not find it.</summary>
    public static void Unbind(CreateContainerParameters parameters, Mount mount)
    {
        parameters.HostConfig!.Mounts!.Remove(mount);
        File.Delete(mount.Source!);
    }

    /// <summary>What a container left that has ended; empty when it left nothing.</summary>
    public async Task<string> ReadAsync(ContainerInspectResponse ended, IDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        if (ContainerLabels.TerminationPathOf(labels) is not { Length: > 0 } path || ended.State is not { } state)
        {
            return "";
        }

        string file = FileOf(ended.Name ?? "");
        string message = File.Exists(file)
            ? TerminationMessage.TextOf(TerminationMessage.EndOf(file, TerminationMessage.BytesMax))
            : await ReadInContainerAsync(ended.ID, path, cancellationToken);
        return message.Length == 0 && string.IsNullOrEmpty(state.Error) && TerminationMessage.FallsBack(ContainerLabels.TerminationPolicyOf(labels), (int)state.ExitCode)
            ? await ReadLogAsync(ended.ID, cancellationToken)
            : message;
    }

    /// <summary>Removes the files of containers that are no more.</summary>
    /// <param name="names">Of the containers that are.</param>
    /// <param name="now">The present time.</param>
    public void Clean(IEnumerable<string> names, DateTimeOffset now)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        HashSet<string> kept = [.. names];
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles().Where(file => !kept.Contains(file.Name) && now - file.LastWriteTimeUtc > MinAge))
        {
            file.Delete();
        }
    }

    /// <summary>The engine writes a slash before a container's name.</summary>
    private string FileOf(string name) => Path.Combine(folder, Path.GetFileName(name));

    private async Task<string> ReadInContainerAsync(string id, string path, CancellationToken cancellationToken)
    {
        try
        {
            ContainerArchiveResponse answer = await client.Containers.GetArchiveFromContainerAsync(
                id, new ContainerPathStatParameters { Path = path }, statOnly: false, cancellationToken);
            await using Stream archive = answer.Stream ?? Stream.Null;
            await using TarReader reader = new(archive);
            if (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is not { DataStream: { } data, Length: <= FileBytesMax } entry)
            {
                return "";
            }

            byte[] whole = new byte[entry.Length];
            await data.ReadExactlyAsync(whole, cancellationToken);
            return TerminationMessage.TextOf(whole.AsSpan(Math.Max(0, whole.Length - TerminationMessage.BytesMax)));
        }
        catch (DockerApiException)
        {
            // There is no such file.
            return "";
        }
    }

    private async Task<string> ReadLogAsync(string id, CancellationToken cancellationToken)
    {
        ContainerLogsParameters parameters = new() { ShowStdout = true, ShowStderr = true, Tail = $"{TerminationMessage.LogLinesMax}" };
        try
        {
            using MultiplexedStream log = await client.Containers.GetContainerLogsAsync(id, parameters, cancellationToken);
            LastBytes last = new(TerminationMessage.LogBytesMax);
            byte[] buffer = new byte[16 * 1024];
            while (await log.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken) is { EOF: false } read)
            {
                last.Add(buffer.AsSpan(0, read.Count));
            }

            return TerminationMessage.LinesOf(last.Kept);
        }
        catch (DockerApiException)
        {
            // Removed since it was looked at.
            return "";
        }
    }
}
