namespace ControlPlane.Gateway.Traffic;

/// <summary>
/// Which of several endpoints gets a request: the one with the least in flight, equals at random, those that cannot be connected to last. One in its slow start is spared: what it gets grows with
/// its <see cref="Endpoint.Capacity"/>, by requests while little is in flight and by what is in flight otherwise.
/// </summary>
/// <remarks>
/// Capacities are relative to the warmest endpoint's, so that pods which all start at once are alike. One that is not the warmest collects its part of each request, and is due when that makes a whole
/// one: with 4 warm ones and one at a half each request gives 0.5 / 4.5, and every ninth is its. Before it is due it is chosen only when its load, what is in flight and the new one divided by its
/// capacity, is less than any other's: with 20 in flight to each warm one, a tenth of capacity takes no third request, for (2 + 1) / 0.1 = 30. So one that hangs loses its requests to those that
/// start, too. Due or not, it is never chosen with more in flight than a warm one.
/// </remarks>
internal sealed class LeastRequests(Func<int, int> random)
{
    /// <summary>What one that was chosen before it was due can owe: whole requests.</summary>
    private const double DebtMax = 1;

    private readonly Lock gate = new();

    /// <summary>Null when there is none that was not tried yet.</summary>
    /// <param name="open">Those to choose from.</param>
    /// <param name="tried">Those that could not be connected to for this very request.</param>
    /// <param name="mayWarmUp">Whether endpoints of this Service may be in their slow start.</param>
    public Endpoint? Pick(Endpoint[] open, IReadOnlyList<Endpoint> tried, bool mayWarmUp) =>
        mayWarmUp && open.Length > 1 && CapacitiesOf(open) is { } capacities ? PickWarming(open, capacities, tried) : PickAmongEquals(open, tried);

    /// <summary>Begins at a random one, so that equals take turns.</summary>
    private Endpoint? PickAmongEquals(Endpoint[] open, IReadOnlyList<Endpoint> tried)
    {
        Endpoint? best = null;
        (bool IsLeftOut, int InFlight) least = default;
        int first = open.Length > 1 ? random(open.Length) : 0;
        for (int i = 0; i < open.Length; i++)
        {
            Endpoint endpoint = open[(first + i) % open.Length];
            if (tried.Count > 0 && tried.Contains(endpoint))
            {
                continue;
            }

            (bool IsLeftOut, int InFlight) load = (endpoint.IsLeftOut, endpoint.InFlight);
            if (best is null || load.CompareTo(least) < 0)
            {
                (best, least) = (endpoint, load);
            }
        }

        return best;
    }

    /// <summary>Null when all can take the same, which costs no memory: so it is for most of a Service's life.</summary>
    private static double[]? CapacitiesOf(Endpoint[] open)
    {
        double first = open[0].Capacity;
        foreach (Endpoint endpoint in open)
        {
            if (endpoint.Capacity != first)
            {
                return Array.ConvertAll(open, one => one.Capacity);
            }
        }

        return null;
    }

    private Endpoint? PickWarming(Endpoint[] open, double[] capacities, IReadOnlyList<Endpoint> tried)
    {
        bool[] takesPart = Array.ConvertAll(open, endpoint => !endpoint.IsLeftOut && !tried.Contains(endpoint));
        double all = 0;
        double most = 0;
        for (int i = 0; i < open.Length; i++)
        {
            all += takesPart[i] ? capacities[i] : 0;
            most = takesPart[i] ? Math.Max(most, capacities[i]) : most;
        }

        if (all == 0)
        {
            return PickAmongEquals(open, tried);
        }

        lock (gate)
        {
            int best = -1;
            (double Load, bool IsNotDue) least = default;
            int first = random(open.Length);
            for (int step = 0; step < open.Length; step++)
            {
                int i = (first + step) % open.Length;
                if (!takesPart[i])
                {
                    continue;
                }

                (double Load, bool IsNotDue) load = LoadOf(open[i], capacities[i], all, most);
                if (best < 0 || load.CompareTo(least) < 0)
                {
                    (best, least) = (i, load);
                }
            }

            if (capacities[best] < most)
            {
                open[best].Credit = Math.Max(open[best].Credit - 1, -DebtMax);
            }

            return open[best];
        }
    }

    /// <summary>Gives one its part of this request, and says how it compares. A turn that is not taken is kept, but not a second one.</summary>
    private static (double Load, bool IsNotDue) LoadOf(Endpoint endpoint, double capacity, double all, double most)
    {
        if (capacity >= most)
        {
            return (endpoint.InFlight, true);
        }

        endpoint.Credit = Math.Min(endpoint.Credit, 1) + capacity / all;
        return endpoint.Credit >= 1 ? (endpoint.InFlight, false) : ((endpoint.InFlight + 1) * most / capacity, true);
    }
}
