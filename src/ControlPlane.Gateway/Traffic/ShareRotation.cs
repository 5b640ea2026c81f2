using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway.Traffic;

/// <summary>
/// Whose turn it is among a Service's shares: nginx's smooth weighted round robin. Each share that takes part gains its weight, the one with the most goes and pays the weights of all that took
/// part. Worked through for 667 and 333: gains 667 and 333, the first goes and keeps −333; then 334 and 666, the second goes; then 1001 and −1, the first. So any 1,000 in a row are
/// divided exactly, and the same shares come evenly.
/// </summary>
internal sealed class ShareRotation
{
    private readonly TrafficShare[] shares;

    private readonly Account account;

    /// <param name="shares">What is divided.</param>
    /// <param name="before">
    /// The rotation that this one goes on from, where the ReplicaSets are the same: a new weight does not take away what one has saved up. They have one account from then on, for requests take turns by the one before until
    /// every port has the new one; of a copy those turns would be given a second time, with every table.
    /// </param>
    public ShareRotation(ValueList<TrafficShare> shares, ShareRotation? before)
    {
        this.shares = [.. shares];
        bool goesOn = before is not null && before.shares.Select(share => share.ReplicaSet).SequenceEqual(this.shares.Select(share => share.ReplicaSet), StringComparer.Ordinal);
        account = goesOn ? before!.account : new Account(this.shares.Length);
    }

    public IReadOnlyList<TrafficShare> Shares => shares;

    /// <summary>Which share is next among those that can take a request; −1 when none can, or only ones of weight 0.</summary>
    /// <param name="canTake">For each share, whether it takes part.</param>
    public int Next(ReadOnlySpan<bool> canTake)
    {
        lock (account.Gate)
        {
            int[] credits = account.Credits;
            int total = 0;
            int next = -1;
            for (int i = 0; i < shares.Length; i++)
            {
                if (!canTake[i] || shares[i].PerMille <= 0)
                {
                    continue;
                }

                total += shares[i].PerMille;
                credits[i] += shares[i].PerMille;
                if (next < 0 || credits[i] > credits[next])
                {
                    next = i;
                }
            }

            if (next >= 0)
            {
                credits[next] -= total;
            }

            return next;
        }
    }

    /// <summary>What each share has saved up.</summary>
    private sealed class Account(int shares)
    {
        public Lock Gate { get; } = new();

        /// <summary>Guarded by <see cref="Gate"/>.</summary>
        public int[] Credits { get; } = new int[shares];
    }
}
