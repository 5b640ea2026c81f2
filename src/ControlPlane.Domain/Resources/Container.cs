using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>A container of a pod. Every field of Kubernetes' Container is known; <c>Rules</c> says which are honoured.</summary>
public sealed record Container
{
    public string Name { get; init; } = "";

    public string? Image { get; init; }

    /// <summary>Replaces the image's entrypoint.</summary>
    public ValueList<string> Command { get; init; }

    public ValueList<string> Args { get; init; }

    public string? WorkingDir { get; init; }

    public ValueList<ContainerPort> Ports { get; init; }

    public RawJson? EnvFrom { get; init; }

    public ValueList<EnvVar> Env { get; init; }

    public ResourceRequirements? Resources { get; init; }

    public RawJson? ResizePolicy { get; init; }

    public string? RestartPolicy { get; init; }

    public RawJson? RestartPolicyRules { get; init; }

    public ValueList<VolumeMount> VolumeMounts { get; init; }

    public RawJson? VolumeDevices { get; init; }

    public Probe? LivenessProbe { get; init; }

    public Probe? ReadinessProbe { get; init; }

    public Probe? StartupProbe { get; init; }

    public Lifecycle? Lifecycle { get; init; }

    public string? TerminationMessagePath { get; init; }

    public string? TerminationMessagePolicy { get; init; }

    /// <summary><c>Always</c>, <c>IfNotPresent</c> or <c>Never</c>; default Always for the tag latest, else IfNotPresent.</summary>
    public string? ImagePullPolicy { get; init; }

    public SecurityContext? SecurityContext { get; init; }

    public bool? Stdin { get; init; }

    public bool? StdinOnce { get; init; }

    public bool? Tty { get; init; }
}

public sealed record ContainerPort
{
    public string? Name { get; init; }

    /// <summary>The port on the node; 0 or absent: a dynamic one.</summary>
    public int? HostPort { get; init; }

    /// <summary>The port in the container.</summary>
    [JsonPropertyName("containerPort")]
    public int Number { get; init; }

    /// <summary><c>TCP</c>, <c>UDP</c> or <c>SCTP</c>; default TCP.</summary>
    public string? Protocol { get; init; }

    public string? HostIP { get; init; }
}

public sealed record EnvVar
{
    public string Name { get; init; } = "";

    /// <summary>May name earlier variables as <c>$(NAME)</c>.</summary>
    public string? Value { get; init; }

    public EnvVarSource? ValueFrom { get; init; }
}

public sealed record EnvVarSource
{
    public ObjectFieldSelector? FieldRef { get; init; }

    public RawJson? ResourceFieldRef { get; init; }

    public RawJson? ConfigMapKeyRef { get; init; }

    public RawJson? SecretKeyRef { get; init; }

    public RawJson? FileKeyRef { get; init; }
}

public sealed record ObjectFieldSelector
{
    public string? ApiVersion { get; init; }

    public string FieldPath { get; init; } = "";
}

public sealed record ResourceRequirements
{
    public ValueMap<Quantity> Limits { get; init; }

    public ValueMap<Quantity> Requests { get; init; }

    public RawJson? Claims { get; init; }
}

public sealed record VolumeMount
{
    public string Name { get; init; } = "";

    public bool? ReadOnly { get; init; }

    public string? RecursiveReadOnly { get; init; }

    public string MountPath { get; init; } = "";

    public string? SubPath { get; init; }

    public string? MountPropagation { get; init; }

    public string? SubPathExpr { get; init; }
}

/// <summary>A check of a container; one of exec, httpGet, tcpSocket, grpc is set. Times are in seconds.</summary>
public sealed record Probe
{
    public ExecAction? Exec { get; init; }

    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    public GrpcAction? Grpc { get; init; }

    /// <summary>Default 0.</summary>
    public int? InitialDelaySeconds { get; init; }

    /// <summary>Default 1.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>Default 10.</summary>
    public int? PeriodSeconds { get; init; }

    /// <summary>Default 1.</summary>
    public int? SuccessThreshold { get; init; }

    /// <summary>Default 3.</summary>
    public int? FailureThreshold { get; init; }

    public long? TerminationGracePeriodSeconds { get; init; }
}

public sealed record ExecAction
{
    public ValueList<string> Command { get; init; }
}

public sealed record HttpGetAction
{
    public string? Path { get; init; }

    public IntOrString Port { get; init; }

    public string? Host { get; init; }

    /// <summary><c>HTTP</c> or <c>HTTPS</c>; default HTTP.</summary>
    public string? Scheme { get; init; }

    public ValueList<HttpHeader> HttpHeaders { get; init; }
}

public sealed record HttpHeader
{
    public string Name { get; init; } = "";

    [WriteEmpty]
    public string Value { get; init; } = "";
}

public sealed record TcpSocketAction
{
    public IntOrString Port { get; init; }

    public string? Host { get; init; }
}

public sealed record GrpcAction
{
    public int Port { get; init; }

    public string? Service { get; init; }
}

public sealed record Lifecycle
{
    public RawJson? PostStart { get; init; }

    public RawJson? PreStop { get; init; }

    public string? StopSignal { get; init; }
}

public sealed record SecurityContext
{
    public RawJson? Capabilities { get; init; }

    public bool? Privileged { get; init; }

    public RawJson? SeLinuxOptions { get; init; }

    public RawJson? WindowsOptions { get; init; }

    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public bool? ReadOnlyRootFilesystem { get; init; }

    public bool? AllowPrivilegeEscalation { get; init; }

    public string? ProcMount { get; init; }

    public RawJson? SeccompProfile { get; init; }

    public RawJson? AppArmorProfile { get; init; }
}
