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
        foreach (string folder in Folders(Path.Combine(product.DataFolder, "nodes")))
        {
            if (int.TryParse(Text(Path.Combine(folder, "pid")), NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int processId)
                && IsAlive(processId)
                && Text(Path.Combine(folder, "spec.json")) is { Length: > 0 } spec)
            {
                yield return (JsonNode.Parse(spec)!["identity"]!["podUid"]!.GetValue<string>(), processId);
            }
        }
    }

    /// <summary>A folder and all below it, but those that an agent removes in this moment.</summary>
    private static IEnumerable<string> Folders(string folder)
    {
        string[] below;
        try
        {
            below = Directory.GetDirectories(folder);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }

        return below.SelectMany(Folders).Prepend(folder);
    }

    private static bool IsAlive(int processId)
    {
        string text = Text($"/proc/{processId}/stat");
        return text.Length > 0 && text[text.LastIndexOf(')') + 2] is not ('Z' or 'X');
    }

    /// <summary>Empty for a file that is not there, or no longer.</summary>
    private static string Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
