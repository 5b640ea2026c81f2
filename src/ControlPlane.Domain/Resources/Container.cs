using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>A container of a pod. Every field of Kubernetes' Container is known; <c>Rules</c> says which are honoured.</summary>
public sealed record Container
{
    /// <summary>The name, unique in the pod.</summary>
    public string Name { get; init; } = "";

    /// <summary>The image to run, such as registry.example.com/team/app:v1.</summary>
    public string? Image { get; init; }

    /// <summary>Replaces the image's entrypoint.</summary>
    public ValueList<string> Command { get; init; }

    /// <summary>Arguments for the entrypoint.</summary>
    public ValueList<string> Args { get; init; }

    /// <summary>The working directory; default the image's.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Ports that are published.</summary>
    public ValueList<ContainerPort> Ports { get; init; }

    /// <summary>Environment variables from ConfigMaps and Secrets; a later source wins over an earlier one, <see cref="Env"/> over all.</summary>
    public ValueList<EnvFromSource> EnvFrom { get; init; }

    /// <summary>Environment variables.</summary>
    public ValueList<EnvVar> Env { get; init; }

    /// <summary>What the container asks of its node and what it may use at most.</summary>
    public ResourceRequirements? Resources { get; init; }

    public RawJson? ResizePolicy { get; init; }

    /// <summary>Of an init container only: <c>Always</c> for one that keeps running.</summary>
    public string? RestartPolicy { get; init; }

    public RawJson? RestartPolicyRules { get; init; }

    public ValueList<VolumeMount> VolumeMounts { get; init; }

    public RawJson? VolumeDevices { get; init; }

    /// <summary>Restarts the container when it fails.</summary>
    public Probe? LivenessProbe { get; init; }

    /// <summary>Takes the pod out of service while it fails.</summary>
    public Probe? ReadinessProbe { get; init; }

    /// <summary>Holds the other probes back until it has passed.</summary>
    public Probe? StartupProbe { get; init; }

    /// <summary>What to do after the start and before the stop.</summary>
    public Lifecycle? Lifecycle { get; init; }

    /// <summary>The file whose content is said of the container's end; default /dev/termination-log.</summary>
    public string? TerminationMessagePath { get; init; }

    /// <summary><c>File</c>, or <c>FallbackToLogsOnError</c>: the end of the log where the file is empty; default File.</summary>
    public string? TerminationMessagePolicy { get; init; }

    /// <summary><c>Always</c>, <c>IfNotPresent</c> or <c>Never</c>; default Always for the tag latest, else IfNotPresent.</summary>
    public string? ImagePullPolicy { get; init; }

    /// <summary>Isolation of the container.</summary>
    public SecurityContext? SecurityContext { get; init; }

    public bool? Stdin { get; init; }

    public bool? StdinOnce { get; init; }

    public bool? Tty { get; init; }
}

/// <summary>A port of a container.</summary>
public sealed record ContainerPort
{
    /// <summary>A name that probes and Services can use.</summary>
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

/// <summary>An environment variable.</summary>
public sealed record EnvVar
{
    /// <summary>The variable's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>May name earlier variables as <c>$(NAME)</c>.</summary>
    public string? Value { get; init; }

    /// <summary>Where the value comes from, when it is not given.</summary>
    public EnvVarSource? ValueFrom { get; init; }
}

/// <summary>Where a variable's value comes from.</summary>
public sealed record EnvVarSource
{
    /// <summary>A field of the pod: metadata.name, metadata.namespace, metadata.uid, metadata.labels['x'], metadata.annotations['x'], spec.nodeName, status.hostIP, status.podIP.</summary>
    public ObjectFieldSelector? FieldRef { get; init; }

    /// <summary>What a container asks for or is limited to.</summary>
    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    /// <summary>A key of a ConfigMap.</summary>
    public ConfigMapKeySelector? ConfigMapKeyRef { get; init; }

    /// <summary>A key of a Secret.</summary>
    public SecretKeySelector? SecretKeyRef { get; init; }

    public RawJson? FileKeyRef { get; init; }
}

/// <summary>Names a field of the pod.</summary>
public sealed record ObjectFieldSelector
{
    public string? ApiVersion { get; init; }

    /// <summary>The field's path.</summary>
    public string FieldPath { get; init; } = "";
}

/// <summary>What a container asks for and what it may use at most.</summary>
public sealed record ResourceRequirements
{
    /// <summary>At most so much: cpu in CPUs, memory in bytes.</summary>
    public ValueMap<Quantity> Limits { get; init; }

    /// <summary>Reserved on the node: cpu in CPUs, memory in bytes; default the limits.</summary>
    public ValueMap<Quantity> Requests { get; init; }

    public RawJson? Claims { get; init; }
}

/// <summary>A check of a container; one of exec, httpGet, tcpSocket, grpc is set. Times are in seconds.</summary>
public sealed record Probe
{
    /// <summary>Run a command in the container.</summary>
    public ExecAction? Exec { get; init; }

    /// <summary>Make an HTTP request.</summary>
    public HttpGetAction? HttpGet { get; init; }

    /// <summary>Open a TCP connection.</summary>
    public TcpSocketAction? TcpSocket { get; init; }

    /// <summary>Ask a gRPC health service.</summary>
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

/// <summary>A command in the container; exit code 0 is success.</summary>
public sealed record ExecAction
{
    /// <summary>The command and its arguments; no shell.</summary>
    public ValueList<string> Command { get; init; }
}

/// <summary>An HTTP GET; a status from 200 to 399 is success.</summary>
public sealed record HttpGetAction
{
    /// <summary>The path; default /.</summary>
    public string? Path { get; init; }

    /// <summary>The port's number or name.</summary>
    public IntOrString Port { get; init; }

    /// <summary>The host; default the pod.</summary>
    public string? Host { get; init; }

    /// <summary><c>HTTP</c> or <c>HTTPS</c>; default HTTP.</summary>
    public string? Scheme { get; init; }

    /// <summary>Headers to send.</summary>
    public ValueList<HttpHeader> HttpHeaders { get; init; }
}

public sealed record HttpHeader
{
    public string Name { get; init; } = "";

    [WriteEmpty]
    public string Value { get; init; } = "";
}

/// <summary>A TCP connection; opened is success.</summary>
public sealed record TcpSocketAction
{
    /// <summary>The port's number or name.</summary>
    public IntOrString Port { get; init; }

    public string? Host { get; init; }
}

/// <summary>A question for the gRPC health service (<c>grpc.health.v1</c>), without TLS.</summary>
public sealed record GrpcAction
{
    public int Port { get; init; }

    /// <summary>Which of the server's services is asked for; none: the server as a whole.</summary>
    public string? Service { get; init; }
}

/// <summary>Isolation of a container.</summary>
public sealed record SecurityContext
{
    /// <summary>Capabilities that the container has beside the runtime's own set, or lacks of it.</summary>
    public Capabilities? Capabilities { get; init; }

    /// <summary>Almost what root may do on the node.</summary>
    public bool? Privileged { get; init; }

    public RawJson? SeLinuxOptions { get; init; }

    public RawJson? WindowsOptions { get; init; }

    /// <summary>The user to run as; default the pod's, else the image's.</summary>
    public long? RunAsUser { get; init; }

    /// <summary>The group to run as; default the pod's, else the one of the user.</summary>
    public long? RunAsGroup { get; init; }

    /// <summary>The container must not run as root; it waits where it would.</summary>
    public bool? RunAsNonRoot { get; init; }

    /// <summary>Only mounted volumes can be written to.</summary>
    public bool? ReadOnlyRootFilesystem { get; init; }

    /// <summary>Whether a process can gain more than its parent has, as setuid programs do; default true.</summary>
    public bool? AllowPrivilegeEscalation { get; init; }

    /// <summary>How /proc is mounted; Default.</summary>
    public string? ProcMount { get; init; }

    /// <summary>The system calls that are let through; default the pod's.</summary>
    public SeccompProfile? SeccompProfile { get; init; }

    public RawJson? AppArmorProfile { get; init; }
}
