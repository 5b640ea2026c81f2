namespace ControlPlane.Bench.Measuring;

/// <summary>How something grows with a size: at each size as often as it was measured.</summary>
internal sealed class Curve(string name)
{
    private readonly List<CurvePoint> points = [];

    public string Name => name;

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<CurvePoint> Points => points;

    /// <summary>The largest median divided by the smallest; 1 when there is one point.</summary>
    public double Spread => points.Max(point => point.Median) / points.Min(point => point.Median);

    /// <param name="size">Such as a number of pods.</param>
    /// <param name="values">What was measured there; not empty.</param>
    public void Add(double size, IReadOnlyList<double> values) => points.Add(new CurvePoint(size, values.Min(), Figure.MedianOf(values), values.Max()));
}

/// <summary>What was measured at one size.</summary>
internal sealed record CurvePoint(double Size, double Least, double Median, double Most);
