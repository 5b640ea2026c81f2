using ControlPlane.Api.Wire.Tables;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Tables;

public class PodTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly ContainerStatus Running = new() { Name = "web", Ready = true, State = new() { Running = new() } };

    [Fact]
    public void RunningPod_FillsEveryColumn()
    {
        Pod pod = Pod(new PodStatus { Phase = "Running", PodIPs = [new() { Ip = "172.17.0.2" }], ContainerStatuses = [Running] });

        Assert.Equal(
            ["hello-1", "1/1", "Running", "0", "5m", "172.17.0.2", "node-1", "<none>", "<none>"],
            Cells(pod));
        Assert.Equal(
            ["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"],
            TableDefinition.For(ResourceKinds.Pod).Columns.Select(column => column.Name));
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 1], TableDefinition.For(ResourceKinds.Pod).Columns.Select(column => column.Priority));
    }

    public static TheoryData<string, PodStatus> Statuses => new()
    {
        { "Pending", new() { Phase = "Pending" } },
        { "Evicted", new() { Phase = "Failed", Reason = "Evicted" } },
        { "CrashLoopBackOff", new() { Phase = "Running", ContainerStatuses = [Waiting("CrashLoopBackOff")] } },
        { "ImagePullBackOff", new() { Phase = "Pending", ContainerStatuses = [Waiting("ImagePullBackOff"), Running] } },
        { "ErrImagePull", new() { Phase = "Pending", ContainerStatuses = [Waiting("ErrImagePull"), Waiting("ContainerCreating")] } },
        { "Completed", new() { Phase = "Succeeded", ContainerStatuses = [Ended(0, "Completed")] } },
        { "OOMKilled", new() { Phase = "Running", ContainerStatuses = [Ended(137, "OOMKilled")] } },
        { "ExitCode:3", new() { Phase = "Running", ContainerStatuses = [Ended(3, null)] } },
        { "Signal:9", new() { Phase = "Running", ContainerStatuses = [new() { State = new() { Terminated = new() { Signal = 9 } } }] } },
        { "NotReady", new() { Phase = "Running", ContainerStatuses = [Ended(0, "Completed"), Running] } },
        { "Running", new() { Phase = "Running", Conditions = [new() { Type = "Ready", Status = "True" }], ContainerStatuses = [Ended(0, "Completed"), Running] } },
        { "Init:0/0", new() { Phase = "Pending", InitContainerStatuses = [Waiting("PodInitializing")], ContainerStatuses = [Waiting("PodInitializing")] } },
        { "Init:CrashLoopBackOff", new() { Phase = "Pending", InitContainerStatuses = [Ended(0, "Completed"), Waiting("CrashLoopBackOff")] } },
        { "Init:ExitCode:2", new() { Phase = "Pending", InitContainerStatuses = [Ended(2, null)] } },
        { "Running", new() { Phase = "Running", InitContainerStatuses = [Ended(0, "Completed")], ContainerStatuses = [Running] } },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public void Status_SaysWhatHoldsThePodUp(string expected, PodStatus status) => Assert.Equal(expected, Cells(Pod(status))[2]);

    [Fact]
    public void Status_OfAPodThatIsDeleted_IsTerminatingUnlessItHasEndedOrItsNodeIsLost()
    {
        Assert.Equal("Terminating", Cells(Deleted(new() { Phase = "Running", ContainerStatuses = [Waiting("CrashLoopBackOff")] }))[2]);
        Assert.Equal("Completed", Cells(Deleted(new() { Phase = "Succeeded", ContainerStatuses = [Ended(0, "Completed")] }))[2]);
        Assert.Equal("Unknown", Cells(Deleted(new() { Phase = "Running", Reason = "NodeLost" }))[2]);
    }

    [Fact]
    public void Restarts_AreSummedAndSayWhenLast()
    {
        ContainerStatus early = Running with { RestartCount = 1, LastState = new() { Terminated = new() { FinishedAt = Now.AddHours(-1) } } };
        ContainerStatus late = Running with { RestartCount = 2, LastState = new() { Terminated = new() { FinishedAt = Now.AddSeconds(-130) } } };

        Assert.Equal("3 (2m10s ago)", Cells(Pod(new PodStatus { Phase = "Running", ContainerStatuses = [early, late] }))[3]);
        Assert.Equal("2", Cells(Pod(new PodStatus { Phase = "Running", ContainerStatuses = [Running with { RestartCount = 2 }] }))[3]);
    }

    [Fact]
    public void ASidecarThatHasStarted_CountsAmongTheContainersAndNotAmongTheInitContainers()
    {
        ContainerStatus sidecar = Running with { Name = "beside", Started = true, RestartCount = 2 };
        Pod pod = Pod(new() { Phase = "Pending", InitContainerStatuses = [sidecar, Waiting("PodInitializing") with { Name = "init" }], ContainerStatuses = [Waiting("PodInitializing")] });
        pod = pod with { Spec = pod.Spec with { InitContainers = [new() { Name = "beside", RestartPolicy = "Always" }, new() { Name = "init" }] } };
        Pod initialized = pod with { Status = new() { Phase = "Running", InitContainerStatuses = [sidecar, Ended(0, "Completed")], ContainerStatuses = [Running with { RestartCount = 1 }] } };

        Assert.Equal(["1/2", "Init:1/2", "2"], Cells(pod).Skip(1).Take(3));
        Assert.Equal(["2/2", "Running", "3"], Cells(initialized).Skip(1).Take(3));
    }

    [Fact]
    public void ReadinessGates_AreCountedByTheirConditions()
    {
        Pod pod = Pod(new PodStatus { Conditions = [new() { Type = "a", Status = "True" }, new() { Type = "b", Status = "False" }] });

        Assert.Equal("1/2", Cells(pod with { Spec = pod.Spec with { ReadinessGates = new RawJson("""[{"conditionType":"a"},{"conditionType":"b"}]""") } })[8]);
    }

    private static ContainerStatus Waiting(string reason) => new() { State = new() { Waiting = new() { Reason = reason } } };

    private static ContainerStatus Ended(int exitCode, string? reason) => new() { State = new() { Terminated = new() { ExitCode = exitCode, Reason = reason } } };

    private static Pod Pod(PodStatus status) => new()
    {
        Metadata = new ObjectMeta { Name = "hello-1", Namespace = "default", CreationTimestamp = Now.AddMinutes(-5) },
        Spec = new PodSpec { NodeName = "node-1", Containers = [new Container { Name = "web" }] },
        Status = status,
    };

    private static Pod Deleted(PodStatus status)
    {
        Pod pod = Pod(status);
        return pod with { Metadata = pod.Metadata with { DeletionTimestamp = Now } };
    }

    private static IReadOnlyList<object?> Cells(Pod pod) => TableDefinition.For(ResourceKinds.Pod).Cells(pod, Now);
}
