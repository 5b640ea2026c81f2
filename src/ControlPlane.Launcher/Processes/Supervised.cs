using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Launcher.Output;

namespace ControlPlane.Launcher.Processes;

/// <summary>How long to wait before a service that died is started again.</summary>
/// <param name="KilledDelay">After SIGKILL; null: as after any other end.</param>
internal sealed record RestartPolicy(TimeSpan? KilledDelay = null)
{
    private const int KilledExitCode = 128 + Signals.Kill;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(30);

    /// <summary>Who lived this long is taken for sound again.</summary>
    private static readonly TimeSpan SoundAfter = TimeSpan.FromSeconds(60);

    /// <summary>0.5 s, 1 s, 2 s, … up to 30 s for deaths that follow one another.</summary>
    /// <param name="exitCode">How it ended.</param>
    /// <param name="deaths">Deaths in a row, this one included.</param>
    public TimeSpan DelayAfter(int exitCode, int deaths)
    {
        if (exitCode == KilledExitCode && KilledDelay is { } delay)
        {
            return delay;
        }

        TimeSpan doubled = FirstDelay * Math.Pow(2, Math.Min(deaths - 1, 10));
        return doubled < DelayMax ? doubled : DelayMax;
    }

    public static int DeathsInARow(int before, TimeSpan lived) => lived >= SoundAfter ? 1 : before + 1;
}

/// <summary>Keeps a service running: one that ends is started again, with backoff and a line on the terminal.</summary>
internal sealed class Supervised : IAsyncDisposable
{
    private readonly string name;
    private readonly Func<CancellationToken, Task<IService>> start;
    private readonly RestartPolicy policy;
    private readonly Terminal terminal;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopping = new();
    private IService life;
    private int deaths;

    private Supervised(
        string name, Func<CancellationToken, Task<IService>> start, RestartPolicy policy, IService life, Terminal terminal, TimeProvider time)
    {
        this.name = name;
        this.start = start;
        this.policy = policy;
        this.life = life;
        this.terminal = terminal;
        this.time = time;
        Running = KeepAliveAsync();
    }

    /// <summary>Ends when the service is being stopped; fails only when supervising itself failed.</summary>
    public Task Running { get; }

    /// <summary>How often it died in a row.</summary>
    public int Deaths => Volatile.Read(ref deaths);

    /// <summary>Starts it for the first time; a failure to do so is the caller's.</summary>
    public static async Task<Supervised> StartAsync(
        string name,
        Func<CancellationToken, Task<IService>> start,
        RestartPolicy policy,
        Terminal terminal,
        TimeProvider time,
        CancellationToken cancellationToken) =>
        new(name, start, policy, await start(cancellationToken), terminal, time);

    /// <summary>Stops the service, and supervising it.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        await stopping.CancelAsync();
        try
        {
            await Running;
        }
        finally
        {
            if (!life.Completion.IsCompleted)
            {
                await life.StopAsync(hurry);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        stopping.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task KeepAliveAsync()
    {
        CancellationToken stop = stopping.Token;
        try
        {
            while (true)
            {
                long startedAt = time.GetTimestamp();
                int exitCode = await life.Completion.WaitAsync(stop);
                deaths = RestartPolicy.DeathsInARow(deaths, time.GetElapsedTime(startedAt));
                await StartAgainAsync(exitCode, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task StartAgainAsync(int exitCode, CancellationToken stop)
    {
        string what = exitCode > 128 ? $"{name} was ended by signal {exitCode - 128}" : $"{name} ended with {exitCode}";
        while (true)
        {
            TimeSpan delay = policy.DelayAfter(exitCode, deaths);
            terminal.Warn($"{what}; starting it again in {delay.TotalSeconds:0.#} s");
            await Task.Delay(delay, time, stop);
            try
            {
                life = await start(stop);
                return;
            }
            catch (Exception failure) when (failure is LauncherException or EmbeddedPostgresException or IOException)
            {
                what = $"{name} did not start: {failure.Message}";
                exitCode = 1;
                deaths++;
            }
        }
    }
}
