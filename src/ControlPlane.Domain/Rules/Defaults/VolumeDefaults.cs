using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of volumes (Kubernetes: SetDefaults_Volume and those of the sources).</summary>
internal static class VolumeDefaults
{
    /// <summary>0644, as a decimal number.</summary>
    public const int FileMode = 420;

    /// <summary>A volume that names no source is an empty folder.</summary>
    public static Volume Apply(Volume volume)
    {
        bool hasSource = volume with { Name = "" } != new Volume();
        return volume with
        {
            EmptyDir = Apply(hasSource ? volume.EmptyDir : new EmptyDirVolumeSource()),
            HostPath = volume.HostPath is not { } host ? null : host with { Type = host.Type ?? "" },
            ConfigMap = volume.ConfigMap is not { } map ? null : map with { DefaultMode = map.DefaultMode ?? FileMode },
            Secret = volume.Secret is not { } secret ? null : secret with { DefaultMode = secret.DefaultMode ?? FileMode },
            DownwardAPI = volume.DownwardAPI is not { } pod ? null : pod with { Items = Apply(pod.Items), DefaultMode = pod.DefaultMode ?? FileMode },
            Projected = Apply(volume.Projected),
        };
    }

    public static VolumeMount Apply(VolumeMount mount) => mount with { ReadOnly = mount.ReadOnly.FalseAsAbsent(), SubPath = mount.SubPath.EmptyAsAbsent(), SubPathExpr = mount.SubPathExpr.EmptyAsAbsent() };

    private static EmptyDirVolumeSource? Apply(EmptyDirVolumeSource? source) => source is null ? null : source with { Medium = source.Medium.EmptyAsAbsent() };

    private static ProjectedVolumeSource? Apply(ProjectedVolumeSource? projected) => projected is null
        ? null
        : projected with
        {
            Sources = projected.Sources
                .Select(source => source.DownwardAPI is not { } pod ? source : source with { DownwardAPI = pod with { Items = Apply(pod.Items) } })
                .ToValueList(),
            DefaultMode = projected.DefaultMode ?? FileMode,
        };

    private static ValueList<DownwardAPIVolumeFile> Apply(ValueList<DownwardAPIVolumeFile> files) => files
        .Select(file => file switch
        {
            { FieldRef: { } field } => file with { FieldRef = field with { ApiVersion = field.ApiVersion.EmptyAsAbsent() ?? "v1" } },
            { ResourceFieldRef: { } resource } => file with { ResourceFieldRef = ContainerDefaults.Apply(resource) },
            _ => file,
        })
        .ToValueList();
}
