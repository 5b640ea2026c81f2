using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Using;

/// <summary>
/// What a seed has that not every seed has. Drawn from a source of its own, so that a seed without any of it takes the course that it would take if none of it existed; and each kind is absent
/// from most seeds, for it would hide others and make every seed longer.
/// </summary>
internal sealed class Mixture
{
    private const ulong TagsSalt = 0x7461_6773;
    private const ulong JudgingSalt = 0x6a75_6467;

    /// <summary>Such that no seed that once failed has probes: each of them takes the course that it took.</summary>
    private const ulong ProbingSalt = 0x7072_6f9e;

    private readonly Dice dice;
    private readonly HashSet<string> optedOut = new(StringComparer.Ordinal);

    public Mixture(ulong seed)
    {
        MovesTags = new Dice(seed ^ TagsSalt).Chance(0.2);
        Judging = new Dice(seed ^ JudgingSalt);
        JudgesReleases = Judging.Chance(0.2);
        Probing = new Dice(seed ^ ProbingSalt);
        bool mayProbe = Probing.Chance(0.2);
        dice = new Dice(~seed);
        DeletesNodes = dice.Chance(0.3);
        HasBadVersions = dice.Chance(0.15);
        if (HasBadVersions)
        {
            optedOut.UnionWith(Users.Names.Where(_ => dice.Chance(0.25)));
        }

        // What fails by itself beside versions that do not work is no sign of either.
        HasProbes = mayProbe && !HasBadVersions;
    }

    /// <summary>True when users delete Nodes.</summary>
    public bool DeletesNodes { get; }

    /// <summary>True when users release versions that do not work.</summary>
    public bool HasBadVersions { get; }

    /// <summary>True when images have digests, and tags come to stand for others.</summary>
    public bool MovesTags { get; }

    /// <summary>True when policies have steps of every kind, gateways divide requests by what they are told, and some versions fail half of them.</summary>
    public bool JudgesReleases { get; }

    /// <summary>What those policies, requests and versions are drawn from.</summary>
    public Dice Judging { get; }

    /// <summary>True when containers have probes, and some of these fail.</summary>
    public bool HasProbes { get; }

    /// <summary>What befalls those containers is drawn from this.</summary>
    public Dice Probing { get; }

    /// <summary>Whether the Deployment of a name is not to be rolled back when it fails.</summary>
    public bool IsOptedOut(string name) => optedOut.Contains(name);

    public string NewUid() => dice.NewGuid().ToString();
}
