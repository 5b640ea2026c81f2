namespace ControlPlane.Agent.Volumes;

/// <summary>A volume, or a part of one, as a container sees it.</summary>
/// <param name="Target">Where, in the container.</param>
/// <param name="IsReadOnly">Whether the container may not write there.</param>
internal abstract record ContainerMount(string Target, bool IsReadOnly);

/// <summary>A file or folder of the host.</summary>
/// <param name="Source">Its path on the host.</param>
/// <param name="Target">Where, in the container.</param>
/// <param name="IsReadOnly">Whether the container may not write there.</param>
internal sealed record HostMount(string Source, string Target, bool IsReadOnly) : ContainerMount(Target, IsReadOnly);

/// <summary>A tmpfs that the pod's sandbox holds, so that it lives as long as the pod.</summary>
/// <param name="Held">The volume's name, and the part's path where the tmpfs is a part of it.</param>
/// <param name="Target">Where, in the container.</param>
/// <param name="IsReadOnly">Whether the container may not write there.</param>
internal sealed record MemoryMount(string Held, string Target, bool IsReadOnly) : ContainerMount(Target, IsReadOnly);
