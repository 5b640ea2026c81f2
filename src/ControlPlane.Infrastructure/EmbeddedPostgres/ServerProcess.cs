using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Infrastructure.EmbeddedPostgres;

/// <summary>The server's process and what it writes. <c>setsid</c> and <c>setpriv</c> replace themselves with it, so its id is the child's.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int KeptLines = 20;
    private readonly Process process;
    private readonly ILogger logger;
    private readonly Queue<string> lastLines = new();
    private readonly Lock gate = new();

    public ServerProcess(IReadOnlyList<string> command, ILogger logger)
    {
        this.logger = logger;
        process = Command.Start(command);
        Id = process.Id;
        Completion = FollowAsync();
    }

    public int Id { get; }

    /// <summary>Completes with the exit code.</summary>
    public Task<int> Completion { get; }

    public string LastOutput
    {
        get
        {
            lock (gate)
            {
                return string.Join('\n', lastLines);
            }
        }
    }

    public void Kill()
    {
        if (!Completion.IsCompleted)
        {
            process.Kill();
        }
    }

    public void Dispose() => process.Dispose();

    private async Task<int> FollowAsync()
    {
        Task output = FollowAsync(process.StandardOutput);
        Task errors = FollowAsync(process.StandardError);
        await process.WaitForExitAsync();
        int exitCode = process.ExitCode;
        // Sessions that outlive a killed server for a moment keep its pipes open; they are not waited for.
        await Task.WhenAny(Task.WhenAll(output, errors), Task.Delay(TimeSpan.FromSeconds(1)));
        return exitCode;
    }

    private async Task FollowAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                logger.ServerLine(line);
                lock (gate)
                {
                    lastLines.Enqueue(line);
                    if (lastLines.Count > KeptLines)
                    {
                        lastLines.Dequeue();
                    }
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The process object was disposed while a session still held the pipe: nobody reads its last words.
            return;
        }
    }
}
