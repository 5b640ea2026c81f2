using System.Globalization;
using System.Text.Json.Nodes;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>The containers of the process runtime as the operating system has them: from the folders in which the agents note them.</summary>
internal static class ContainerProcesses
{
    /// <summary>The uids of the pods that have a live process, on any node.</summary>
    public static IEnumerable<string> PodUidsOf(Installation product) => Alive(product).Select(container => container.PodUid).Distinct();

    /// <summary>The ids of all live processes of containers.</summary>
    public static IEnumerable<int> Of(Installation product) => Alive(product).Select(container => container.ProcessId);

    /// <summary>Kills a pod's processes with SIGKILL; false when there are none.</summary>
    public static bool KillOf(Installation product, string podUid) =>
        Alive(product).Where(container => container.PodUid == podUid).ToList() is { Count: > 0 } found
        && found.All(container => Signals.Send(container.ProcessId, Signals.Kill));

    private static IEnumerable<(string PodUid, int ProcessId)> Alive(Installation product)
    {
        string nodes = Path.Combine(product.DataFolder, "nodes");
        foreach (string spec in Directory.EnumerateFiles(nodes, "spec.json", SearchOption.AllDirectories))
        {
            string pidFile = Path.Combine(Path.GetDirectoryName(spec)!, "pid");
            if (File.Exists(pidFile)
                && int.TryParse(File.ReadAllText(pidFile), NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int processId)
                && IsAlive(processId))
            {
                yield return (JsonNode.Parse(File.ReadAllText(spec))!["identity"]!["podUid"]!.GetValue<string>(), processId);
            }
        }
    }

    private static bool IsAlive(int processId)
    {
        string stat = $"/proc/{processId}/stat";
        try
        {
            string text = File.ReadAllText(stat);
            return text[text.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
