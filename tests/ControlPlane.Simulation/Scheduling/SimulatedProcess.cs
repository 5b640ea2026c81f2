namespace ControlPlane.Simulation.Scheduling;

/// <summary>
/// A process of the simulated system: whatever it awaits continues in it, until it is killed: then nothing of it runs again, no <c>finally</c> either,
/// as after SIGKILL. A paused one goes on later, as after a stop of the whole machine.
/// </summary>
internal sealed class SimulatedProcess : SynchronizationContext
{
    private readonly Scheduler scheduler;
    private readonly Action<string> onCrash;
    private readonly List<(SendOrPostCallback Callback, object? State)> held = [];
    private bool isPaused;

    /// <param name="name">As the trace says it.</param>
    /// <param name="scheduler">What runs it.</param>
    /// <param name="onCrash">Is told of an exception that nothing in the process caught.</param>
    public SimulatedProcess(string name, Scheduler scheduler, Action<string> onCrash)
    {
        Name = name;
        this.scheduler = scheduler;
        this.onCrash = onCrash;
        Time = new ProcessTime(this, scheduler);
    }

    public string Name { get; }

    public ProcessTime Time { get; }

    public bool IsDead { get; private set; }

    /// <summary>Completes when the process is killed: connections to it break.</summary>
    public event Action? Killed;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!IsDead)
        {
            scheduler.Enqueue(this, d, state);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing blocks in a simulation");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs one step, unless the process is dead or has to wait.</summary>
    public void Run(SendOrPostCallback callback, object? state)
    {
        if (IsDead)
        {
            return;
        }

        if (isPaused)
        {
            held.Add((callback, state));
            return;
        }

        SetSynchronizationContext(this);
        callback(state);
    }

    /// <summary>Begins something in this process.</summary>
    public void Start(Func<Task> body) => Post(_ => RunToEnd(body), null);

    public void Kill()
    {
        IsDead = true;
        held.Clear();
        Killed?.Invoke();
    }

    public void Pause() => isPaused = true;

    public void Resume()
    {
        isPaused = false;
        foreach ((SendOrPostCallback callback, object? state) in held)
        {
            scheduler.Enqueue(this, callback, state);
        }

        held.Clear();
    }

    private async void RunToEnd(Func<Task> body)
    {
        try
        {
            await body();
        }
        catch (Exception exception)
        {
            onCrash($"{Name} let an exception through: {exception}");
        }
    }
}
