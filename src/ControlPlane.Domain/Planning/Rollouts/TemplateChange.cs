using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>What differs between two pod templates, in a few words for people.</summary>
internal static class TemplateChange
{
    /// <summary>Characters of a description; what is longer is cut off.</summary>
    private const int LengthMax = 250;

    private const string RestartedAt = "kubectl.kubernetes.io/restartedAt";

    /// <summary>
    /// <c>image of web from hello:1 to hello:2</c>, <c>restart</c>, <c>created with hello:1</c>; what has no words of its own is
    /// <c>container web</c> or <c>pod template</c>.
    /// </summary>
    public static string Describe(PodTemplateSpec? before, PodTemplateSpec after)
    {
        string text = before is null ? $"created with {string.Join(", ", Images(after))}" : string.Join(", ", Differences(before, after));
        return text.Length <= LengthMax ? text : text[..(LengthMax - 1)] + "…";
    }

    /// <summary>The containers' images, init containers first.</summary>
    public static IEnumerable<string> Images(PodTemplateSpec template) => Containers(template).Select(container => container.Image ?? "");

    private static IEnumerable<string> Differences(PodTemplateSpec before, PodTemplateSpec after)
    {
        Dictionary<string, Container> known = Containers(before).DistinctBy(container => container.Name).ToDictionary(container => container.Name, StringComparer.Ordinal);
        bool isTold = false;
        foreach (Container container in Containers(after))
        {
            string? difference = !known.Remove(container.Name, out Container? old) ? $"container {container.Name} added"
                : old.Image != container.Image ? $"image of {container.Name} from {old.Image} to {container.Image}"
                : old != container ? $"container {container.Name}"
                : null;
            if (difference is not null)
            {
                isTold = true;
                yield return difference;
            }
        }

        foreach (string removed in known.Keys.Order(StringComparer.Ordinal))
        {
            isTold = true;
            yield return $"container {removed} removed";
        }

        if (before.Metadata.Annotations[RestartedAt] != after.Metadata.Annotations[RestartedAt])
        {
            yield return "restart";
        }
        else if (!isTold)
        {
            yield return "pod template";
        }
    }

    private static IEnumerable<Container> Containers(PodTemplateSpec template) => template.Spec.AllContainers();
}
