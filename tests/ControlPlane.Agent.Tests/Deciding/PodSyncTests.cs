using System.Globalization;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using static ControlPlane.Agent.Tests.Deciding.Given;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>Every rule of what is done for a pod, a row each: what is seen, and the steps that follow.</summary>
public sealed class PodSyncTests
{
    private static readonly ProbeVerdict FailedLiveness = new() { IsStarted = true, FailedProbe = "liveness", GraceSeconds = 3 };

    private static readonly Dictionary<string, (PodView View, string Steps)> Rows = new(StringComparer.Ordinal)
    {
        ["no record: this store's container is stopped"] = (View(null, Alive()), "stop one 30s"),
        ["no record: one born at the very revision of the reply is stopped"] = (View(null, Alive(born: Revision)), "stop one 30s"),
        ["no record: one born after the reply runs on, for the reply is older"] = (View(null, Alive(born: Revision + 1)), "nothing"),
        ["no record: another store's container runs on"] = (View(null, Alive(store: OtherStore)), "nothing"),
        ["no record: another store's container is stopped once that store is confirmed to be replaced"] =
            (View(null, Alive(store: OtherStore)) with { ReplacedStores = [OtherStore] }, "stop one 30s"),
        ["no record: a third store's container runs on whatever is confirmed"] =
            (View(null, Alive(store: "a third")) with { ReplacedStores = [OtherStore] }, "nothing"),
        ["no record: one born at a revision that a failover may have lost runs on"] =
            (View(null, Alive(born: 42)) with { LostRevisions = [new LostRevisions(40, 50)] }, "nothing"),
        ["no record: of such ones too, once the lost branch is confirmed to be replaced"] =
            (View(null, Alive(born: 42)) with { LostRevisions = [new LostRevisions(40, 50)], ReplacedStores = ["store@40"] }, "stop one 30s"),
        ["no record: one born before the revisions that may be lost is stopped"] =
            (View(null, Alive(born: 40)) with { LostRevisions = [new LostRevisions(40, 50)] }, "stop one 30s"),
        ["no record: one born after the failover is stopped"] =
            (View(null, Alive(born: 50)) with { LostRevisions = [new LostRevisions(40, 50)] }, "stop one 30s"),
        ["deletion mark: stops what was born at a lost revision, for there is a record"] =
            (View(Pod().Deleting(5), Alive(born: 42)) with { LostRevisions = [new LostRevisions(40, 50)] }, "stop one 5s"),
        ["no record: a dead container is removed"] = (View(null, Dead()), "remove one"),
        ["no record: another store's dead container stays"] = (View(null, Dead(store: OtherStore)), "nothing"),
        ["no record: nothing left is stopped"] = (View(null), "stopped"),
        ["no record: a step that is under way is waited for"] = (View(null) with { Busy = ["c"] }, "nothing"),

        ["deletion mark: stopped with the mark's grace"] = (View(Pod().Deleting(5), Alive()), "stop one 5s"),
        ["deletion mark: stopped with no grace when the mark says so"] = (View(Pod().Deleting(0), Alive()), "stop one 0s"),
        ["deletion mark: of a container newer than the reply too, for there is a record"] = (View(Pod().Deleting(5), Alive(born: Revision + 1)), "stop one 5s"),
        ["deletion mark: of another store stops nothing"] = (View(Pod().Deleting(5), Alive(store: OtherStore)), "nothing"),
        ["deletion mark: stops a replaced store's container"] =
            (View(Pod().Deleting(5), Alive(store: OtherStore)) with { ReplacedStores = [OtherStore] }, "stop one 5s"),
        ["deletion mark: a dead container is removed"] = (View(Pod().Deleting(5), Dead()), "remove one"),
        ["deletion mark: nothing is started any more"] = (View(Pod().Deleting(5)), "stopped"),

        ["new: started"] = (View(Pod()), "start c life 0 then 0s"),
        ["new: a step that is under way is not taken twice"] = (View(Pod()) with { Busy = ["c"] }, "nothing"),
        ["running: nothing to do"] = (View(Pod(), Alive()), "nothing"),
        ["adoption: what runs already is not started again, whichever store ordered it"] = (View(Pod(), Alive(store: OtherStore)), "nothing"),
        ["adoption: one that was made and never started is made anew"] = (View(Pod(), Alive() with { Phase = ContainerPhase.Created }), "remove one"),
        ["adoption: the record says that it has run, so this is its next life"] = (View(Pod().Reported(containerId: "docker://x", restartCount: 2)), "start c life 3 then 0s"),
        ["adoption: the record says that this life has not begun"] = (View(Pod().Reported(containerId: null, restartCount: 2)), "start c life 2 then 0s"),
        ["image changed: restarted"] = (View(Pod(image: "hello:v2"), Alive()), "stop one 30s"),
        ["image changed by another store: runs on"] = (View(Pod(image: "hello:v2"), Alive(store: OtherStore)), "nothing"),
        ["liveness failed: restarted with the probe's grace"] = (Unwell(Pod()), "stop one 3s"),
        ["liveness failed of what may have requests: the gateways' word is waited for"] = (Unwell(Served()), "again at +12s"),
        ["liveness failed a moment ago: it is waited for on"] = (Unwell(Served()) with { RestartPendingSince = Ago(11) }, "again at +1s"),
        ["liveness failed: no word comes, so restarted all the same"] = (Unwell(Served()) with { RestartPendingSince = Ago(12) }, "stop one 3s"),
        ["liveness failed: nothing is in flight any more"] = (Unwell(Answered(Served(), Ago(3))) with { RestartPendingSince = Ago(3) }, "stop one 3s"),
        ["liveness failed: the word on an earlier restart says nothing"] = (Unwell(Answered(Served(), Ago(90))) with { RestartPendingSince = Ago(3) }, "again at +9s"),
        ["startup failed: nothing was ever sent there"] =
            (View(Served(), Alive()) with { Probes = default(ValueMap<ProbeVerdict>).SetItem("one", new ProbeVerdict { FailedProbe = "startup" }) }, "stop one 30s"),
        ["image changed of what may have requests: waited for, too"] = (View(Served("hello:v2"), Alive()), "again at +12s"),
        ["liveness failed and deleted: the deletion has waited already"] = (Unwell(Served().Deleting(5)), "stop one 5s"),

        ["Always, exit 0: started again"] = (View(Pod("Always"), Dead(exitCode: 0)), "start c life 1 then 10s"),
        ["Always, exit 1: started again"] = (View(Pod("Always"), Dead(exitCode: 1)), "start c life 1 then 10s"),
        ["OnFailure, exit 0: done"] = (View(Pod("OnFailure"), Dead(exitCode: 0)), "nothing"),
        ["OnFailure, exit 1: started again"] = (View(Pod("OnFailure"), Dead(exitCode: 1)), "start c life 1 then 10s"),
        ["Never, exit 0: done"] = (View(Pod("Never"), Dead(exitCode: 0)), "nothing"),
        ["Never, exit 1: done"] = (View(Pod("Never"), Dead(exitCode: 1)), "nothing"),
        ["finished: what still runs is stopped"] = (View(Pod("Never").Reported("Failed"), Alive()), "stop one 30s"),
        ["finished, says another store: runs on"] = (View(Pod("Never").Reported("Failed"), Alive(store: OtherStore)), "nothing"),
        ["finished: the dead container stays for its log"] = (View(Pod("Never").Reported("Succeeded"), Dead(exitCode: 0)), "nothing"),

        ["backoff: the second crash waits 10 s from its end"] = (View(Pod(), Dead(life: 1, backoffSeconds: 10, endedAgo: 4)), "wait c CrashLoopBackOff, again at +6s"),
        ["backoff: when it is over, the next one is twice as long"] = (View(Pod(), Dead(life: 1, backoffSeconds: 10, endedAgo: 10)), "start c life 2 then 20s"),
        ["backoff: never above 5 min"] = (View(Pod(), Dead(life: 7, backoffSeconds: 300, endedAgo: 300)), "start c life 8 then 300s"),
        ["backoff: 160 s doubled is cut at 5 min"] = (View(Pod(), Dead(life: 5, backoffSeconds: 160, endedAgo: 160)), "start c life 6 then 300s"),
        ["backoff: forgotten after 10 min of running"] = (View(Pod(), Dead(life: 7, backoffSeconds: 300, ranSeconds: 600)), "start c life 8 then 10s"),
        ["backoff: not forgotten after a second less"] = (View(Pod(), Dead(life: 7, backoffSeconds: 300, ranSeconds: 599)), "wait c CrashLoopBackOff, again at +300s"),

        ["removed while it ran: made anew at once, no crash"] =
            (View(Pod()).LastSeen(Alive(life: 2)), "start c life 3 then 0s"),
        ["removed after it died: made anew at once, the wait as it was"] =
            (View(Pod()).LastSeen(Dead(life: 2, backoffSeconds: 20)), "start c life 3 then 20s"),
        ["removed while it ran, an older life is left: made anew"] =
            (View(Pod(), Dead("old", life: 1, backoffSeconds: 20)).LastSeen(Alive("gone", life: 2)), "start c life 3 then 0s"),
        ["removed, Never: not made anew"] = (View(Pod("Never")).LastSeen(Alive()), "nothing"),

        ["removed, OnFailure: made anew, for it has not ended well"] = (View(Pod("OnFailure")).LastSeen(Alive()), "start c life 1 then 0s"),
        ["removed after it ended well, OnFailure: not made anew"] = (View(Pod("OnFailure")).LastSeen(Dead(exitCode: 0)), "nothing"),

        ["another agent's time, Never: what the record says has ended is not run again"] = (View(Pod("Never").Recorded(Ended(1))), "nothing"),
        ["another agent's time, Never: what ran and is gone is not run again"] = (View(Pod("Never").Recorded(Ran())), "nothing"),
        ["another agent's time, OnFailure: what ended well is not run again"] = (View(Pod("OnFailure").Recorded(Ended(0))), "nothing"),
        ["another agent's time, OnFailure: what ended badly is run again"] = (View(Pod("OnFailure").Recorded(Ended(1))), "start c life 3 then 0s"),
        ["another agent's time, OnFailure: what ran and is gone is run again"] = (View(Pod("OnFailure").Recorded(Ran())), "start c life 3 then 0s"),
        ["another agent's time, OnFailure: one that waited after a failure is run again"] =
            (View(Pod("OnFailure").Recorded(new() { Waiting = new() }, lastState: Ended(1))), "start c life 3 then 0s"),
        ["another agent's time, Always: what ended well is run again"] = (View(Pod("Always").Recorded(Ended(0))), "start c life 3 then 0s"),
        ["another agent's time, Never: what has never run is run"] = (View(Pod("Never").Recorded(new() { Waiting = new() })), "start c life 3 then 0s"),
        ["the record is a memory, Never: nothing is started that may have ended"] = (View(Pod("Never")).Remembered(), "nothing"),
        ["the record is a memory, OnFailure: nothing is started that may have ended"] = (View(Pod("OnFailure")).Remembered(), "nothing"),
        ["the record is a memory, OnFailure: what is seen to have failed is started again"] =
            (View(Pod("OnFailure"), Dead(exitCode: 1)).Remembered(), "start c life 1 then 10s"),
        ["the record is a memory, Always: started"] = (View(Pod("Always")).Remembered(), "start c life 0 then 0s"),

        ["image pull: a fresh failure says what it is"] = (View(Pod()).Failed("ErrImagePull", secondsAgo: 1), "wait c ErrImagePull, again at +9s"),
        ["image pull: after 3 s it says that it waits"] = (View(Pod()).Failed("ErrImagePull", secondsAgo: 3), "wait c ImagePullBackOff, again at +7s"),
        ["image pull: the third failure waits 40 s"] = (View(Pod()).Failed("ErrImagePull", secondsAgo: 0, attempts: 3), "wait c ErrImagePull, again at +40s"),
        ["image pull: tried again when it is due"] = (View(Pod()).Failed("ErrImagePull", secondsAgo: 10), "start c life 0 then 0s"),
        ["image absent and never pulled: says so for good"] = (View(Pod()).Failed("ErrImageNeverPull", secondsAgo: 5), "wait c ErrImageNeverPull, again at +5s"),
        ["engine refused: tried again later"] = (View(Pod()).Failed("CreateContainerError", secondsAgo: 5, attempts: 2), "wait c CreateContainerError, again at +15s"),

        ["configuration that is missing: waited for, and nothing is looked at before it comes"] = (View(Configured()), "wait c CreateContainerConfigError"),
        ["configuration that is there: started"] = (View(Configured()) with { EnvironmentContents = [Settings("key")] }, "start c life 0 then 0s"),
        ["configuration without its key: waited for"] = (View(Configured()) with { EnvironmentContents = [Settings("other")] }, "wait c CreateContainerConfigError"),
        ["configuration that is optional: started without"] = (View(Configured(isOptional: true)), "start c life 0 then 0s"),
        ["configuration that goes: what runs is left alone"] = (View(Configured(), Alive()), "nothing"),
        ["configuration that goes: a crash waits for it when its own wait is over"] = (View(Configured(), Dead()), "wait c CreateContainerConfigError"),
        ["configuration in a pod of two: the other has its sandbox made"] =
            (View(Configured().WithSecondContainer()) with { SharesNetwork = true }, "start the sandbox 0, wait c CreateContainerConfigError"),

        ["volume whose source is missing: waited for"] = (View(WithVolume("""{"configMap": {"name": "settings"}}""")), "wait c ContainerCreating"),
        ["volume whose source is there: started"] =
            (View(WithVolume("""{"configMap": {"name": "settings"}}""")) with { EnvironmentContents = [Settings("key")] }, "start c life 0 then 0s"),
        ["volume whose source goes: what runs is left alone"] = (View(WithVolume("""{"configMap": {"name": "settings"}}"""), Alive()), "nothing"),
        ["volume in memory: held by a sandbox"] = (View(WithVolume("""{"emptyDir": {"medium": "Memory"}}""")) with { SharesNetwork = true }, "start the sandbox 0"),

        ["sandbox: comes before the containers"] = (Pair(), "start the sandbox 0"),
        ["sandbox: one that is being made is waited for"] = (Pair() with { Busy = ["POD"] }, "nothing"),
        ["sandbox: the containers join it"] = (Pair(Sandbox()), "start c life 0 then 0s in the network of box, start d life 0 then 0s in the network of box"),
        ["sandbox: a neighbour's crash leaves the other alone"] =
            (Pair(Sandbox(), Dead().In("box"), Alive("side", "d").In("box")), "start c life 1 then 10s in the network of box"),
        ["sandbox: when it is gone, another comes first"] = (Pair(Alive().In("box"), Alive("side", "d").In("box")).LastSeen(Sandbox()), "start the sandbox 1 with port 30001"),
        ["sandbox: when it is dead, another takes its place"] = (Pair(Sandbox().Exited(), Alive().In("box")), "remove box, start the sandbox 0"),
        ["sandbox: whoever lives in one that is gone is restarted in the next"] =
            (Pair(Sandbox("next", life: 1), Alive().In("box"), Alive("side", "d").In("next")), "stop one 30s"),
        ["sandbox: one that cannot be made is tried again, and its containers wait"] =
            (Pair() with { Memory = Failed("POD", secondsAgo: 4) }, "wait c ContainerCreating, wait d ContainerCreating, again at +6s"),
        ["sandbox: a container's crash loop needs none while it waits"] =
            (Pair(Dead(life: 1, backoffSeconds: 10), Dead(life: 1, backoffSeconds: 10) with { Identity = Dead(life: 1, backoffSeconds: 10).Identity with { Container = "d" } }),
                "wait c CrashLoopBackOff, wait d CrashLoopBackOff, again at +10s"),
        ["sandbox: an only container has none"] = (View(Pod()) with { SharesNetwork = true }, "start c life 0 then 0s"),
        ["sandbox: goes last when the pod shall stop"] =
            (View(Pod().WithSecondContainer().Deleting(5), Sandbox(), Alive().In("box")) with { SharesNetwork = true }, "stop one 5s"),
        ["sandbox: goes when nothing runs in it"] =
            (View(Pod().WithSecondContainer().Deleting(5), Sandbox(), Dead().In("box")) with { SharesNetwork = true }, "remove one, remove box"),
        ["sandbox: stays while a step of a container is under way"] =
            (View(Pod().WithSecondContainer().Deleting(5), Sandbox()) with { SharesNetwork = true, Busy = ["c"] }, "nothing"),
        ["sandbox: of another store stays"] = (View(null, Sandbox(store: OtherStore)) with { SharesNetwork = true }, "nothing"),
        ["sandbox: a finished pod gives back its ports"] =
            (View(Pod("Never").WithSecondContainer().Reported("Succeeded"), Sandbox(), Dead(exitCode: 0).In("box")) with { SharesNetwork = true }, "remove box"),
        ["before there were sandboxes: the second joins the first"] = (Pair(Alive()), "start d life 0 then 0s in the network of one"),
        ["before there were sandboxes: both run on"] = (Pair(Alive(), Alive("side", "d").In("one")), "nothing"),
        ["before there were sandboxes: when the first dies, a sandbox takes its place"] = (Pair(Dead(), Alive("side", "d").In("one")), "start the sandbox 0"),

        ["ports: a container gets those that it had"] = (View(Pod(), Dead()).LastSeen(Dead() with { HostPorts = [Port(30_001)] }), "start c life 1 then 10s with port 30001"),
        ["ports: an earlier agent's report knows them"] =
            (View(Pod().Recorded(Ran()) is var pod ? pod with { Status = pod.Status! with { HostPorts = [Port(30_002), Port(30_003) with { Container = "d" }] } } : null),
                "start c life 3 then 0s with port 30002"),
        ["own networks: both are started at once"] = (View(Pod().WithSecondContainer()), "start c life 0 then 0s, start d life 0 then 0s"),

        ["old lives: the one before stays for its log, older ones go"] =
            (View(Pod(), Alive("three", life: 2), Dead("two", life: 1), Dead("one", life: 0)), "remove one"),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_ByTheRule(string rule)
    {
        (PodView view, string steps) = Rows[rule];

        Assert.Equal(steps, Text(PodSync.Plan(view)));
    }

    [Fact]
    public void Waits_AfterFailuresInARow()
    {
        Assert.Equal([10, 20, 40, 80, 160, 300, 300], Enumerable.Range(1, 7).Select(failures => Backoff.After(failures).TotalSeconds));
    }

    [Theory]
    [InlineData(nameof(ConfigMap), false, false, null, "configmap \"settings\" not found")]
    [InlineData(nameof(Secret), false, false, null, "secret \"settings\" not found")]
    [InlineData(nameof(ConfigMap), false, false, "other", "couldn't find key key in ConfigMap default/settings")]
    [InlineData(nameof(Secret), false, false, "other", "couldn't find key key in Secret default/settings")]
    [InlineData(nameof(Secret), false, false, "key", null)]
    [InlineData(nameof(Secret), true, false, "other", null)]
    [InlineData(nameof(Secret), true, false, null, null)]
    [InlineData(nameof(Secret), true, true, null, "secret \"settings\" is not known while the control plane is away")]
    [InlineData(nameof(ConfigMap), false, true, null, "configmap \"settings\" not found")]
    public void MissingConfiguration_IsSaidAsTheKubeletDoes(string kind, bool isOptional, bool isRemembered, string? keyThatIsThere, string? message)
    {
        Pod pod = Configured(kind, isOptional);
        ValueList<EnvironmentContent> contents = keyThatIsThere is null ? default : [Settings(keyThatIsThere, kind)];

        Assert.Equal(message, new ContainerConfiguration(pod.Namespace, contents).ProblemOf(pod.Spec.Containers[0], isRemembered));
    }

    private static PodView Unwell(Pod pod) => View(pod, Alive()) with { Probes = default(ValueMap<ProbeVerdict>).SetItem("one", FailedLiveness) };

    private static Pod Served(string image = "hello:v1") =>
        Pod(image: image) is var pod ? pod with { Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { Ports = [new ContainerPort { Number = 80 }] }] } } : null!;

    private static Pod Answered(Pod pod, DateTimeOffset since) => pod with
    {
        Metadata = pod.Metadata with { Annotations = ValueMap.Of((RestartDrain.AnswerAnnotation, since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))) },
    };

    private static Pod Configured(string kind = nameof(ConfigMap), bool isOptional = false)
    {
        EnvVarSource source = kind == nameof(ConfigMap)
            ? new() { ConfigMapKeyRef = new() { Name = "settings", Key = "key", Optional = isOptional } }
            : new() { SecretKeyRef = new() { Name = "settings", Key = "key", Optional = isOptional } };
        Pod pod = Pod();
        return pod with { Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { Env = [new EnvVar { Name = "A", ValueFrom = source }] }] } };
    }

    private static Pod WithVolume(string source)
    {
        Pod pod = Pod();
        return pod with { Spec = pod.Spec with { Volumes = [ResourceJson.Deserialize<Volume>(source) with { Name = "v" }] } };
    }

    private static EnvironmentContent Settings(string key, string kind = nameof(ConfigMap)) =>
        new() { Kind = kind, Namespace = "default", Name = "settings", Values = ValueMap.Of((key, "value")) };

    private static PodView Pair(params ObservedContainer[] containers) => View(Pod().WithSecondContainer(), containers) with { SharesNetwork = true };

    private static ValueMap<ContainerMemory> Failed(string container, int secondsAgo) => default(ValueMap<ContainerMemory>).SetItem(
        container, new ContainerMemory { Failure = new StartFailure("because", "the engine said no", Ago(secondsAgo), Attempts: 1) });

    private static string PortsOf(PodStart start) => string.Concat(start.KeptPorts.Select(port => $" with port {port.Port}"));

    internal static string Text(PodPlan plan)
    {
        List<string> steps = [.. plan.Actions.Select(Text)];
        steps.AddRange(plan.Waiting.Select(waiting => $"wait {waiting.Key} {waiting.Value.Reason}"));
        if (plan.RecheckAt is { } at)
        {
            steps.Add($"again at +{(at - Noon).TotalSeconds:0}s");
        }

        if (plan.IsStopped)
        {
            steps.Add("stopped");
        }

        return steps.Count == 0 ? "nothing" : string.Join(", ", steps);
    }

    private static string Text(PodAction action) => action switch
    {
        StartContainer start => $"start {start.Container} life {start.RestartCount} then {start.NextBackoff.TotalSeconds:0}s"
            + (start.NetworkOf is null ? "" : $" in the network of {start.NetworkOf}") + PortsOf(start),
        StartSandbox start => $"start the sandbox {start.RestartCount}" + PortsOf(start),
        StopContainer stop => $"stop {stop.Id} {stop.Grace.TotalSeconds:0}s",
        RemoveContainer remove => $"remove {remove.Id}",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "a step without words"),
    };
}
