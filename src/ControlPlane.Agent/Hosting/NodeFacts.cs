using System.Runtime.InteropServices;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Hosting;

/// <summary>What the node is: its address, what it offers, its system, and whether it can run pods.</summary>
internal sealed class NodeFacts(AgentOptions options, IContainerRuntime runtime, TimeProvider time)
{
    /// <summary>A runtime that is being restarted is not worth an alarm.</summary>
    private static readonly TimeSpan AwayBeforeNotReady = TimeSpan.FromSeconds(10);

    private DateTimeOffset? awaySince;
    private Condition ready = new();
    private Condition? otherStores;

    public NodeStatus Status { get; private set; } = new();

    public ValueMap<string> Labels { get; } = ValueMap.Of(
        ("kubernetes.io/hostname", options.NodeName), ("kubernetes.io/os", "linux"), ("kubernetes.io/arch", Architecture));

    private static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Looks at the host. What cannot be read is left empty.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        (_, string address, ValueMap<Quantity> capacity) = NodeValues.Of(options);
        Status = new NodeStatus
        {
            Capacity = capacity,
            Allocatable = capacity,
            Addresses =
            [
                new NodeAddress { Type = "InternalIP", Address = address },
                new NodeAddress { Type = "Hostname", Address = options.NodeName },
            ],
            NodeInfo = new NodeSystemInfo
            {
                MachineID = ReadLine("/etc/machine-id"),
                BootID = ReadLine("/proc/sys/kernel/random/boot_id"),
                KernelVersion = ReadLine("/proc/sys/kernel/osrelease"),
                OsImage = OsImage(),
                ContainerRuntimeVersion = await runtime.GetVersionAsync(cancellationToken),
                KubeletVersion = $"v{typeof(NodeFacts).Assembly.GetName().Version?.ToString(3)}",
                OperatingSystem = "linux",
                Architecture = Architecture,
            },
        };
        RuntimeAnswers();
    }

    public void RuntimeAnswers()
    {
        awaySince = null;
        SayReady("True", "AgentReady", "the agent reports and its container runtime answers");
    }

    public void RuntimeIsAway(string message)
    {
        awaySince ??= time.GetUtcNow();
        if (time.GetUtcNow() - awaySince >= AwayBeforeNotReady)
        {
            SayReady("False", "ContainerRuntimeIsDown", $"container runtime is down: {message}");
        }
    }

    /// <summary>Takes in what runs here for other stores; returns what there is to say of it that was not said before.</summary>
    public string? OtherStoresRun(OtherStores others, string store)
    {
        Condition? now = others.AsCondition(options.NodeName, store, WholeSecondsNow());
        if (now?.Message == otherStores?.Message)
        {
            return null;
        }

        otherStores = now is null ? null : now with { LastTransitionTime = otherStores?.LastTransitionTime ?? now.LastTransitionTime };
        SayConditions();
        return now?.Message;
    }

    private void SayReady(string status, string reason, string message)
    {
        if (ready.Status == status)
        {
            return;
        }

        ready = new Condition { Type = "Ready", Status = status, Reason = reason, Message = message, LastTransitionTime = WholeSecondsNow() };
        SayConditions();
    }

    private void SayConditions() => Status = Status with { Conditions = otherStores is null ? [ready] : [ready, otherStores] };

    private DateTimeOffset WholeSecondsNow()
    {
        DateTimeOffset now = time.GetUtcNow();
        return new DateTimeOffset(now.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
    }

    private static string OsImage()
    {
        const string Key = "PRETTY_NAME=";
        const string Release = "/etc/os-release";
        string? line = File.Exists(Release) ? File.ReadLines(Release).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?[Key.Length..].Trim('"') ?? RuntimeInformation.OSDescription;
    }

    private static string ReadLine(string path) => File.Exists(path) ? File.ReadLines(path).FirstOrDefault("") : "";
}
