namespace ControlPlane.Bench.Measuring;

/// <summary>Whether something that is looked at from time to time stays as large as it is.</summary>
internal sealed class Growth
{
    private readonly List<double> samples = [];

    public void Add(double sample) => samples.Add(sample);

    /// <summary>The last.</summary>
    public double Last => samples.Count == 0 ? 0 : samples[^1];

    /// <summary>The mean of the last third by that of the third before it; the first third is for what fills up once. 1 while there are too few.</summary>
    public double Ratio
    {
        get
        {
            int third = samples.Count / 3;
            return third == 0 ? 1 : samples.TakeLast(third).Average() / samples.SkipLast(third).TakeLast(third).Average();
        }
    }
}
