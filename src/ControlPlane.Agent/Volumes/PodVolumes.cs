using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Volumes;

/// <summary>A volume could not be made; the message says why, in the kubelet's words.</summary>
internal sealed class VolumeException(string volume, string message, Exception? inner = null) : Exception($"{MessageStart}\"{volume}\" : {message}", inner)
{
    /// <summary>How such a message begins, as a kubelet's does.</summary>
    public const string MessageStart = "MountVolume.SetUp failed for volume ";
}

/// <summary>
/// The volumes of this node's pods, as folders below <c>pods/UID</c> in the agent's data folder: made before a container starts that mounts one, brought up to
/// date when what their files come from changes, removed with the pod. The engine mounts them, so the data folder has one path for it and for the agent.
/// </summary>
internal sealed class PodVolumes(AgentOptions options, ILogger<PodVolumes> log)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Everybody = Private
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly string root = Path.GetFullPath(Path.Combine(options.DataFolder, "pods"));

    /// <summary>One at a time: containers of a pod start beside each other.</summary>
    private readonly Lock gate = new();

    private DesiredState? refreshed;
    private bool hasSwept;

    /// <summary>Makes what a container mounts, and says what to mount.</summary>
    /// <exception cref="VolumeException">A volume could not be made.</exception>
    public ValueList<ContainerMount> Prepare(Pod pod, Container container, ContainerConfiguration configuration)
    {
        lock (gate)
        {
            return container.VolumeMounts.Select(mount => Prepare(pod, mount, configuration)).ToValueList();
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
            foreach (Volume volume in pod.Spec.Volumes.Where(volume => VolumeFiles.IsMadeHere(volume) && Directory.Exists(FolderOf(pod.Uid, volume.Name))))
            {
                Refresh(pod, volume, new ContainerConfiguration(pod.Namespace, state.EnvironmentContents));
            }
        }
    }

    /// <summary>Removes a pod's volumes, with all that its containers left there.</summary>
    public void Remove(string podUid)
    {
        string folder = Path.Combine(root, podUid);
        lock (gate)
        {
            try
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                log.VolumesNotRemoved(folder, exception.Message);
            }
        }
    }

    /// <summary>Removes, once in the agent's life, the volumes of pods that went while no agent ran.</summary>
    /// <param name="podUids">The pods that there are.</param>
    public void Sweep(IReadOnlyCollection<string> podUids)
    {
        if (hasSwept)
        {
            return;
        }

        hasSwept = true;
        if (Directory.Exists(root))
        {
            foreach (string uid in Directory.EnumerateDirectories(root).Select(path => Path.GetFileName(path)).Except(podUids).ToList())
            {
                Remove(uid);
            }
        }
    }

    private string FolderOf(string podUid, string volume) => Path.Combine(root, podUid, volume);

    private ContainerMount Prepare(Pod pod, VolumeMount mount, ContainerConfiguration configuration)
    {
        Volume volume = pod.Spec.Volumes.FirstOrDefault(candidate => candidate.Name == mount.Name)
            ?? throw new VolumeException(mount.Name, "the pod has no volume of that name");
        bool isReadOnly = mount.ReadOnly == true || VolumeFiles.IsMadeHere(volume);
        if (volume.EmptyDir?.Medium == EmptyDirs.Memory)
        {
            return new MemoryMount(volume.Name, mount.MountPath, isReadOnly);
        }

        try
        {
            string source = volume.HostPath is { } host ? HostPaths.Prepare(host) : MakeFolder(pod, volume, configuration);
            return new HostMount(mount.SubPath is { } part ? PartOf(source, part) : source, mount.MountPath, isReadOnly);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new VolumeException(volume.Name, exception.Message, exception);
        }
    }

    private string MakeFolder(Pod pod, Volume volume, ContainerConfiguration configuration)
    {
        // What others on this host may not see is below.
        Directory.CreateDirectory(root, Private);
        string folder = FolderOf(pod.Uid, volume.Name);
        long? group = pod.Spec.SecurityContext?.FsGroup;
        if (VolumeFiles.IsMadeHere(volume))
        {
            AtomicFolder.Write(folder, VolumeFiles.Of(volume, pod, configuration), group);
        }
        else if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            FileSystemCalls.ChangeGroup(folder, group);
            File.SetUnixFileMode(folder, group is null ? Everybody : Everybody | UnixFileMode.SetGroup);
        }

        return folder;
    }

    /// <summary>The file or folder itself, not the links to it, which go elsewhere when the files change.</summary>
    private static string PartOf(string folder, string part)
    {
        string data = Path.Combine(folder, part);
        string[] parts = part.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > 0 && new DirectoryInfo(Path.Combine(folder, "..data")).ResolveLinkTarget(returnFinalTarget: true) is { } files)
        {
            data = Path.Combine([files.FullName, .. parts]);
        }

        return Path.Exists(data) ? data : throw new IOException($"the subPath {part} does not exist");
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
                if (AtomicFolder.Write(FolderOf(pod.Uid, volume.Name), VolumeFiles.Of(volume, pod, configuration), pod.Spec.SecurityContext?.FsGroup))
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
}
