using System.Globalization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Hosting;

/// <summary>What pods can be told of their node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address, which is that of its pods too.</param>
/// <param name="Allocatable">What it offers to pods: <c>cpu</c>, <c>memory</c> and <c>pods</c>.</param>
internal sealed record NodeValues(string Name, string Address, ValueMap<Quantity> Allocatable)
{
    private static readonly Lazy<Quantity> MemoryOfHost = new(() => Quantity.Parse($"{MemoryKibibytes()}Ki"));

    public static NodeValues Of(AgentOptions options) => new(options.NodeName, options.NodeAddress.ToString(), new Dictionary<string, Quantity>
    {
        ["cpu"] = options.Cpu ?? Quantity.FromValue(Environment.ProcessorCount),
        ["memory"] = options.Memory ?? MemoryOfHost.Value,
        ["pods"] = Quantity.FromValue(options.MaxPods),
    }.ToValueMap());

    private static long MemoryKibibytes()
    {
        string? line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith("MemTotal:", StringComparison.Ordinal));
        string[] words = (line ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes)
            ? kibibytes
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1024;
    }
}
