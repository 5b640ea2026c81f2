using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Networking;

/// <summary>
/// How likely each kind of fault is. Each seed draws its own mixture, with some kinds absent, for faults that always come together hide each
/// other. All of them end when the simulation heals.
/// </summary>
internal sealed class FaultRates
{
    private readonly Dice dice;

    public FaultRates(Dice dice)
    {
        this.dice = dice;
        LostMessages = Draw(0.10);
        RepeatedMessages = Draw(0.30);
        LateMessages = Draw(0.15);
        FailedCommits = Draw(0.15);
        UnknownCommits = Draw(0.25);
        HungLeaders = Draw(0.15);
        LaggingCache = Draw(0.20);
        AgentCrashes = Draw(1);
        Reboots = Draw(0.5);
        Partitions = Draw(1);
        ReplicaCrashes = Draw(1);
        ReplicaPauses = Draw(1);
        DatabaseOutages = Draw(0.7);
        RuntimeOutages = Draw(0.7);
        ClockJumps = Draw(0.5);
        GatewayCrashes = Draw(0.7);
        Restores = dice.Chance(0.15) ? 1 : 0;
    }

    /// <summary>False before the faults begin and once they have ended.</summary>
    public bool AreOn { get; set; }

    /// <summary>Of a hundred messages, how many are lost: either way, with or without having been acted on.</summary>
    public double LostMessages { get; }

    public double RepeatedMessages { get; }

    /// <summary>Late by up to 3 s, and so overtaken by others.</summary>
    public double LateMessages { get; }

    /// <summary>Commits that do not reach the database.</summary>
    public double FailedCommits { get; }

    /// <summary>Commits whose answer is lost; some of them are carried out only later.</summary>
    public double UnknownCommits { get; }

    /// <summary>Commits of a leader that stops with them on their way, and are carried out only when another may lead.</summary>
    public double HungLeaders { get; }

    /// <summary>Changes that reach a replica's cache up to 3 s late.</summary>
    public double LaggingCache { get; }

    // The weights of the larger faults, of which one comes every few seconds.
    public double AgentCrashes { get; }

    public double Reboots { get; }

    public double Partitions { get; }

    public double ReplicaCrashes { get; }

    public double ReplicaPauses { get; }

    public double DatabaseOutages { get; }

    public double RuntimeOutages { get; }

    public double ClockJumps { get; }

    public double GatewayCrashes { get; }

    /// <summary>The database is lost once and restored from an older backup.</summary>
    public double Restores { get; }

    public bool Strikes(double rate) => AreOn && dice.Chance(rate);

    private double Draw(double most) => dice.Chance(0.6) ? dice.NextDouble() * most : 0;
}
