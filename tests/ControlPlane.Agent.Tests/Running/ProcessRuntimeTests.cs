using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>The whole agent as a program, on the process runtime.</summary>
public sealed class ProcessRuntimeTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new("agent");
    private readonly HttpClient http = new();
    private FakeControlPlane server = null!;
    private AgentProcess agent = null!;

    public async Task InitializeAsync()
    {
        server = await FakeControlPlane.StartAsync();
        agent = AgentProcess.Start(server.Address, folder.Path, "process");
    }

    public async Task DisposeAsync()
    {
        // Whatever a test left running is stopped by an agent that is told so.
        await agent.DisposeAsync();
        server.IsAway = false;
        await using (AgentProcess last = AgentProcess.Start(server.Address, folder.Path, "process", null, "--stop-pods-on-exit"))
        {
            await Wait.UntilAsync(() => last.Output.Contains("runs pods on", StringComparison.Ordinal), () => last.Output);
            Assert.Equal(0, await last.StopAsync());
        }

        await server.DisposeAsync();
        Assert.Empty(await FolderProcesses.EndLeftAsync(folder.Path));
    }

    public void Dispose()
    {
        http.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_pod_is_started_probed_and_answers_on_its_port()
    {
        Pod pod = Pods.Hello("web");
        server.Set([pod]);

        PodReport report = await ReadyAsync("web");

        Assert.Equal("Running", report.Status!.Phase);
        Assert.Equal("127.0.1.1", report.Status.HostIP);
        HostPort port = Assert.Single(report.Status.HostPorts);
        Assert.Equal(8080, port.ContainerPort);
        Assert.Contains("\"version\":\"v1\",\"pod\":\"web\",\"node\":\"node-1\"", await http.GetStringAsync($"http://127.0.1.1:{port.Port}/"));
        Assert.Contains("hello v1 listens", await server.ReadLogAsync(pod.Uid, new LogOptions { Container = "hello" }));
        Assert.Equal(["Pulled", "Created", "Started"], server.Events.Where(said => said.Reason != "Unhealthy").Select(said => said.Reason).Take(3));
    }

    /// <summary>From its end to the start of its next life: how soon that is ready is the program's own affair, and a loaded machine's.</summary>
    [Fact]
    public async Task A_killed_process_is_restarted_within_five_seconds_and_counted()
    {
        server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");

        using (Process kill = Process.Start("kill", ["-KILL", File.ReadAllText(Assert.Single(PidFiles())).Trim()]))
        {
            await kill.WaitForExitAsync();
        }

        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1 && server.Pods["web"].IsReady(), () => Seen("web"));
        ContainerStateTerminated ended = Container("web")!.LastState!.Terminated!;
        Assert.Equal(137, ended.ExitCode);
        Assert.InRange((Container("web")!.State!.Running!.StartedAt!.Value - ended.FinishedAt!.Value).TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task A_port_that_somebody_took_meanwhile_is_replaced_in_status_and_probes()
    {
        server.Set([Pods.Hello("web")]);
        int before = Assert.Single((await ReadyAsync("web")).Status!.HostPorts).Port;
        await agent.PauseAsync();
        using (Process kill = Process.Start("kill", ["-KILL", File.ReadAllText(Assert.Single(PidFiles())).Trim()]))
        {
            await kill.WaitForExitAsync();
        }

        using TcpListener thief = await TakenPort.TakeAsync(before);
        await agent.ResumeAsync();

        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1 && server.Pods["web"].IsReady(), () => Seen("web"));
        int after = Assert.Single(server.Pods["web"].Status!.HostPorts).Port;
        Assert.NotEqual(before, after);
        Assert.Contains("\"pod\":\"web\"", await http.GetStringAsync($"http://127.0.1.1:{after}/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_agent_leaves_its_pods_running_and_the_next_adopts_them()
    {
        server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");
        string pid = File.ReadAllText(Assert.Single(PidFiles()));
        await agent.KillAsync();
        server.Pods.Clear();

        agent = AgentProcess.Start(server.Address, folder.Path, "process");

        await ReadyAsync("web");
        Assert.Equal(pid, File.ReadAllText(Assert.Single(PidFiles())));
        Assert.Equal(0, Container("web")!.RestartCount);
        Assert.DoesNotContain(server.Reports.Where(report => report.Sequence == 1).Skip(1), report => report.Pods.Any(pod => !pod.IsReady()));
    }

    [Fact]
    public async Task A_pod_marked_for_deletion_is_stopped_reported_and_forgotten()
    {
        Pod pod = Pods.Hello("web");
        server.Set([pod]);
        await ReadyAsync("web");

        server.Set([pod.Deleting()]);

        await Wait.UntilAsync(() => server.Pods["web"].IsStopped, () => Seen("web"));
        Assert.Empty(PidFiles());
        Assert.Contains(server.Events, said => said is { Reason: "Killing", Message: "Stopping container hello" });
    }

    [Fact]
    public async Task Another_store_without_records_stops_nothing_and_starts_its_own()
    {
        server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");

        server.Set([Pods.Hello("new")], revision: 1_000_000, storeIdentity: "store-2");

        await ReadyAsync("new");
        Assert.Equal(2, PidFiles().Length);
        Assert.Equal("store-1", server.Pods["web"].StoreIdentity);
    }

    [Fact]
    public async Task Another_stores_containers_are_named_and_stop_once_a_person_confirms()
    {
        server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");
        server.Set([], revision: 1, storeIdentity: "store-2");
        await Wait.UntilAsync(() => OtherStoreContainers() is not null, () => $"{server.Node}");
        Assert.Contains("confirmed-store=store-2:store-1", OtherStoreContainers()!.Message, StringComparison.Ordinal);
        await Wait.UntilAsync(() => server.Events.Any(said => said is { Reason: "OtherStoreContainers", Involved.Name: "node-1" }), () => "no such event");

        server.Confirm("store-0");
        server.Set([Pods.Hello("new")]);
        await ReadyAsync("new");
        Assert.Equal(2, PidFiles().Length);

        server.Confirm("store-0", "store-1");
        await Wait.UntilAsync(() => PidFiles().Length == 1, () => Seen("web"));
        await Wait.UntilAsync(() => OtherStoreContainers() is null, () => $"{server.Node}");
    }

    private Condition? OtherStoreContainers() => Conditions.Find(server.Node?.Conditions ?? default, "OtherStoreContainers");

    [Fact]
    public async Task A_record_that_is_gone_stops_the_pod_of_the_same_store()
    {
        server.Set([Pods.Hello("web"), Pods.Hello("stays")]);
        await ReadyAsync("web");
        await ReadyAsync("stays");

        server.Set([.. server.DesiredPods.Where(pod => pod.Name == "stays")]);

        await Wait.UntilAsync(() => PidFiles().Length == 1, () => $"{PidFiles().Length} containers");
    }

    [Fact]
    public async Task Pods_run_on_while_the_control_plane_is_away_and_are_restarted_too()
    {
        server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");
        server.IsAway = true;
        using (Process kill = Process.Start("kill", ["-KILL", File.ReadAllText(Assert.Single(PidFiles())).Trim()]))
        {
            await kill.WaitForExitAsync();
        }

        await Wait.UntilAsync(() => PidFiles().Length == 2, () => $"{PidFiles().Length} containers");
        server.IsAway = false;

        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1 && server.Pods["web"].IsReady(), () => Seen("web"));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_missing_secret_is_waited_for_and_reaches_the_process_but_not_what_the_agent_remembers()
    {
        EnvVarSource source = new() { SecretKeyRef = new SecretKeySelector { Name = "login", Key = "password" } };
        Pod pod = Pods.Hello("web", "shell", change: container => container with
        {
            Command = ["sh", "-c", "echo got $PASSWORD; exec sleep 1000"],
            Env = [new EnvVar { Name = "PASSWORD", ValueFrom = source }],
            ReadinessProbe = null,
        });
        server.Set([pod]);
        await Wait.UntilAsync(() => Container("web")?.State?.Waiting?.Reason == "CreateContainerConfigError", () => Seen("web"));
        Assert.Equal("secret \"login\" not found", Container("web")!.State!.Waiting!.Message);
        Assert.Equal("Pending", server.Pods["web"].Status!.Phase);

        server.Configure(new EnvironmentContent { Kind = "Secret", Namespace = "default", Name = "login", Values = ValueMap.Of(("password", "s3cret")) });

        await Wait.UntilAsync(() => Container("web")?.State?.Running is not null, () => Seen("web"));
        await Wait.UntilAsync(() => File.ReadAllText(Assert.Single(FilesCalled("log"))) == "got s3cret\n", () => File.ReadAllText(FilesCalled("log")[0]));
        Assert.Contains(server.Events, said => said is { Type: "Warning", Reason: "Failed", Message: "Error: secret \"login\" not found" });
        Assert.DoesNotContain("s3cret", File.ReadAllText(Assert.Single(FilesCalled("desired.json"))), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(FilesCalled("spec.json"))));
        Assert.DoesNotContain("s3cret", agent.Output, StringComparison.Ordinal);
    }

    /// <summary>Its gateway learns the same from the file. Which range it is, is for the agents on the machine to settle.</summary>
    [Fact]
    public async Task A_process_is_told_of_Services_at_the_addresses_of_its_own_node()
    {
        server.Offer(new ServiceAddress { Namespace = "default", Name = "orders", ClusterIP = "127.96.3.9", Ports = [new ServicePort { Port = 80 }] });
        server.Set([Pods.Hello("web", "shell", change: container => container with
        {
            Command = ["sh", "-c", "echo $ORDERS_SERVICE_HOST $ORDERS_PORT_80_TCP_ADDR; exec sleep 1000"],
            ReadinessProbe = null,
        })]);

        await Wait.UntilAsync(() => FilesCalled("log").Any(path => File.ReadAllText(path).EndsWith('\n')), () => Seen("web"));
        NodeNetwork told = ResourceJson.Deserialize<NodeNetwork>(File.ReadAllText(Assert.Single(FilesCalled("network.json"))));
        string address = told.AddressOf("127.96.3.9")!;
        Assert.Equal($"{address} {address}\n", File.ReadAllText(Assert.Single(FilesCalled("log"))));
        Assert.Contains(told, NodeNetwork.AllOfProcesses("127.0.1.1"));
    }

    private string[] FilesCalled(string name) => Directory.GetFiles(folder.Path, name, SearchOption.AllDirectories);

    [Fact]
    public async Task An_unknown_image_waits_with_the_catalogue_in_its_message_and_isolation_with_the_field_in_its()
    {
        Pod isolated = Pods.Hello("isolated", change: container => container with { SecurityContext = new SecurityContext { RunAsUser = 7 } });
        server.Set([Pods.Hello("web", image: "nginx:1.27"), isolated]);

        await Wait.UntilAsync(() => Container("web")?.State?.Waiting?.Reason == "ImagePullBackOff", () => Seen("web"));
        Assert.Contains("which has: hello, shell", Container("web")!.State!.Waiting!.Message);
        Assert.Equal("Pending", server.Pods["web"].Status!.Phase);
        await Wait.UntilAsync(() => Container("isolated")?.State?.Waiting?.Reason == "CreateContainerConfigError", () => Seen("isolated"));
        Assert.StartsWith("securityContext.runAsUser: not possible on a node with the process runtime", Container("isolated")!.State!.Waiting!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crashing_container_backs_off_after_its_first_restart()
    {
        server.Set([Pods.Hello("web", change: container => container with { Env = [new EnvVar { Name = "CRASH", Value = "true" }] })]);

        await Wait.UntilAsync(() => Container("web")?.State?.Waiting?.Reason == "CrashLoopBackOff", () => Seen("web"));
        Assert.Equal(1, Container("web")!.RestartCount);
        Assert.Equal(1, Container("web")!.LastState!.Terminated!.ExitCode);
        Assert.StartsWith("back-off 10s restarting failed container=hello", Container("web")!.State!.Waiting!.Message);
    }

    [Fact]
    public async Task A_container_that_ends_well_and_is_never_restarted_makes_the_pod_succeed()
    {
        server.Set([Pods.Hello("job", image: "shell", restartPolicy: "Never", change: container => container with
        {
            Args = ["-c", "echo $GREETING; exit 0"],
            Env = [new EnvVar { Name = "WHO", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "metadata.name" } } }, new EnvVar { Name = "GREETING", Value = "hi $(WHO)" }],
            ReadinessProbe = null,
            ImagePullPolicy = "IfNotPresent",
        })]);

        await Wait.UntilAsync(() => server.Pods.GetValueOrDefault("job")?.Status?.Phase == "Succeeded", () => Seen("job"));
        Assert.Equal("hi job\n", await server.ReadLogAsync(server.Pods["job"].Uid, new LogOptions { TailLines = 1 }));
    }

    [Fact]
    public async Task A_sidecar_runs_from_before_the_container_until_after_it()
    {
        string trace = Path.Combine(folder.Path, "trace");
        Container sidecar = new()
        {
            Name = "sidecar",
            Image = "shell",
            RestartPolicy = "Always",
            Args = ["-c", $"trap 'echo sidecar ends >> {trace}; exit 0' TERM; echo sidecar >> {trace}; while :; do sleep 0.05; done"],
            StartupProbe = new Probe { Exec = new ExecAction { Command = ["test", "-s", trace] }, PeriodSeconds = 1, TimeoutSeconds = 10, FailureThreshold = 60 },
        };
        Pod pod = Pods.Hello("job", image: "shell", restartPolicy: "Never", change: container => container with { Args = ["-c", $"echo job >> {trace}"], ReadinessProbe = null });
        server.Set([pod with { Spec = pod.Spec with { InitContainers = [sidecar] } }]);

        await Wait.UntilAsync(() => server.Pods.GetValueOrDefault("job")?.Status?.Phase == "Succeeded", () => Seen("job"));

        Assert.Equal(["sidecar", "job", "sidecar ends"], await File.ReadAllLinesAsync(trace));
    }

    [Fact]
    public async Task An_ended_container_that_is_removed_is_not_run_again_by_the_next_agent()
    {
        Pod pod = Pods.Hello("job", image: "shell", restartPolicy: "Never", change: container => container with
        {
            Args = ["-c", "echo out of ideas; exit 3"],
            ReadinessProbe = null,
            TerminationMessagePolicy = "FallbackToLogsOnError",
        });
        Container second = new() { Name = "lives", Image = "shell", Args = ["-c", "sleep 300"] };
        pod = pod with { Spec = pod.Spec with { Containers = [pod.Spec.Containers[0], second] } };
        server.Set([pod]);
        await Wait.UntilAsync(() => Container("job")?.State?.Terminated is not null && server.Pods["job"].Status!.Phase == "Running", () => Seen("job"));
        PodStatus reported = server.Pods["job"].Status!;
        Assert.Equal("out of ideas\n", Container("job")!.State!.Terminated!.Message);
        await agent.KillAsync();
        Directory.Delete(Path.GetDirectoryName(Assert.Single(Directory.GetFiles(folder.Path, "exit", SearchOption.AllDirectories)))!, recursive: true);
        server.Pods.Clear();
        server.Set([pod with { Status = reported }]);

        agent = AgentProcess.Start(server.Address, folder.Path, "process");

        await Wait.UntilAsync(() => server.Pods.ContainsKey("job"), () => Seen("job"));
        await Pods.HaveBeenLookedAtAsync(server);
        Assert.Equal(reported.ContainerStatuses, server.Pods["job"].Status!.ContainerStatuses);
        Assert.Single(SpecFiles(), file => File.ReadAllText(file).Contains(pod.Uid, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Init_containers_run_to_success_in_order_and_not_again_for_the_next_agent()
    {
        string trace = Path.Combine(folder.Path, "trace");
        Container Init(string name, string script) => new() { Name = name, Image = "shell", Args = ["-c", $"echo {name} >> {trace}; {script}"] };
        Pod pod = Pods.Hello("web");
        pod = pod with { Spec = pod.Spec with { InitContainers = [Init("first", $"test $(grep -c first {trace}) = 2"), Init("second", "echo all set")] } };
        server.Set([pod]);
        PodStatus reported = (await ReadyAsync("web")).Status!;

        Assert.Equal(["first", "first", "second"], await File.ReadAllLinesAsync(trace));
        Assert.Equal([(true, 1), (true, 0)], reported.InitContainerStatuses.Select(status => (status.Ready, status.RestartCount)));
        Assert.Contains("all set", await server.ReadLogAsync(pod.Uid, new LogOptions { Container = "second" }), StringComparison.Ordinal);

        await agent.KillAsync();
        foreach (string spec in SpecFiles().Where(file => File.ReadAllText(file).Contains(trace, StringComparison.Ordinal)))
        {
            Directory.Delete(Path.GetDirectoryName(spec)!, recursive: true);
        }

        server.Pods.Clear();
        server.Set([pod with { Status = reported }]);
        agent = AgentProcess.Start(server.Address, folder.Path, "process");

        await ReadyAsync("web");
        Assert.Equal(reported.InitContainerStatuses.Select(status => status.State), server.Pods["web"].Status!.InitContainerStatuses.Select(status => status.State));
        Assert.Equal(3, (await File.ReadAllLinesAsync(trace)).Length);
    }

    [Fact]
    public async Task Hooks_run_after_the_start_and_before_the_signal()
    {
        string said = Path.Combine(folder.Path, "said");
        LifecycleHandler Hook(string word) => new() { Exec = new ExecAction { Command = ["sh", "-c", $"sleep 0.2; echo {word} >>{said}"] } };
        server.Set([Pods.Hello("web", image: "shell", change: container => container with
        {
            Args = ["-c", $"trap 'echo signalled >>{said}; exit 0' TERM; while :; do sleep 0.05; done"],
            ReadinessProbe = null,
            Lifecycle = new Lifecycle { PostStart = Hook("started"), PreStop = Hook("stopping") },
        })]);
        await Wait.UntilAsync(() => Container("web")?.State?.Running is not null && File.Exists(said), () => Seen("web"));

        server.Set([.. server.DesiredPods.Select(pod => pod.Deleting())]);

        await Wait.UntilAsync(() => server.Pods["web"].IsStopped, () => Seen("web"));
        Assert.Equal(["started", "stopping", "signalled"], File.ReadAllLines(said));
    }

    [Fact]
    public async Task Failing_readiness_and_liveness_are_acted_on()
    {
        server.Set([Pods.Hello("web", change: container => container with
        {
            LivenessProbe = new Probe { Exec = new ExecAction { Command = ["test", "!", "-e", "sick"] }, PeriodSeconds = 1, TimeoutSeconds = 10, FailureThreshold = 2 },
        })]);
        PodReport report = await ReadyAsync("web");
        string address = $"http://127.0.1.1:{report.Status!.HostPorts[0].Port}";

        (await http.PostAsync($"{address}/fail-readiness", content: null)).EnsureSuccessStatusCode();
        await Wait.UntilAsync(() => !server.Pods["web"].IsReady(), () => Seen("web"));
        Assert.Contains(server.Events, said => said is { Reason: "Unhealthy" } && said.Message.Contains("statuscode: 503 (told to fail)", StringComparison.Ordinal));
        Assert.Equal(
            "containers with unready status: [hello]; hello: Readiness probe failed: HTTP probe failed with statuscode: 503 (told to fail)",
            server.Pods["web"].Status!.Conditions.Single(condition => condition.Type == "Ready").Message);

        string container = Path.GetDirectoryName(Assert.Single(PidFiles()))!;
        await File.WriteAllTextAsync(Path.Combine(container, "sick"), "");
        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1, () => Seen("web"));
        Assert.Contains(server.Events, said => said.Message == "Container hello failed liveness probe, will be restarted");
    }

    [Fact]
    public async Task A_server_that_forgot_the_session_gets_everything_in_a_new_one()
    {
        server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");
        string before = server.Reports.Last().SessionId;
        server.Pods.Clear();

        server.ForgetSession();

        await ReadyAsync("web");
        Assert.NotEqual(before, server.Reports.Last().SessionId);
        Assert.Equal("node-1", server.Node!.Addresses[1].Address);
    }

    private string[] PidFiles() => Directory.GetFiles(Path.Combine(folder.Path, "agent", "containers"), "pid", SearchOption.AllDirectories);

    private string[] SpecFiles() => Directory.GetFiles(Path.Combine(folder.Path, "agent", "containers"), "spec.json", SearchOption.AllDirectories);

    private ContainerStatus? Container(string pod) => server.Pods.GetValueOrDefault(pod)?.Status?.ContainerStatuses.FirstOrDefault();

    private string Seen(string pod) =>
        $"{(server.Pods.TryGetValue(pod, out PodReport? report) ? ResourceJson.Serialize(report) : "no report")}\n{agent.Output}";

    private async Task<PodReport> ReadyAsync(string pod)
    {
        await Wait.UntilAsync(() => server.Pods.GetValueOrDefault(pod).IsReady(), () => Seen(pod));
        return server.Pods[pod];
    }
}
