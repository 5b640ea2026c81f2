using System.Text.Json;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Nodes;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Checking;

/// <summary>
/// All pods of a revision run the digest that its image's tag was first found to stand for, wherever the tag moves; an image that no registry gave runs by its name. What was said once of a
/// revision is never unsaid. A node that asked and had no answer may run what it has.
/// </summary>
internal sealed class ImageRule(Simulation simulation)
{
    private const string Annotation = "controlplane.dev/resolved-images";

    /// <summary>The pods whose nodes last asked in vain.</summary>
    private readonly HashSet<string> unanswered = new(StringComparer.Ordinal);

    public void NoteAnswer(string podUid, bool hasCome)
    {
        if (hasCome)
        {
            unanswered.Remove(podUid);
        }
        else
        {
            unanswered.Add(podUid);
        }
    }

    public void NoteRevision(Change change, ReplicaSet revision)
    {
        Dictionary<string, string> said = SaidOf(revision);
        foreach ((string image, string before) in change.Previous is ReplicaSet previous ? SaidOf(previous) : [])
        {
            if (said.GetValueOrDefault(image) is var now && now != before)
            {
                simulation.Trace.Break($"{image} of {revision.Name} was found to stand for {before}, and stands for {now ?? "nothing"} now");
            }
        }
    }

    /// <summary>Of a restored store's pods nothing is promised: what the lost part of history said of their revisions is lost.</summary>
    public void CheckStarted(SimulatedEngine engine, ObservedContainer started)
    {
        if (!simulation.Mixture.MovesTags || simulation.WasRestored || unanswered.Contains(started.Identity.PodUid))
        {
            return;
        }

        DatabaseState state = simulation.Database.Backup();
        if (state.All<Pod>().FirstOrDefault(pod => pod.Uid == started.Identity.PodUid) is not { Metadata.Controller: { } controller }
            || state.All<ReplicaSet>().FirstOrDefault(item => item.Uid == controller.Uid) is not { } revision)
        {
            return;
        }

        string? said = SaidOf(revision).GetValueOrDefault(started.Image);
        string expected = said?.Contains('@', StringComparison.Ordinal) == true ? said : started.Image;
        if (started.ImageId != expected)
        {
            simulation.Trace.Break($"{engine.Node} starts {started.Id} of {started.Identity.PodName} from {started.ImageId}, and its revision runs {expected}");
        }
    }

    private static Dictionary<string, string> SaidOf(ReplicaSet revision) => revision.Metadata.Annotations[Annotation] is { Length: > 0 } json
        ? JsonSerializer.Deserialize<Dictionary<string, string>>(json)!
        : [];
}
