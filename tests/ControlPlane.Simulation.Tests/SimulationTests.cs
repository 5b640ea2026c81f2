using System.Diagnostics;
using System.Globalization;
using ControlPlane.Simulation.Planting;

namespace ControlPlane.Simulation.Tests;

public class SimulationTests
{
    /// <summary>Seeds of every run of the tests.</summary>
    private const int SeedCount = 1_000;

    /// <summary>
    /// What they may cost: three minutes of two cores. Time on the processor and not on the clock, so that it holds beside other work, which can make the same steps half as expensive again.
    /// </summary>
    private static readonly TimeSpan CostMax = TimeSpan.FromSeconds(360);

    /// <summary>Within so many seeds every known bug must be found.</summary>
    private const int SeedsToFindMax = 300;

    /// <summary>Within so many seeds everything that is tried must be seen.</summary>
    private const int SeedsToSeeAllMax = 60;

    /// <summary>Those seeds, each run once for all who look for something in its course.</summary>
    private static readonly Lazy<SimulationResult>[] FirstCourses =
        [.. Enumerable.Range(1, SeedsToSeeAllMax).Select(seed => new Lazy<SimulationResult>(() => Simulation.Run((ulong)seed, PlantKind.None)))];

    public static TheoryData<string> Planted => new(Plants.All.Select(plant => plant.Name));

    [Fact]
    public void AThousandSeeds_HoldEveryRuleAndComeRight()
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long begun = Stopwatch.GetTimestamp();
        SimulationResult? failed = Seeds.FindFailure(first: 1, SeedCount, PlantKind.None, out long steps, out _);
        TimeSpan cost = Environment.CpuUsage.TotalTime - before;

        Assert.True(failed is null, Tell(failed));
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{SeedCount} seeds held every rule: {steps} steps, {cost.TotalSeconds:0} s on the processor (at most {CostMax.TotalSeconds:0}), {Stopwatch.GetElapsedTime(begun).TotalSeconds:0} s on the clock");
        Note(figures);
        Assert.True(cost <= CostMax, figures);
    }

    /// <summary>Seeds that once broke a rule; each was mended in the product or in the simulation.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(72)]
    [InlineData(280)]
    [InlineData(123)]
    [InlineData(289)]
    [InlineData(361)]
    [InlineData(381)]
    [InlineData(287)]
    [InlineData(911)]
    [InlineData(1490)]
    [InlineData(1789)]
    [InlineData(657)]
    [InlineData(92)]
    [InlineData(723)]
    [InlineData(2235)]
    [InlineData(336)]
    [InlineData(522)]
    [InlineData(664)]
    [InlineData(46)]
    public void ASeedThatOnceFailed_HoldsEveryRuleNow(ulong seed)
    {
        SimulationResult result = Simulation.Run(seed, PlantKind.None);

        Assert.True(result.Violation is null, Tell(result));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(36)]
    public void TheSameSeed_TakesTheSameCourse(ulong seed)
    {
        SimulationResult first = Simulation.Run(seed, PlantKind.None);
        SimulationResult second = Simulation.Run(seed, PlantKind.None);

        Assert.True(first.Trace.Count > 50, "hardly anything happened");
        Assert.Equal(first.Trace, second.Trace);
        Assert.Equal(first.Steps, second.Steps);
    }

    /// <summary>A kind of step that no seed ever comes to is not tried.</summary>
    [Theory]
    [InlineData(" Analyzing at step ")]
    [InlineData(" failed its analysis")]
    [InlineData(", testers too")]
    [InlineData(" Aborted at step ")]
    [InlineData(" Promoted at step ")]
    [InlineData(" is not ready for ")]
    [InlineData(", to start it anew")]
    public void SomeSeeds_ComeTo(string said) =>
        Assert.Contains(FirstCourses, course => course.Value.Trace.Any(line => line.Contains(said, StringComparison.Ordinal)));

    [Fact]
    public void OtherSeeds_TakeOtherCourses() =>
        Assert.NotEqual(Simulation.Run(1, PlantKind.None).Digest, Simulation.Run(2, PlantKind.None).Digest);

    [Theory]
    [MemberData(nameof(Planted))]
    public void AKnownBug_IsFound(string plant)
    {
        PlantKind kind = Plants.Of(plant);

        SimulationResult? found = Seeds.FindFailure(kind.First, SeedsToFindMax, kind, out _, out _);

        Assert.True(found is not null, $"{plant} was not found within {SeedsToFindMax} seeds from {kind.First} on");
    }

    /// <summary>Leaves figures for <c>./test</c>, which prints them.</summary>
    private static void Note(string figures)
    {
        if (Environment.GetEnvironmentVariable("CONTROLPLANE_TEST_RESULTS") is { Length: > 0 } results)
        {
            File.WriteAllText(Path.Combine(results, $"{typeof(SimulationTests).Assembly.GetName().Name}.figures"), figures + '\n');
        }
    }

    private static string Tell(SimulationResult? result) => result is null
        ? ""
        : $"seed {result.Seed}: {result.Violation}\nagain: scripts/simulate --seed {result.Seed}\n{string.Join('\n', result.Trace.TakeLast(60))}";
}
