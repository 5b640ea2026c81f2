using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>
/// One pod behind one port, over all tables that list it: how much is in flight to it, and whether anything new may go there. Whether it is open and what enters it are
/// decided under one lock, so that once it is closed its count only falls.
/// </summary>
internal sealed class Endpoint(RouteEndpoint route, PodTraffic traffic, TimeProvider time, Action drained)
{
    /// <summary>
    /// So many faults in a row are as good as a failed connect (Envoy's <c>consecutive_gateway_failure</c> has the same). What fails fast has little in flight, and would draw most requests.
    /// </summary>
    public const int FaultsMax = 5;

    /// <summary>How long an endpoint that could not be connected to is left out, while others can be.</summary>
    public static readonly TimeSpan LeftOutFor = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private bool isOpen;
    private int inFlight;
    private long failedAt;
    private bool hasFailed;
    private long? toldAt;
    private TimeSpan toldFor;
    private int faults;
    private volatile WarmUp? warmUp;

    /// <summary>As the newest table has it.</summary>
    public RouteEndpoint Route { get; set => Volatile.Write(ref field, value); } = route;

    /// <summary>What is told of the pod.</summary>
    public PodTraffic Traffic => traffic;

    /// <summary>Requests and connections that have not ended.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>What keeps it from being drained: what is in flight, and one more while a client that was told of it may still come (<see cref="TryTell"/>).</summary>
    public int Pending
    {
        get
        {
            lock (gate)
            {
                return inFlight + (!isOpen && Expected() > TimeSpan.Zero ? 1 : 0);
            }
        }
    }

    /// <summary>How long a client may still come that was told of it before it closed; zero where none may.</summary>
    public TimeSpan ExpectedFor
    {
        get
        {
            lock (gate)
            {
                return isOpen ? TimeSpan.Zero : Expected();
            }
        }
    }

    /// <summary>True for some seconds after it could not be connected to, or failed as often as that takes.</summary>
    public bool IsLeftOut => Volatile.Read(ref hasFailed) && time.GetElapsedTime(Volatile.Read(ref failedAt)) < LeftOutFor;

    /// <summary>What it can take beside one that is warm: 1, less in its slow start.</summary>
    public double Capacity => warmUp is { } now ? SlowStart.CapacityAfter(time.GetElapsedTime(now.From), now.Window) : 1;

    /// <summary>What it has collected of a turn in its slow start, in requests. Guarded by <see cref="LeastRequests"/>.</summary>
    public double Credit { get; set; }

    /// <summary>What a table says of its slow start.</summary>
    /// <param name="window">How long it is; zero for none.</param>
    /// <param name="begins">Whether it has become ready with this table.</param>
    public void WarmUpFor(TimeSpan window, bool begins)
    {
        if (window == TimeSpan.Zero)
        {
            warmUp = null;
        }
        else if (begins)
        {
            warmUp = new WarmUp(time.GetTimestamp(), window);
        }
        else if (warmUp is { } known)
        {
            warmUp = known with { Window = window };
        }
    }

    /// <summary>Whether new requests may enter.</summary>
    public bool IsOpen
    {
        get
        {
            lock (gate)
            {
                return isOpen;
            }
        }
    }

    /// <summary>Says whether new requests may enter.</summary>
    public void Open(bool open)
    {
        lock (gate)
        {
            isOpen = open;
        }
    }

    /// <summary>
    /// A client is told where it is, and may come for so long from now on: until then it is let in, even if it closes meanwhile. False when it is closed already. As this is decided under one lock
    /// with closing, whoever was told has been told before, and once nobody is expected any more what is in flight only falls.
    /// </summary>
    public bool TryTell(TimeSpan mayComeFor)
    {
        lock (gate)
        {
            if (isOpen)
            {
                (toldAt, toldFor) = (time.GetTimestamp(), mayComeFor);
            }

            return isOpen;
        }
    }

    /// <summary>Counts one more in flight; false when nothing new may go there. Whoever got true calls <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        lock (gate)
        {
            bool isLetIn = isOpen || Expected() > TimeSpan.Zero;
            if (isLetIn)
            {
                inFlight++;
                traffic.Entered();
            }

            return isLetIn;
        }
    }

    /// <summary>One has ended.</summary>
    public void Leave()
    {
        bool isDrained;
        lock (gate)
        {
            inFlight--;
            isDrained = inFlight == 0 && !(isOpen && Route.Ready) && (isOpen || Expected() == TimeSpan.Zero);
        }

        traffic.Left();
        if (isDrained)
        {
            drained();
        }
    }

    /// <summary>It could not be connected to.</summary>
    public void Failed()
    {
        Volatile.Write(ref failedAt, time.GetTimestamp());
        Volatile.Write(ref hasFailed, true);
    }

    /// <summary>A request has been answered, or ended without an answer. After <see cref="FaultsMax"/> faults in a row each further one leaves it out again, the first of its next turn too.</summary>
    /// <param name="isFault">It sent no answer, or one that says that it cannot serve now.</param>
    public void Answered(bool isFault)
    {
        if (!isFault)
        {
            Volatile.Write(ref faults, 0);
        }
        else if (Interlocked.Increment(ref faults) >= FaultsMax)
        {
            Failed();
        }
    }

    private TimeSpan Expected()
    {
        TimeSpan left = toldAt is { } at ? toldFor - time.GetElapsedTime(at) : TimeSpan.Zero;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private sealed record WarmUp(long From, TimeSpan Window);
}
