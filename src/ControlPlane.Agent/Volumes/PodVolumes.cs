using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Volumes;

/// <summary>A volume could not be made; the message says why, in the kubelet's words.</summary>
internal sealed class VolumeException(string volume, string message, Exception? inner = null) : Exception($"MountVolume.SetUp failed for volume \"{volume}\" : {message}", inner)
{
    /// <summary>The reason of the event that says so.</summary>
    public const string EventReason = "FailedMount";
}

/// <summary>
/// The volumes of this node's pods, as folders below <c>pods/UID</c> in the agent's data folder: made before a container starts that mounts one, brought up to
/// date when what their files come from changes, removed with the pod. The engine mounts them, so the data folder has one path for it and for the agent.
/// </summary>
internal sealed class PodVolumes(AgentOptions options, PodFolders folders, ILogger<PodVolumes> log)
{
    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>One at a time: containers of a pod start beside each other.</summary>
    private readonly Lock gate = new();

    private readonly NodeValues node = NodeValues.Of(options);
    private DesiredState? refreshed;

    /// <summary>Makes what a container mounts, and says what to mount.</summary>
    /// <param name="owner">Who orders the container.</param>
    /// <param name="pod">Its pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="configuration">What the volumes' files come from.</param>
    /// <exception cref="VolumeException">A volume could not be made.</exception>
    public ValueList<ContainerMount> Prepare(VolumeOwner owner, Pod pod, Container container, ContainerConfiguration configuration)
    {
        lock (gate)
        {
            return container.VolumeMounts.Select(mount => Prepare(owner, pod, mount, configuration)).ToValueList();
        }
    }

    /// <summary>See <see cref="PodFolders.Leave"/>.</summary>
    public void Leave(string podUid, VolumeOwner? orderedBy)
    {
        lock (gate)
        {
            folders.Leave(podUid, orderedBy);
        }
    }

    /// <summary>See <see cref="PodFolders.Sweep"/>.</summary>
    /// <returns>Whose the volumes are that are kept though their pods are not known.</returns>
    public IReadOnlyList<VolumeOwner> Sweep(DesiredState state, IReadOnlyCollection<string> podUids)
    {
        lock (gate)
        {
            folders.Sweep(state, podUids);
            return folders.Kept();
        }
    }

    /// <summary>Brings the files of all pods up to date with a state, unless that has been done. A volume that is not in use yet is left alone.</summary>
    public void Refresh(DesiredState state)
    {
        if (ReferenceEquals(state, refreshed))
        {
            return;
        }

        refreshed = state;
        foreach (Pod pod in state.Pods)
        {
            foreach (Volume volume in pod.Spec.Volumes.Where(volume => VolumeFiles.IsMadeHere(volume) && Directory.Exists(folders.Of(pod.Uid, volume.Name))))
            {
                Refresh(pod, volume, new ContainerConfiguration(pod.Namespace, state.EnvironmentContents));
            }
        }
    }

    private ContainerMount Prepare(VolumeOwner owner, Pod pod, VolumeMount mount, ContainerConfiguration configuration)
    {
        Volume volume = pod.Spec.Volumes.FirstOrDefault(candidate => candidate.Name == mount.Name)
            ?? throw new VolumeException(mount.Name, "the pod has no volume of that name");
        bool isReadOnly = mount.ReadOnly == true || VolumeFiles.IsMadeHere(volume);
        if (volume.EmptyDir?.Medium == EmptyDirs.Memory)
        {
            return new MemoryMount(EmptyDirs.HeldAs(mount), mount.MountPath, isReadOnly);
        }

        try
        {
            string source = volume.HostPath is { } host ? HostPaths.Prepare(host) : MakeFolder(owner, pod, volume, configuration);
            string mounted = mount.SubPath is not { } part ? source
                : VolumeFiles.IsMadeHere(volume) ? VolumeParts.Find(source, part)
                : VolumeParts.Make(source, part, volume.HostPath is null ? pod.Spec.SecurityContext?.FsGroup : null);
            return new HostMount(mounted, mount.MountPath, isReadOnly);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new VolumeException(volume.Name, exception.Message, exception);
        }
    }

    private string MakeFolder(VolumeOwner owner, Pod pod, Volume volume, ContainerConfiguration configuration)
    {
        folders.Make(pod.Uid, owner);
        string folder = folders.Of(pod.Uid, volume.Name);
        long? group = pod.Spec.SecurityContext?.FsGroup;
        if (VolumeFiles.IsMadeHere(volume))
        {
            AtomicFolder.Write(folder, VolumeFiles.Of(volume, pod, configuration, node), group);
        }
        else if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            FileSystemCalls.ChangeGroup(folder, group);
            File.SetUnixFileMode(folder, group is null ? Everybody : Everybody | UnixFileMode.SetGroup);
        }

        return folder;
    }

    private void Refresh(Pod pod, Volume volume, ContainerConfiguration configuration)
    {
        // What has gone since stays as it was, as on a Kubernetes node.
        if (configuration.ProblemOf(volume, isRemembered: false) is not null)
        {
            return;
        }

        lock (gate)
        {
            try
            {
                if (AtomicFolder.Write(folders.Of(pod.Uid, volume.Name), VolumeFiles.Of(volume, pod, configuration, node), pod.Spec.SecurityContext?.FsGroup))
                {
                    log.VolumeRefreshed(pod.Name, volume.Name);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                log.VolumeNotRefreshed(pod.Name, volume.Name, exception.Message);
            }
        }
    }
}

/// <summary>What is said of empty folders.</summary>
internal static class EmptyDirs
{
    /// <summary>The medium of a tmpfs.</summary>
    public const string Memory = "Memory";

    /// <summary>The pod's folders that are a tmpfs.</summary>
    public static IEnumerable<Volume> InMemory(Pod pod) => pod.Spec.Volumes.Where(volume => volume.EmptyDir?.Medium == Memory);

    /// <summary>
    /// What of such a folder is a tmpfs of its own: the whole of it, or each part that a container mounts. No part is seen within another, or within the whole
    /// (Domain: <c>SubPathRules</c>).
    /// </summary>
    public static IEnumerable<string> HeldOf(Volume volume, Pod pod) =>
        pod.Spec.AllContainers().SelectMany(container => container.VolumeMounts).Where(mount => mount.Name == volume.Name).Select(HeldAs).Distinct(StringComparer.Ordinal);

    /// <summary>The name by which the tmpfs that a mount leads to is held: <c>cache</c>, <c>cache/tmp</c>.</summary>
    public static string HeldAs(VolumeMount mount) => string.Join('/', mount.Steps().Prepend(mount.Name));
}
