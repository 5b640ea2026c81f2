using System.Diagnostics;
using System.Globalization;
using ControlPlane.Simulation.Planting;

namespace ControlPlane.Simulation;

/// <summary>The command line: <c>scripts/simulate</c>.</summary>
internal static class Runner
{
    private const string Usage = """
        usage: scripts/simulate [--seeds N] [--seed S] [--plant NAME] | --plants [--seeds N]

          --seeds N      so many seeds, from the one given on (default: 1000; 1 when --seed is given)
          --seed S       where to begin (default: 1; with --plants, each plant's own)
          --plant NAME   with a known bug put in
          --plants       finds every known bug, within at most N seeds each (default: 1000), and prints a table
          --trace        prints the trace of a seed that ends well, too
        """;

    private static async Task<int> Main(string[] arguments)
    {
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            bool isFlag = name is "--plants" or "--trace";
            if ((!isFlag && name is not ("--seeds" or "--seed" or "--plant")) || (!isFlag && i + 1 == arguments.Length))
            {
                await Console.Error.WriteLineAsync(Usage);
                return 2;
            }

            options[name] = isFlag ? "" : arguments[++i];
        }

        try
        {
            ulong first = ulong.Parse(options.GetValueOrDefault("--seed", "1"), CultureInfo.InvariantCulture);
            int count = int.Parse(options.GetValueOrDefault("--seeds", options.ContainsKey("--seed") ? "1" : "1000"), CultureInfo.InvariantCulture);
            PlantKind plant = options.TryGetValue("--plant", out string? planted) ? Plants.Of(planted) : PlantKind.None;
            return options.ContainsKey("--plants") ? PrintPlants(options.ContainsKey("--seed") ? first : null, count) : RunSeeds(first, count, plant, options.ContainsKey("--trace"));
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException)
        {
            await Console.Error.WriteLineAsync($"{exception.Message}\n\n{Usage}");
            return 2;
        }
    }

    private static int RunSeeds(ulong first, int count, PlantKind plant, bool printsTrace)
    {
        long begun = Stopwatch.GetTimestamp();
        SimulationResult? failed = Seeds.FindFailure(first, count, plant, out long steps, out SimulationResult last);
        if (failed is not null || printsTrace)
        {
            Console.WriteLine(string.Join('\n', (failed ?? last).Trace));
        }

        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        Console.WriteLine(failed is null
            ? Text($"{count} seeds from {first} held every rule: {steps} steps in {seconds:0.0} s; digest of the last: {last.Digest[..16]}")
            : Text($"\nseed {failed.Seed} broke a rule at step {failed.Steps}: {failed.Violation}\nagain: scripts/simulate --seed {failed.Seed}{Again(plant)}"));
        return failed is null ? 0 : 1;
    }

    private static string Again(PlantKind plant) => plant == PlantKind.None ? "" : $" --plant {plant.Name}";

    private static int PrintPlants(ulong? first, int count)
    {
        bool isComplete = true;
        Console.WriteLine(Text($"{"plant",-20} {"seed",6} {"steps",8}  found by"));
        foreach (PlantKind plant in Plants.All)
        {
            SimulationResult? found = Seeds.FindFailure(first ?? plant.First, count, plant, out _, out _);
            isComplete &= found is not null;
            Console.WriteLine(found is null
                ? Text($"{plant.Name,-20} {"-",6} {"-",8}  not found within {count} seeds")
                : Text($"{plant.Name,-20} {found.Seed,6} {found.Steps,8}  {found.Violation}"));
        }

        return isComplete ? 0 : 1;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
