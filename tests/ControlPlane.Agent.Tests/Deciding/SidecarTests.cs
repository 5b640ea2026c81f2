using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using static ControlPlane.Agent.Tests.Deciding.Given;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>Pods whose container <c>c</c> comes after a sidecar <c>s</c>, and most with an init container <c>a</c> between them: what is seen, and the steps that follow.</summary>
public sealed class SidecarTests
{
    private static readonly Dictionary<string, (PodView View, string Steps)> Rows = new(StringComparer.Ordinal)
    {
        ["new: it alone is started"] = (View(Beside()), "start s life 0 then 0s, wait a PodInitializing, wait c PodInitializing"),
        ["it runs: the next is started"] = (View(Beside(), S()), "start a life 0 then 0s, wait c PodInitializing"),
        ["it has not started up: the next waits"] = (View(Beside(StartsUp), S()), "wait a PodInitializing, wait c PodInitializing"),
        ["it has started up: the next is started"] = (View(Beside(StartsUp), S()) with { Probes = Started }, "start a life 0 then 0s, wait c PodInitializing"),
        ["it crashed before it was there: it comes first again"] = (View(Beside(), S().Ended(1)), "start s life 1 then 10s, wait a PodInitializing, wait c PodInitializing"),
        ["it ended well before it was there: it comes first again"] = (View(Beside(), S().Ended(0)), "start s life 1 then 10s, wait a PodInitializing, wait c PodInitializing"),
        ["it crashed beside the next: it alone is started again"] = (View(Beside(), S().Ended(1), A()), "start s life 1 then 10s, wait c PodInitializing"),
        ["the next has succeeded: the container is started"] = (View(Beside(), S(), A().Ended(0)), "start c life 0 then 0s"),
        ["all run"] = (View(Beside(), S(), A().Ended(0), Alive()), "nothing"),
        ["it crashed beside the container: it alone is started again"] = (View(Beside(), S().Ended(1), A().Ended(0), Alive()), "start s life 1 then 10s"),
        ["it crashed, Never: it is started again all the same"] = (View(Beside(restartPolicy: "Never"), S().Ended(1), A().Ended(0), Alive()), "start s life 1 then 10s"),
        ["it has another image: restarted"] = (View(Beside(), S() with { Image = "hello:v0" }, A().Ended(0), Alive()), "stop s1 30s"),

        ["Never, the container has ended: it is stopped"] = (View(Beside(restartPolicy: "Never"), S(), A().Ended(0), Dead()), "stop s1 30s"),
        ["OnFailure, the container has failed: it runs on"] = (View(Beside(restartPolicy: "OnFailure"), S(), A().Ended(0), Dead()), "start c life 1 then 10s"),
        ["the container has ended, of two the last one is stopped first"] =
            (View(Pod("Never").WithSidecars("s", "t"), S(), Alive("t1", "t"), Dead()), "stop t1 30s"),
        ["the container has ended, and the last of two is being stopped"] =
            (View(Pod("Never").WithSidecars("s", "t"), S(), Alive("t1", "t"), Dead()) with { Busy = ["t"] }, "nothing"),
        ["the container has ended, and so has it"] = (View(Beside(restartPolicy: "Never"), S().Ended(143), A().Ended(0), Dead()), "nothing"),
        ["the record is a memory, and the container may have ended: it runs on"] = (View(Beside(restartPolicy: "Never"), S()).Remembered(), "nothing"),
        ["finished: what still runs is stopped"] = (View(Beside(restartPolicy: "Never").Reported("Succeeded"), S(), A().Ended(0), Dead()), "stop s1 30s"),

        ["deletion mark: the container is stopped first"] = (View(Beside().Deleting(5), S(), A().Ended(0), Alive()), "remove a1, stop one 5s"),
        ["deletion mark: it runs on while the container is being stopped"] = (View(Beside().Deleting(5), S(), Alive()) with { Busy = ["c"] }, "nothing"),
        ["deletion mark: then it has what is left of the grace"] = (View(Beside().Deleting(30), S()) with { Now = Noon.AddSeconds(-11) }, "stop s1 11s"),
        ["deletion mark: it has 2 s at least"] = (View(Beside().Deleting(30), S()), "stop s1 2s"),
        ["deletion mark: it has no time when there is none"] = (View(Beside().Deleting(0), S()), "stop s1 0s"),
        ["no record: all are stopped at once"] = (View(null, S(), Alive()), "stop s1 30s, stop one 30s"),

        ["sandbox: in the next one it is stopped and comes first again"] =
            (View(Beside(), Sandbox("box", life: 1), S().In("old"), A().Ended(0).In("old"), Dead().In("old")) with { SharesNetwork = true },
                "stop s1 30s, wait a PodInitializing, wait c PodInitializing"),
    };

    private static Probe StartsUp => new() { TcpSocket = new() { Port = 80 } };

    private static ValueMap<ProbeVerdict> Started => default(ValueMap<ProbeVerdict>).SetItem("s1", new ProbeVerdict { IsStarted = true, IsReady = true });

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_ByTheRule(string rule)
    {
        (PodView view, string steps) = Rows[rule];

        Assert.Equal(steps, PodSyncTests.Text(PodSync.Plan(view)));
    }

    [Theory]
    [InlineData("Never", 0, "Succeeded")]
    [InlineData("Never", 1, "Failed")]
    [InlineData("OnFailure", 0, "Succeeded")]
    [InlineData("OnFailure", 1, "Running")]
    public void Phase_IsThatOfTheOthersOnceItHasEnded(string restartPolicy, int exitCode, string phase)
    {
        Pod pod = Beside(restartPolicy: restartPolicy);

        Assert.Equal("Running", Build(View(pod, S(), A().Ended(0), Dead(exitCode: exitCode))).Phase);
        Assert.Equal(phase, Build(View(pod, S().Ended(143), A().Ended(0), Dead(exitCode: exitCode))).Phase);
    }

    [Fact]
    public void Ready_AsksForIt()
    {
        Pod pod = Beside() is var plain ? plain with { Spec = plain.Spec with { InitContainers = [plain.Spec.InitContainers[0] with { ReadinessProbe = StartsUp }, plain.Spec.InitContainers[1]] } } : null!;
        PodStatus status = Build(View(pod, S(), A().Ended(0), Alive()));

        Assert.Equal("containers with unready status: [s]", status.Conditions.Single(condition => condition.Type == "Ready").Message);
        Assert.Equal("True", Build(View(Beside(), S(), A().Ended(0), Alive())).Conditions.Single(condition => condition.Type == "Ready").Status);
    }

    [Theory]
    [InlineData(false, "containers with incomplete status: [s a]")]
    [InlineData(true, "containers with incomplete status: [a]")]
    public void Initialized_NamesItUntilItHasStartedUp(bool hasStarted, string message)
    {
        PodView view = View(Beside(StartsUp), S()) with { Probes = hasStarted ? Started : default };

        Assert.Equal(message, Build(view).Conditions.Single(condition => condition.Type == "Initialized").Message);
    }

    [Fact]
    public void ItsPorts_AreThePods()
    {
        HostPort port = Port(30_009) with { Container = "s" };

        Assert.Equal([port], Build(View(Beside(), S() with { HostPorts = [port] }, A().Ended(0), Alive())).HostPorts);
    }

    private static Pod Beside(Probe? startupProbe = null, string restartPolicy = "Always")
    {
        Pod pod = Pod(restartPolicy).WithSidecars("s");
        Container sidecar = pod.Spec.InitContainers[0] with { StartupProbe = startupProbe };
        return pod with { Spec = pod.Spec with { InitContainers = [sidecar, new Container { Name = "a", Image = "hello:v1" }] } };
    }

    private static ObservedContainer S() => Alive("s1", "s");

    private static ObservedContainer A() => Alive("a1", "a");

    private static PodStatus Build(PodView view) => PodStatusBuilder.Build(view, PodSync.Plan(view), previous: null, "test", "127.0.1.1");
}
