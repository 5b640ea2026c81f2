using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of a container (Kubernetes: SetDefaults_Container and its neighbours).</summary>
internal static class ContainerDefaults
{
    public const string TerminationMessagePath = "/dev/termination-log";
    public const string TerminationMessagePolicy = "File";

    public static Container Apply(Container container) => container with
    {
        Image = container.Image.EmptyAsAbsent(),
        WorkingDir = container.WorkingDir.EmptyAsAbsent(),
        Ports = container.Ports.Select(Apply).ToValueList(),
        EnvFrom = container.EnvFrom.Select(source => source with { Prefix = source.Prefix.EmptyAsAbsent() }).ToValueList(),
        Env = container.Env.Select(Apply).ToValueList(),
        VolumeMounts = container.VolumeMounts.Select(VolumeDefaults.Apply).ToValueList(),
        Resources = container.Resources ?? new ResourceRequirements(),
        LivenessProbe = Apply(container.LivenessProbe),
        ReadinessProbe = Apply(container.ReadinessProbe),
        StartupProbe = Apply(container.StartupProbe),
        Lifecycle = container.Lifecycle is not { } lifecycle
            ? null
            : lifecycle with { PostStart = Apply(lifecycle.PostStart), PreStop = Apply(lifecycle.PreStop), StopSignal = lifecycle.StopSignal.EmptyAsAbsent() },
        TerminationMessagePath = container.TerminationMessagePath.EmptyAsAbsent() ?? TerminationMessagePath,
        TerminationMessagePolicy = container.TerminationMessagePolicy.EmptyAsAbsent() ?? TerminationMessagePolicy,
        ImagePullPolicy = container.ImagePullPolicy.EmptyAsAbsent() ?? PullPolicy(container.Image),
        Stdin = container.Stdin.FalseAsAbsent(),
        StdinOnce = container.StdinOnce.FalseAsAbsent(),
        Tty = container.Tty.FalseAsAbsent(),
    };

    /// <summary>
    /// <c>Always</c> for what may change behind its name: the tag latest, said or implied. A digest implies no tag.
    /// An image that is no reference gets IfNotPresent, as in Kubernetes; the validator then refuses it.
    /// </summary>
    private static string PullPolicy(string? image) =>
        ImageReference.Parse(image) is { } reference && (reference.Tag == "latest" || (reference.Tag is null && reference.Digest is null))
            ? "Always"
            : "IfNotPresent";

    private static ContainerPort Apply(ContainerPort port) => port with
    {
        Name = port.Name.EmptyAsAbsent(),
        HostPort = port.HostPort.ZeroAsAbsent(),
        Protocol = port.Protocol.EmptyAsAbsent() ?? "TCP",
        HostIP = port.HostIP.EmptyAsAbsent(),
    };

    private static EnvVar Apply(EnvVar variable) => variable with
    {
        Value = variable.Value.EmptyAsAbsent(),
        ValueFrom = variable.ValueFrom switch
        {
            { FieldRef: { } field } source => source with { FieldRef = field with { ApiVersion = field.ApiVersion.EmptyAsAbsent() ?? "v1" } },
            { ResourceFieldRef: { } resource } source => source with { ResourceFieldRef = Apply(resource) },
            var source => source,
        },
    };

    /// <summary>No unit shows as 0, and means 1.</summary>
    public static ResourceFieldSelector Apply(ResourceFieldSelector resource) =>
        resource with { ContainerName = resource.ContainerName.EmptyAsAbsent(), Divisor = resource.Divisor ?? Quantity.FromValue(0) };

    private static Probe? Apply(Probe? probe) => probe is null
        ? null
        : probe with
        {
            HttpGet = Apply(probe.HttpGet),
            TcpSocket = probe.TcpSocket is not { } tcp ? null : tcp with { Host = tcp.Host.EmptyAsAbsent() },
            Grpc = probe.Grpc is not { } grpc ? null : grpc with { Service = grpc.Service.EmptyAsAbsent() },
            InitialDelaySeconds = probe.InitialDelaySeconds.ZeroAsAbsent(),
            TimeoutSeconds = probe.TimeoutSeconds.ZeroAs(1),
            PeriodSeconds = probe.PeriodSeconds.ZeroAs(10),
            SuccessThreshold = probe.SuccessThreshold.ZeroAs(1),
            FailureThreshold = probe.FailureThreshold.ZeroAs(3),
        };

    private static LifecycleHandler? Apply(LifecycleHandler? hook) => hook is null ? null : hook with { HttpGet = Apply(hook.HttpGet) };

    private static HttpGetAction? Apply(HttpGetAction? http) => http is null
        ? null
        : http with
        {
            Path = http.Path.EmptyAsAbsent() ?? "/",
            Scheme = http.Scheme.EmptyAsAbsent() ?? "HTTP",
            Host = http.Host.EmptyAsAbsent(),
        };
}
