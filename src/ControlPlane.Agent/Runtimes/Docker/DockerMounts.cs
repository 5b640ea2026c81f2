using System.Globalization;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Docker.DotNet.Models;
using Mount = Docker.DotNet.Models.Mount;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>
/// Volumes in the engine's words. Folders of the host are bound into the container. A tmpfs is a volume of the pod's sandbox without a name of its own, so that it
/// stays while the pod's containers come and go, and the engine removes it with the sandbox.
/// </summary>
internal static class DockerMounts
{
    private const string SandboxFolder = "/volumes/";

    /// <summary>What a container mounts.</summary>
    /// <param name="mounts">Its part of the pod's volumes.</param>
    /// <param name="memory">The engine's names for what the sandbox holds.</param>
    /// <exception cref="ContainerStartException">The sandbox does not hold one.</exception>
    public static IList<Mount> Of(ValueList<ContainerMount> mounts, IReadOnlyDictionary<string, string> memory) =>
    [
        .. mounts.Select(mount => mount switch
        {
            HostMount host => new Mount { Type = "bind", Source = host.Source, Target = host.Target, ReadOnly = host.IsReadOnly },
            MemoryMount held when memory.TryGetValue(held.Held, out string? name) => new Mount { Type = "volume", Source = name, Target = held.Target, ReadOnly = held.IsReadOnly },
            _ => throw new ContainerStartException($"the pod's sandbox does not hold what is to be mounted at {mount.Target}"),
        }),
    ];

    /// <summary>What a pod's sandbox holds for its containers.</summary>
    public static IList<Mount> OfSandbox(Pod pod) =>
    [
        .. EmptyDirs.InMemory(pod).SelectMany(volume => EmptyDirs.HeldOf(volume, pod), (volume, held) => new Mount
        {
            Type = "volume",
            Target = SandboxFolder + held,
            VolumeOptions = new VolumeOptions
            {
                DriverConfig = new Driver
                {
                    Name = "local",
                    Options = new Dictionary<string, string>
                    {
                        ["type"] = "tmpfs", ["device"] = "tmpfs", ["o"] = OptionsOf(volume.EmptyDir!, pod.Spec.SecurityContext?.FsGroup),
                    },
                },
            },
        }),
    ];

    /// <summary>The engine's names for what a sandbox holds, by the names by which they are held.</summary>
    public static IReadOnlyDictionary<string, string> MemoryVolumesIn(ContainerInspectResponse sandbox) => sandbox.Mounts
        .Where(mount => mount.Destination?.StartsWith(SandboxFolder, StringComparison.Ordinal) == true)
        .ToDictionary(mount => mount.Destination![SandboxFolder.Length..], mount => mount.Name!, StringComparer.Ordinal);

    private static string OptionsOf(EmptyDirVolumeSource source, long? group)
    {
        string mode = group is null ? "mode=0777" : string.Create(CultureInfo.InvariantCulture, $"mode=2777,gid={group}");
        return source.SizeLimit is { } limit ? string.Create(CultureInfo.InvariantCulture, $"{mode},size={limit.Value}") : mode;
    }
}
