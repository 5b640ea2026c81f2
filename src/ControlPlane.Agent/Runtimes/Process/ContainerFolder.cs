using System.Globalization;
using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>What a container of the process runtime is made of.</summary>
internal sealed record ProcessSpec
{
    public required ContainerIdentity Identity { get; init; }

    public required string Image { get; init; }

    public required ValueList<string> Command { get; init; }

    public required ValueMap<string> Environment { get; init; }

    public required string WorkingFolder { get; init; }

    public ValueList<HostPort> HostPorts { get; init; }

    public string? TerminationMessagePolicy { get; init; }
}

/// <summary>
/// A container's folder. <c>spec.json</c> is written by the agent; <c>group</c> (the number of the process group), <c>pid</c>, <c>log</c> and
/// <c>exit</c> by the container's shell, so that none of them is lost when the agent dies.
/// </summary>
internal sealed class ContainerFolder(string path)
{
    public const int LogBytesMax = 10 * 1024 * 1024;

    /// <summary>A log of very many very short lines is full when its times are.</summary>
    private const int TimesBytesMax = 2 * 1024 * 1024;
    private const int LogFiles = 3;

    /// <summary>
    /// Runs the command ("$@", after the folder) as a child, notes its exit code, then ends what is left of the group. The traps keep the shell
    /// itself alive until it has noted that code, and it holds nothing of the agent's open; a <c>wait</c> that a signal cut short is waited again.
    /// </summary>
    public const string Shell = """
        d=$1; shift
        exec </dev/null >/dev/null 2>&1
        trap : TERM INT HUP
        echo $$ >"$d/group"
        "$@" >>"$d/log" 2>&1 </dev/null &
        c=$!
        echo $c >"$d/pid.new"; mv "$d/pid.new" "$d/pid"
        wait $c; e=$?
        while kill -0 $c 2>/dev/null; do wait $c; e=$?; done
        echo $e >"$d/exit.new"; mv "$d/exit.new" "$d/exit"
        kill -KILL 0
        """;

    private readonly Lock logGate = new();
    private ProcessSpec? spec;
    private long? timedUpTo;
    private string? lastWords;

    public string Id { get; } = System.IO.Path.GetFileName(path);

    public string Path { get; } = path;

    public string LogPath => File("log");

    /// <summary>In the environment of every process of the container.</summary>
    public string Mark => $"CONTROLPLANE_CONTAINER={Id}";

    /// <summary>The log's files that exist, the oldest first.</summary>
    public IEnumerable<string> LogPaths =>
        Enumerable.Range(0, LogFiles).Reverse().Select(i => i == 0 ? LogPath : $"{LogPath}.{i}").Where(System.IO.File.Exists);

    /// <exception cref="JsonException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ProcessSpec Spec => spec ??= ResourceJson.Deserialize<ProcessSpec>(System.IO.File.ReadAllText(File("spec.json")));

    public int? Group => ReadNumber("group");

    public int? Pid => ReadNumber("pid");

    public int? ExitCode => ReadNumber("exit");

    public async Task CreateAsync(ProcessSpec made, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path);
        FileStreamOptions open = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            // Values of Secrets are in its variables.
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (FileStream file = new(File("spec.json"), open))
        {
            await JsonSerializer.SerializeAsync(file, made, ResourceJson.Options, cancellationToken);
        }

        spec = made;
    }

    /// <summary>Notes an exit code for a container whose shell did not live to do so.</summary>
    public void NoteExit(int exitCode) => System.IO.File.WriteAllText(File("exit"), exitCode.ToString(CultureInfo.InvariantCulture));

    /// <summary>What the container left to be said of its end: a process has no file for that, but the end of its log.</summary>
    public string LastWords(int exitCode) => lastWords ??= TerminationMessage.FallsBack(Spec.TerminationMessagePolicy, exitCode) && System.IO.File.Exists(LogPath)
        ? TerminationMessage.LinesOf(TerminationMessage.EndOf(LogPath, TerminationMessage.LogBytesMax))
        : "";

    public DateTimeOffset? TimeOf(string file)
    {
        FileInfo info = new(File(file));
        return info.Exists ? new DateTimeOffset(info.LastWriteTimeUtc.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero) : null;
    }

    /// <summary>Notes when what the log has gained since the last note was written: at the time of its last write, for one note covers a moment.</summary>
    public void NoteLogTime()
    {
        lock (logGate)
        {
            FileInfo log = new(LogPath);
            timedUpTo ??= LogTimes.UpTo(LogPath);
            if (log.Exists && log.Length > timedUpTo)
            {
                LogTimes.Note(LogPath, log.Length, log.LastWriteTimeUtc);
                timedUpTo = log.Length;
            }
        }
    }

    /// <summary>Moves a full log away. The writer appends, so it goes on at the start of the emptied file; lines written within the copy may be lost.</summary>
    public void RotateLog()
    {
        lock (logGate)
        {
            if (!IsFull(LogPath, LogBytesMax) && !IsFull(LogTimes.PathOf(LogPath), TimesBytesMax))
            {
                return;
            }

            NoteLogTime();
            for (int i = LogFiles - 1; i > 1; i--)
            {
                MoveIfThere($"{LogPath}.{i - 1}", $"{LogPath}.{i}");
                MoveIfThere(LogTimes.PathOf($"{LogPath}.{i - 1}"), LogTimes.PathOf($"{LogPath}.{i}"));
            }

            System.IO.File.Copy(LogPath, $"{LogPath}.1", overwrite: true);
            MoveIfThere(LogTimes.PathOf(LogPath), LogTimes.PathOf($"{LogPath}.1"));
            timedUpTo = 0;
            using FileStream emptied = new(LogPath, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite);
        }
    }

    private static bool IsFull(string file, long bytesMax) => new FileInfo(file) is { Exists: true } info && info.Length >= bytesMax;

    private static void MoveIfThere(string from, string to)
    {
        if (System.IO.File.Exists(from))
        {
            System.IO.File.Move(from, to, overwrite: true);
        }
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);

    private int? ReadNumber(string name)
    {
        string file = File(name);
        return System.IO.File.Exists(file)
            && int.TryParse(System.IO.File.ReadAllText(file).Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                ? number
                : null;
    }
}
