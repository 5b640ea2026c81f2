using System.Globalization;
using System.Text.Json;

namespace ControlPlane.Bench.Measuring;

/// <summary>What was measured of one thing, once for each repetition, beside the limit that it should come close to.</summary>
/// <param name="Unit">Such as <c>s</c>, <c>MB</c>, <c>1/s</c>.</param>
/// <param name="Values">In the order in which they were measured.</param>
/// <param name="Limits">The limit in the same repetitions; empty where there is none to measure.</param>
/// <param name="LimitName">What the limit is: bare PostgreSQL, bare Kestrel.</param>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Values, IReadOnlyList<double> Limits, string LimitName = "")
{
    public double Median => MedianOf(Values);

    public double? Limit => Limits.Count == 0 ? null : MedianOf(Limits);

    /// <summary>Value ÷ limit.</summary>
    public double? Ratio => Limit is { } limit and > 0 ? Median / limit : null;

    /// <summary>Of a list that is not empty.</summary>
    public static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>The figures of one run of a benchmark.</summary>
internal sealed class Figures(string title)
{
    private readonly Dictionary<string, (string Unit, List<double> Values, List<double> Limits, string LimitName)> measured = new(StringComparer.Ordinal);

    /// <summary>What must not be and was: the benchmark has failed.</summary>
    public List<string> Breaches { get; } = [];

    /// <summary>Adds one repetition's value of a figure.</summary>
    public void Add(string name, string unit, double value, double? limit = null, string limitName = "")
    {
        if (!measured.TryGetValue(name, out var figure))
        {
            measured.Add(name, figure = (unit, [], [], limitName));
        }

        figure.Values.Add(value);
        if (limit is { } known)
        {
            figure.Limits.Add(known);
        }
    }

    /// <summary>Adds every repetition's value of a figure.</summary>
    public void AddAll(string name, string unit, IEnumerable<double> values)
    {
        foreach (double value in values)
        {
            Add(name, unit, value);
        }
    }

    public void Print(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(title);
        output.WriteLine($"{"",-34}{"median",12}{"least",12}{"most",12}{"limit",12}{"ratio",8}");
        foreach (Figure figure in All())
        {
            string limit = figure.Limit is { } known ? $"{Text(known),12}{figure.Ratio?.ToString("0.00", CultureInfo.InvariantCulture),8}  {figure.LimitName}" : "";
            output.WriteLine($"{$"{figure.Name} ({figure.Unit})",-34}{Text(figure.Median),12}{Text(figure.Values.Min()),12}{Text(figure.Values.Max()),12}{limit}");
        }
    }

    /// <summary>Writes an array of <c>{name, value, unit, limit, ratio}</c>, medians over the repetitions.</summary>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = File.Create(path);
        await JsonSerializer.SerializeAsync(
            file,
            All().Select(figure => new { name = figure.Name, value = figure.Median, unit = figure.Unit, limit = figure.Limit, ratio = figure.Ratio }),
            JsonSerializerOptions.Web,
            cancellationToken);
    }

    public IEnumerable<Figure> All() =>
        measured.Select(entry => new Figure(entry.Key, entry.Value.Unit, entry.Value.Values, entry.Value.Limits, entry.Value.LimitName));

    private static string Text(double value) => value.ToString(value >= 1_000 ? "N0" : value >= 100 ? "0.0" : "0.000", CultureInfo.InvariantCulture);
}
