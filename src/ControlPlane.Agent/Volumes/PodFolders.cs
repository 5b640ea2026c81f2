using ControlPlane.Domain.Agents;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Volumes;

/// <summary>
/// The folders of this node's pods, <c>pods/UID</c> in the agent's data folder, and when they go: with the pod, but not while its record may be missing for
/// another reason than that it was deleted. Then they stay for as long as its containers would.
/// </summary>
internal sealed class PodFolders(AgentOptions options, ILogger<PodFolders> log)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string root = Path.GetFullPath(Path.Combine(options.DataFolder, "pods"));
    private readonly Dictionary<string, VolumeOwner> owners = new(StringComparer.Ordinal);

    /// <summary>The pods that nothing is known of any more, whose folders are still there.</summary>
    private readonly HashSet<string> left = new(StringComparer.Ordinal);

    private DesiredState? swept;
    private bool hasLooked;

    /// <summary>Where a pod's volume is.</summary>
    public string Of(string podUid, string volume) => Path.Combine(root, podUid, volume);

    /// <summary>Makes a pod's folder, and writes down for whom.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    public void Make(string podUid, VolumeOwner owner)
    {
        if (owners.GetValueOrDefault(podUid) == owner)
        {
            return;
        }

        // What others on this host may not see is below.
        Directory.CreateDirectory(root, Private);
        string folder = Directory.CreateDirectory(Path.Combine(root, podUid)).FullName;
        if (VolumeOwner.Read(folder) != owner)
        {
            owner.Write(folder);
        }

        owners[podUid] = owner;
    }

    /// <summary>Notes that nothing is known of a pod any more: its folder goes when it may.</summary>
    /// <param name="podUid">The pod.</param>
    /// <param name="orderedBy">Who ordered its last container, for a folder that does not say whose it is; null when that is not known.</param>
    public void Leave(string podUid, VolumeOwner? orderedBy)
    {
        if (orderedBy is not null && OwnerOf(podUid) is null)
        {
            owners[podUid] = orderedBy;
        }

        left.Add(podUid);
        swept = null;
    }

    /// <summary>Removes the folders of pods that are no more, with all that their containers left there. The first time, those too that went while no agent ran.</summary>
    /// <param name="state">What the control plane says: no earlier agent's memory, which may lack a pod.</param>
    /// <param name="podUids">The pods that there are, with a record or a container.</param>
    public void Sweep(DesiredState state, IReadOnlyCollection<string> podUids)
    {
        if (!hasLooked && Directory.Exists(root))
        {
            left.UnionWith(Directory.EnumerateDirectories(root).Select(path => Path.GetFileName(path)));
        }

        if (left.Count > 0 && !ReferenceEquals(state, swept))
        {
            left.ExceptWith(podUids);
            left.RemoveWhere(uid => IsGone(uid, state, saysSo: !hasLooked));
        }

        hasLooked = true;
        swept = state;
    }

    /// <summary>Whose the folders are that were left and are kept, one for each; those are not among them of which that is not known.</summary>
    public IReadOnlyList<VolumeOwner> Kept() => left.Count == 0 ? [] : [.. left.Select(OwnerOf).OfType<VolumeOwner>()];

    private VolumeOwner? OwnerOf(string podUid)
    {
        if (!owners.TryGetValue(podUid, out VolumeOwner? owner) && VolumeOwner.Read(Path.Combine(root, podUid)) is { } read)
        {
            owners[podUid] = owner = read;
        }

        return owner;
    }

    /// <summary>Removes a folder if it may be removed; true when it is not to be looked at again.</summary>
    private bool IsGone(string podUid, DesiredState state, bool saysSo)
    {
        string folder = Path.Combine(root, podUid);
        if (!Directory.Exists(folder))
        {
            owners.Remove(podUid);
            return true;
        }

        VolumeOwner? owner = OwnerOf(podUid);
        if (owner?.MayBeRemoved(state) != true)
        {
            if (saysSo)
            {
                log.VolumesKept(folder, owner?.OwnerIn(state) ?? "a store that is not known");
            }

            return false;
        }

        Remove(folder);
        owners.Remove(podUid);
        return true;
    }

    /// <summary>What could not be removed is tried again by the next agent, so whose it is goes last.</summary>
    private void Remove(string folder)
    {
        try
        {
            foreach (string volume in Directory.GetDirectories(folder))
            {
                Directory.Delete(volume, recursive: true);
            }

            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            log.VolumesNotRemoved(folder, exception.Message);
        }
    }
}
