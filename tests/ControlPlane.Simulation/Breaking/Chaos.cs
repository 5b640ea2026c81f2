using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Nodes;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Breaking;

/// <summary>The larger faults: one every few seconds, of the kinds that the seed has drawn.</summary>
internal sealed class Chaos
{
    private readonly Simulation simulation;
    private readonly Scheduler scheduler;
    private readonly Dice dice;
    private readonly List<(double Weight, Action Strike)> kinds;
    private DatabaseState? backup;
    private bool hasRestored;

    public Chaos(Simulation simulation)
    {
        this.simulation = simulation;
        scheduler = simulation.Scheduler;
        dice = simulation.Dice.Fork();
        FaultRates rates = simulation.Faults;
        kinds =
        [
            (rates.AgentCrashes, CrashAgent),
            (rates.Reboots, Reboot),
            (rates.Partitions, Partition),
            (rates.ReplicaCrashes, CrashReplica),
            (rates.ReplicaPauses, PauseReplica),
            (rates.DatabaseOutages, StopDatabase),
            (rates.RuntimeOutages, StopEngine),
            (rates.ClockJumps, SetClock),
            (rates.Restores, RestoreDatabase),
            (rates.GatewayCrashes, CrashGateway),
        ];
    }

    public void Begin()
    {
        backup = simulation.Database.Backup();
        Next();
    }

    /// <summary>Ends what is under way. What had been put on its way to come back later comes back now.</summary>
    public void HealAll()
    {
        simulation.Database.IsDown = false;
        foreach (Machine machine in simulation.Machines)
        {
            machine.IsPartitioned = false;
            machine.Engine.IsDown = false;
            machine.StartAgent();
            machine.StartGateway();
            if (simulation.Mixture.HasBadVersions)
            {
                // Their minReadySeconds count from the node's clock: one that is 90 s ahead would hold each step of a rollout up for as long.
                machine.SetClock(TimeSpan.Zero);
            }
        }

        for (int replica = 0; replica < 2; replica++)
        {
            simulation.ProcessOf(replica).Resume();
        }
    }

    private void Next() => scheduler.After(dice.Milliseconds(300, 4_000), () =>
    {
        if (!simulation.Faults.AreOn)
        {
            return;
        }

        double total = kinds.Sum(kind => kind.Weight);
        double drawn = dice.NextDouble() * total;
        foreach ((double weight, Action strike) in kinds)
        {
            if (drawn < weight)
            {
                strike();
                break;
            }

            drawn -= weight;
        }

        Next();
    });

    private void CrashAgent()
    {
        Machine machine = dice.Of(simulation.Machines);
        Say($"the agent of {machine.Name} is killed");
        machine.KillAgent();
        scheduler.After(dice.Milliseconds(1_000, 8_000), machine.StartAgent);
    }

    private void CrashGateway()
    {
        Machine machine = dice.Of(simulation.Machines);
        Say($"the gateway of {machine.Name} is killed");
        machine.KillGateway();
        scheduler.After(dice.Milliseconds(200, 20_000), machine.StartGateway);
    }

    private void Reboot()
    {
        Machine machine = dice.Of(simulation.Machines);
        Say($"{machine.Name} reboots");
        machine.KillAgent();
        machine.KillGateway();
        machine.Engine.PowerOff();
        scheduler.After(dice.Milliseconds(3_000, 30_000), () =>
        {
            machine.StartAgent();
            machine.StartGateway();
        });
    }

    private void Partition()
    {
        Machine machine = dice.Of(simulation.Machines);
        Say($"{machine.Name} is cut off");
        machine.IsPartitioned = true;
        scheduler.After(dice.Milliseconds(2_000, 40_000), () => machine.IsPartitioned = false);
    }

    private void CrashReplica()
    {
        int replica = dice.Below(2);
        Say($"{simulation.ProcessOf(replica).Name} is killed");
        simulation.KillReplica(replica);
        scheduler.After(dice.Milliseconds(500, 15_000), () => simulation.StartReplica(replica));
    }

    /// <summary>Long enough for another to lead meanwhile.</summary>
    private void PauseReplica()
    {
        SimulatedProcess process = simulation.ProcessOf(dice.Below(2));
        Say($"{process.Name} is paused");
        process.Pause();
        scheduler.After(dice.Milliseconds(500, 25_000), process.Resume);
    }

    private void StopDatabase()
    {
        Say("the database is away");
        simulation.Database.IsDown = true;
        scheduler.After(dice.Milliseconds(200, 15_000), () => simulation.Database.IsDown = false);
    }

    private void StopEngine()
    {
        SimulatedEngine engine = dice.Of(simulation.Machines).Engine;
        Say($"the engine of {engine.Node} is away");
        engine.IsDown = true;
        scheduler.After(dice.Milliseconds(500, 12_000), () => engine.IsDown = false);
    }

    private void SetClock()
    {
        TimeSpan offset = dice.Milliseconds(-60_000, 120_000);
        if (dice.Chance(0.5))
        {
            Machine machine = dice.Of(simulation.Machines);
            Say($"the clock of {machine.Name} jumps to {offset.TotalSeconds:0.0} s");
            machine.SetClock(offset);
        }
        else
        {
            SimulatedProcess process = simulation.ProcessOf(dice.Below(2));
            Say($"the clock of {process.Name} jumps to {offset.TotalSeconds:0.0} s");
            process.Time.Offset = offset;
            simulation.ReplicasDisagree = true;
        }
    }

    private void RestoreDatabase()
    {
        if (!hasRestored)
        {
            hasRestored = true;
            Say("the database is lost; an older one takes its place");
            simulation.Restore(backup!);
        }
    }

    private void Say(string fault) => simulation.Trace.Say($"fault: {fault}");
}
