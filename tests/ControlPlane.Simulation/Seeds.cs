using System.Collections.Concurrent;
using ControlPlane.Simulation.Planting;

namespace ControlPlane.Simulation;

/// <summary>Many seeds, each on a thread of its own.</summary>
internal static class Seeds
{
    /// <summary>Runs seeds until one breaks a rule, with a plant the rule that is to find it; of several that do, the lowest is told. Null when none does.</summary>
    public static SimulationResult? FindFailure(ulong first, int count, PlantKind plant, out long steps, out SimulationResult last)
    {
        ConcurrentDictionary<ulong, SimulationResult> failures = new();
        ConcurrentDictionary<ulong, SimulationResult> ends = new();
        long sum = 0;
        Parallel.ForEach(InOrder(count), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (offset, loop) =>
        {
            SimulationResult result = Simulation.Run(first + (ulong)offset, plant);
            Interlocked.Add(ref sum, result.Steps);
            if (offset == count - 1)
            {
                ends[result.Seed] = result;
            }

            if (result.Violation?.Contains(plant.FoundBy, StringComparison.Ordinal) == true)
            {
                failures[result.Seed] = result;
                loop.Break();
            }
        });
        steps = sum;
        SimulationResult? failed = failures.Values.MinBy(result => result.Seed);
        last = ends.Values.FirstOrDefault() ?? failed!;
        return failed;
    }

    /// <summary>One seed after the other to whichever thread is free: a thread that began in the middle would run what is not asked for any more once an earlier one has failed.</summary>
    private static OrderablePartitioner<int> InOrder(int count) => Partitioner.Create(Enumerable.Range(0, count), EnumerablePartitionerOptions.NoBuffering);
}
