using ControlPlane.Domain.Commits;

namespace ControlPlane.Infrastructure.Storage.Commits;

/// <summary>
/// Units that wait, in two lanes: requests go before everything else, yet not for ever. Forms the groups that share a transaction.
/// </summary>
internal sealed class CommitQueue(int waitingMax) : IDisposable
{
    /// <summary>
    /// Groups that may pass over the first unit of the background. With requests that fill every group it still gets each fourth
    /// transaction, and a request waits for one background transaction (about 15 ms) at most in four.
    /// </summary>
    public const int PassedOverMax = 3;

    private readonly Lock gate = new();
    private readonly SemaphoreSlim hasUnits = new(0);
    private LinkedList<PreparedUnit> requests = new();
    private LinkedList<PreparedUnit> background = new();
    private int passedOver;
    private bool isClosed;

    /// <exception cref="StoreUnavailableException">Too many units wait, or the store is being stopped.</exception>
    public void Add(IReadOnlyCollection<PreparedUnit> units)
    {
        lock (gate)
        {
            if (isClosed)
            {
                throw new StoreUnavailableException("The store is being stopped.");
            }

            if (requests.Count + background.Count + units.Count > waitingMax)
            {
                throw new StoreUnavailableException($"More than {waitingMax} commits wait for the database.");
            }

            // A call stays in one lane, for its units keep their order.
            LinkedList<PreparedUnit> lane = units.All(unit => unit.Unit.Priority == CommitPriority.Request) ? requests : background;
            foreach (PreparedUnit unit in units)
            {
                lane.AddLast(unit);
            }
        }

        hasUnits.Release();
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (IsEmpty())
        {
            await hasUnits.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Takes what one transaction commits: requests first, or the background when its first unit was passed over too often. A unit that
    /// writes a row which an earlier one of the group writes waits for the next group, and so do later units of its call. A unit with
    /// more rows than the limit goes alone.
    /// </summary>
    public List<PreparedUnit> TakeGroup(int unitsMax, int rowsMax)
    {
        List<PreparedUnit> group = [];
        HashSet<(string, Domain.Resources.ObjectKey)> rows = [];
        HashSet<CommitCall> waiting = [];
        lock (gate)
        {
            LinkedListNode<PreparedUnit>? first = background.First;
            bool isTurnOfBackground = passedOver >= PassedOverMax;
            TakeFrom(isTurnOfBackground ? background : requests);
            TakeFrom(isTurnOfBackground ? requests : background);
            passedOver = first is not null && first == background.First ? passedOver + 1 : 0;
        }

        return group;

        void TakeFrom(LinkedList<PreparedUnit> lane)
        {
            LinkedListNode<PreparedUnit>? next = lane.First;
            while (next is { } node && group.Count < unitsMax && rows.Count < rowsMax)
            {
                next = node.Next;
                PreparedUnit unit = node.Value;
                bool fits = group.Count == 0 || rows.Count + unit.Rows.Length <= rowsMax;
                if (!fits || waiting.Contains(unit.Call) || unit.Rows.Any(rows.Contains))
                {
                    waiting.Add(unit.Call);
                    continue;
                }

                lane.Remove(node);
                if (!unit.IsGivenUp())
                {
                    group.Add(unit);
                    rows.UnionWith(unit.Rows);
                }
            }
        }
    }

    /// <summary>Takes no more units and returns those that wait.</summary>
    public IReadOnlyCollection<PreparedUnit> Close()
    {
        lock (gate)
        {
            isClosed = true;
            PreparedUnit[] left = [.. requests, .. background];
            requests = new LinkedList<PreparedUnit>();
            background = new LinkedList<PreparedUnit>();
            return left;
        }
    }

    public void Dispose() => hasUnits.Dispose();

    private bool IsEmpty()
    {
        lock (gate)
        {
            return requests.Count + background.Count == 0;
        }
    }
}
