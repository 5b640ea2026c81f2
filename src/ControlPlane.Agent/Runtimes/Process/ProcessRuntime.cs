using System.ComponentModel;
using System.Text.Json;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using Microsoft.Extensions.Logging;
using Container = ControlPlane.Domain.Resources.Container;
using OsProcess = System.Diagnostics.Process;
using OsProcessStartInfo = System.Diagnostics.ProcessStartInfo;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>
/// Runs pods as plain local processes, for a first try and for tests without Docker: no isolation, no limits, and images are names in a catalogue.
/// Each container is a process group of its own under a small shell that outlives the agent and notes the exit code. Its ports are free ports of
/// the node's address; it is told where to listen by <c>HOST</c> and <c>PORT</c> (the first port) and <c>PORT_n</c> (for container port n),
/// and by <c>VERSION</c> which tag of its image was asked for.
/// </summary>
internal sealed class ProcessRuntime(AgentOptions options, ImageCatalogue catalogue, NodeNetwork network, TimeProvider time, ILogger<ProcessRuntime> log)
    : IContainerRuntime, ICommandRuntime
{
    private const int KilledExitCode = 128 + ProcessGroup.Kill;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>How exactly the time of a line of a log is known.</summary>
    private static readonly TimeSpan LogTimesInterval = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);

    private readonly string root = Path.Combine(options.DataFolder, "containers");
    private readonly PortAllocator ports = new(options.NodeAddress);
    private readonly Dictionary<string, ContainerFolder> folders = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    public string Name => "process";

    public bool MountsVolumes => false;

    public bool SharesNetwork => false;

    public Task<string> GetVersionAsync(CancellationToken cancellationToken) =>
        Task.FromResult($"process://{typeof(ProcessRuntime).Assembly.GetName().Version?.ToString(3)}");

    public Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken)
    {
        List<ObservedContainer> containers = [];
        foreach (string path in Directory.CreateDirectory(root).EnumerateDirectories().Select(folder => folder.FullName))
        {
            try
            {
                containers.Add(Observe(FolderOf(path)));
            }
            catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
            {
                log.ContainerStateUnreadable(path, exception.Message);
            }
        }

        return Task.FromResult<IReadOnlyList<ObservedContainer>>(containers);
    }

    public async Task WatchAsync(Action onChange, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(root);
        using FileSystemWatcher watcher = new(root, "exit") { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName };
        watcher.Renamed += (_, _) => onChange();
        watcher.Created += (_, _) => onChange();
        watcher.EnableRaisingEvents = true;
        while (true)
        {
            NoteLogTimes();
            await Task.Delay(LogTimesInterval, time, cancellationToken);
        }
    }

    public Task<bool> HasImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult(catalogue.Find(image) is not null);

    public Task<string?> ResolveImageAsync(string image, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task PullAsync(string image, RegistryLogin? login, CancellationToken cancellationToken) =>
        catalogue.Find(image) is null ? throw new ImagePullException(catalogue.NotFound(image)) : Task.CompletedTask;

    public async Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken)
    {
        Container container = request.Container;
        string image = container.Image ?? "";
        if (ProcessIsolation.ProblemOf(request.Pod, container) is { } problem)
        {
            throw new ContainerConfigurationException(problem);
        }

        IReadOnlyList<string> entrypoint = catalogue.Find(image) ?? throw new ContainerStartException(catalogue.NotFound(image));
        IEnumerable<ServiceAddress> services = request.Services.Select(service => service with { ClusterIP = network.AddressOf(service.ClusterIP) ?? service.ClusterIP });
        ContainerEnvironment environment = ContainerEnvironment.Of(
            request.Pod, container, services, request.EnvironmentContents, NodeValues.Of(options));
        IEnumerable<string> command = container.Command.IsEmpty ? entrypoint : container.Command.Select(environment.Expand);
        ContainerFolder folder = FolderOf(Path.Combine(root, Guid.NewGuid().ToString("n")));
        ValueList<HostPort> published = ports.For(container, request.KeptPorts);
        ProcessSpec spec = new()
        {
            Identity = request.Identity,
            Image = image,
            Command = [.. command, .. container.Args.Select(environment.Expand)],
            Environment = EnvironmentOf(folder, request.Pod, image, environment, published),
            WorkingFolder = container.WorkingDir is { Length: > 0 } working ? working : folder.Path,
            HostPorts = published,
            TerminationMessagePolicy = container.TerminationMessagePolicy,
        };
        try
        {
            await folder.CreateAsync(spec, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new ContainerStartException(exception.Message, exception);
        }

        return folder.Id;
    }

    public Task<string> CreateSandboxAsync(SandboxRequest request, CancellationToken cancellationToken) =>
        throw new ContainerStartException("processes share the host's network: their pods have no sandbox");

    public async Task StartAsync(string id, CancellationToken cancellationToken)
    {
        ContainerFolder folder = Existing(id) ?? throw new ContainerStartException($"no such container: {id}");
        OsProcessStartInfo start = StartInfo("setsid", ["sh", "-c", ContainerFolder.Shell, "container", folder.Path, .. folder.Spec.Command], folder.Spec);
        long begun = time.GetTimestamp();
        try
        {
            using OsProcess? shell = OsProcess.Start(start);
        }
        catch (Win32Exception exception)
        {
            throw new ContainerStartException(exception.Message, exception);
        }

        while (folder.Pid is null)
        {
            if (time.GetElapsedTime(begun) > StartTimeout)
            {
                throw new ContainerStartException($"the process did not start within {StartTimeout.TotalSeconds:0} s");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken);
        }
    }

    public async Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (Existing(id) is not { } folder)
        {
            return;
        }

        long begun = time.GetTimestamp();
        if (grace > TimeSpan.Zero && IsRunning(folder) && folder.Pid is { } pid)
        {
            ProcessGroup.Signal(pid, ProcessGroup.Terminate);
            while (IsRunning(folder) && time.GetElapsedTime(begun) < grace)
            {
                await Task.Delay(Poll, time, cancellationToken);
            }
        }

        KillWhatIsLeft(folder);
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        if (Existing(id) is { } folder)
        {
            KillWhatIsLeft(folder);
            Directory.Delete(folder.Path, recursive: true);
            lock (gate)
            {
                folders.Remove(folder.Path);
            }
        }

        return Task.CompletedTask;
    }

    public async Task<ExecResult> ExecAsync(string id, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        ContainerFolder folder = Existing(id) ?? throw new ContainerStartException($"no such container: {id}");
        OsProcessStartInfo start = StartInfo(command[0], command.Skip(1), folder.Spec);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        OsProcess process;
        try
        {
            process = OsProcess.Start(start) ?? throw new ContainerStartException($"{command[0]} did not start");
        }
        catch (Win32Exception exception)
        {
            throw new ContainerStartException(exception.Message, exception);
        }

        using (process)
        {
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
                Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
                await process.WaitForExitAsync(cancellationToken);
                string text = await output + await error;
                return new ExecResult(process.ExitCode, text[..Math.Min(text.Length, ExecResult.MaxOutputBytes)]);
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
        }
    }

    public Task<CommandOutcome> RunAsync(string id, ExecOptions options, StreamConnection client, CancellationToken cancellationToken)
    {
        ContainerFolder folder = Existing(id) ?? throw new ContainerStartException($"no such container: {id}");
        return new ProcessCommand(folder.Spec, () => IsRunning(folder), time).RunAsync(options, client, cancellationToken);
    }

    /// <summary>Both outputs of a process are in one log, so both are sent as the one that is asked for.</summary>
    public Task AttachAsync(string id, AttachOptions options, StreamConnection client, CancellationToken cancellationToken) => CopyLogsAsync(
        id,
        new LogOptions { Follow = true, TailLines = 0 },
        client[options.Stdout ? StreamChannels.Stdout : StreamChannels.Stderr],
        cancellationToken);

    public Task CopyLogsAsync(string id, LogOptions logs, Stream target, CancellationToken cancellationToken)
    {
        ContainerFolder folder = Existing(id) ?? throw new RuntimeUnavailableException($"no such container: {id}");
        return logs is { Timestamps: false, SinceSeconds: null, SinceTime: null }
            ? new ProcessLog(folder, () => IsRunning(folder), time).CopyAsync(logs, target, cancellationToken)
            : new TimedProcessLog(folder, () => IsRunning(folder), time).CopyAsync(logs, target, cancellationToken);
    }

    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        foreach (ObservedContainer container in await ListAsync(cancellationToken))
        {
            Existing(container.Id)?.RotateLog();
        }
    }

    private void NoteLogTimes()
    {
        foreach (DirectoryInfo directory in new DirectoryInfo(root).EnumerateDirectories())
        {
            try
            {
                FolderOf(directory.FullName).NoteLogTime();
            }
            catch (DirectoryNotFoundException)
            {
                // Removed since it was listed.
                continue;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A full disk, for instance: then lines have the time of a later write.
                log.LogTimesUnwritable(directory.FullName, exception.Message);
            }
        }
    }

    private static bool IsRunning(ContainerFolder folder) =>
        folder.ExitCode is null && folder.Group is { } group && ProcessGroup.IsAlive(group, folder.Id);

    private static ObservedContainer Observe(ContainerFolder folder)
    {
        int? exitCode = folder.ExitCode;
        if (exitCode is null && folder.Group is not null && !IsRunning(folder))
        {
            // The shell was killed with or before its child, or the machine was.
            KillWhatIsLeft(folder);
            exitCode = folder.ExitCode;
        }

        return new ObservedContainer
        {
            Id = folder.Id,
            Identity = folder.Spec.Identity,
            Image = folder.Spec.Image,
            ImageId = $"catalogue://{ImageName.Parse(folder.Spec.Image).FullRepository}",
            Phase = exitCode is not null ? ContainerPhase.Exited : folder.Pid is not null ? ContainerPhase.Running : ContainerPhase.Created,
            StartedAt = folder.TimeOf("pid"),
            FinishedAt = exitCode is null ? null : folder.TimeOf("exit"),
            ExitCode = exitCode ?? 0,
            Message = exitCode is { } ended ? folder.LastWords(ended) : "",
            HostPorts = folder.Spec.HostPorts,
        };
    }

    private static void KillWhatIsLeft(ContainerFolder folder)
    {
        if (folder.Group is not { } group)
        {
            // Either it has never been started, or its shell has just been and has noted nothing yet.
            ProcessGroup.KillAll(folder.Mark);
            return;
        }

        ProcessGroup.KillGroup(group, folder.Mark);
        if (folder.ExitCode is null)
        {
            folder.NoteExit(KilledExitCode);
        }
    }

    private ValueMap<string> EnvironmentOf(
        ContainerFolder folder, Pod pod, string image, ContainerEnvironment given, ValueList<HostPort> published)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal)
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = folder.Path,
            ["HOSTNAME"] = pod.Name,
            ["VERSION"] = ImageName.Parse(image).Reference,
            ["POD_NAME"] = pod.Name,
            ["NODE_NAME"] = options.NodeName,
        };
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } dotnet)
        {
            values["DOTNET_ROOT"] = dotnet;
        }

        foreach ((string name, string value) in given.Values)
        {
            values[name] = value;
        }

        // These win over the pod's own: the port that a container of its own network would listen on is not free here.
        values["HOST"] = options.NodeAddress.ToString();
        values["PORT"] = $"{(published.IsEmpty ? ports.Next() : published[0].Port)}";
        foreach (HostPort port in published)
        {
            values[$"PORT_{port.ContainerPort}"] = $"{port.Port}";
        }

        string[] mark = folder.Mark.Split('=');
        values[mark[0]] = mark[1];
        return values.ToValueMap();
    }

    /// <summary>With a container's environment and working folder.</summary>
    internal static OsProcessStartInfo StartInfo(string file, IEnumerable<string> arguments, ProcessSpec spec)
    {
        OsProcessStartInfo start = new(file, arguments) { WorkingDirectory = spec.WorkingFolder, UseShellExecute = false };
        start.Environment.Clear();
        foreach ((string name, string value) in spec.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private ContainerFolder? Existing(string id)
    {
        string path = Path.Combine(root, Path.GetFileName(id));
        return Directory.Exists(path) ? FolderOf(path) : null;
    }

    private ContainerFolder FolderOf(string path)
    {
        lock (gate)
        {
            if (!folders.TryGetValue(path, out ContainerFolder? folder))
            {
                folders.Add(path, folder = new ContainerFolder(path));
            }

            return folder;
        }
    }
}
