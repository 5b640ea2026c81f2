namespace ControlPlane.Agent.Pods;

/// <summary>
/// An image that is pulled, and asked about, while the containers before its own run. When its turn comes, a pull that is under way is waited for, one that has not begun is left to the container,
/// and one that failed counts as not tried.
/// </summary>
internal sealed class ImageAhead
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int CalledOff = 2;

    /// <summary>Neither linked nor with a timer, so that there is nothing to dispose of.</summary>
    private readonly CancellationTokenSource cancel;
    private Task<TimeSpan?> pull = Task.FromResult<TimeSpan?>(null);
    private int state = Waiting;

    private ImageAhead(CancellationTokenSource cancel) => this.cancel = cancel;

    public bool HasEnded => pull.IsCompleted;

    public bool HasBegun => Volatile.Read(ref state) == Begun;

    /// <summary>True while it is pulled or asked about.</summary>
    public bool IsUnderWay => HasBegun && !pull.IsCompleted;

    /// <summary>Begins.</summary>
    /// <param name="get">Has the image, once <see cref="TryBegin"/> says so; returns how long the pull took, null where nothing was pulled. Throws nothing.</param>
    public static ImageAhead Begin(Func<ImageAhead, CancellationToken, Task<TimeSpan?>> get)
    {
        ImageAhead ahead = new(new CancellationTokenSource());
        ahead.pull = get(ahead, ahead.cancel.Token);
        return ahead;
    }

    /// <summary>Whether it is to be pulled still: false once its container's turn has come.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref state, Begun, Waiting) == Waiting;

    /// <summary>Its container's turn has come: how long the pull took; null when the container is to pull for itself.</summary>
    /// <param name="cancellationToken">The start is given up; the pull goes on.</param>
    public async Task<TimeSpan?> TakeAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref state, CalledOff, Waiting) == Waiting)
        {
            cancel.Cancel();
        }

        return await pull.WaitAsync(cancellationToken);
    }

    /// <summary>Nobody wants it any more.</summary>
    public void Cancel() => cancel.Cancel();

    public async Task EndAsync()
    {
        cancel.Cancel();
        await pull;
    }
}
