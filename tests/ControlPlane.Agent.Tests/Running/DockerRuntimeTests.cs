using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>Pods and their containers on the engine: ports, networks, adoption, what is restarted and what is not.</summary>
public sealed class DockerRuntimeTests(DockerEngineFixture engine) : DockerAgentTests(engine)
{
    [Fact]
    public async Task A_pod_runs_on_the_engine_with_its_name_limits_port_and_log()
    {
        Pod pod = Pods.Hello("web", change: container => container with
        {
            Env = [new EnvVar { Name = "NODE_NAME", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "spec.nodeName" } } }],
            Resources = new ResourceRequirements { Limits = ValueMapOf(("cpu", "500m"), ("memory", "256Mi")) },
        });
        Server.Set([pod]);

        PodReport report = await ReadyAsync("web");

        HostPort port = Assert.Single(report.Status!.HostPorts);
        Assert.Contains("\"version\":\"v1\",\"pod\":\"web\",\"node\":\"node-1\"", await Http.GetStringAsync($"http://127.0.1.1:{port.Port}/"));
        string id = Assert.Single(await IdsAsync());
        Assert.StartsWith($"docker://{id}", Container("web")!.ContainerID);
        Assert.Equal("500000000 268435456 127.0.1.1", (await Engine.RunAsync(
            "docker", "inspect", id, "-f", "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}} {{(index .NetworkSettings.Ports \"8080/tcp\" 0).HostIp}}")).Trim());
        Assert.Contains("hello v1 listens", await Server.ReadLogAsync(pod.Uid, new LogOptions { Container = "hello" }));

        Server.Set([pod.Deleting()]);
        await Wait.UntilAsync(() => Server.Pods["web"].IsStopped, () => Seen("web"));
        Assert.Empty(await IdsAsync("-a"));
    }

    /// <summary>A gateway without a description takes the node's pods for processes, and listens in a range of addresses that may be another control plane's on the machine.</summary>
    [Fact]
    public async Task Before_the_first_pod_the_gateway_is_told_that_pods_are_containers()
    {
        await Wait.UntilAsync(() => Agent.Output.Contains("docker", StringComparison.Ordinal), () => Agent.Output);

        NodeNetwork described = ResourceJson.Deserialize<NodeNetwork>(await File.ReadAllTextAsync(Path.Combine(DataFolder, NodeNetwork.FileName)));

        bool wasThere = (await Engine.RunAsync("docker", "network", "ls", "-q", "--filter", "name=controlplane-node-1")).Length > 0;
        Assert.Equal((wasThere, wasThere), (described.HasBridge, described.Services.Length > 0));
    }

    [Fact]
    public async Task A_container_that_is_killed_or_removed_is_replaced_within_five_seconds()
    {
        Server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");

        await Engine.RunAsync("docker", "kill", Assert.Single(await IdsAsync()));
        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1 && Server.Pods["web"].IsReady(), () => Seen("web"));
        ContainerStateTerminated ended = Container("web")!.LastState!.Terminated!;
        Assert.Equal(137, ended.ExitCode);
        Assert.InRange((Container("web")!.State!.Running!.StartedAt!.Value - ended.FinishedAt!.Value).TotalSeconds, 0, 5);

        foreach (string id in await IdsAsync("-a"))
        {
            await Engine.RunAsync("docker", "rm", "-f", id);
        }

        DateTimeOffset removed = DateTimeOffset.UtcNow;
        await Wait.UntilAsync(() => Container("web") is { RestartCount: 2, State.Running: not null }, () => Seen("web"));
        Assert.True(Container("web")!.State!.Running!.StartedAt!.Value - removed <= TimeSpan.FromSeconds(5), Seen("web"));
        await Wait.UntilAsync(() => Server.Pods["web"].IsReady(), () => Seen("web"));
    }

    [Fact]
    public async Task A_port_that_somebody_took_meanwhile_is_replaced_in_status_and_probes()
    {
        Server.Set([Pods.Hello("web")]);
        int before = Assert.Single((await ReadyAsync("web")).Status!.HostPorts).Port;
        await Agent.PauseAsync();
        await Engine.RunAsync("docker", "kill", Assert.Single(await IdsAsync()));
        using TcpListener thief = await TakenPort.TakeAsync(before);

        await Agent.ResumeAsync();

        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1 && Server.Pods["web"].IsReady(), () => Seen("web"));
        int after = Assert.Single(Server.Pods["web"].Status!.HostPorts).Port;
        Assert.NotEqual(before, after);
        Assert.Contains("\"pod\":\"web\"", await Http.GetStringAsync($"http://127.0.1.1:{after}/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_agent_leaves_its_containers_and_the_next_adopts_them()
    {
        Server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");
        string id = Assert.Single(await IdsAsync());
        await Agent.KillAsync();
        Server.Pods.Clear();

        Agent = StartAgent();

        await ReadyAsync("web");
        Assert.Equal(id, Assert.Single(await IdsAsync("-a")));
        Assert.Equal(0, Container("web")!.RestartCount);
    }

    [Fact]
    public async Task A_container_that_ended_for_good_is_not_run_again_when_someone_removes_it()
    {
        Pod pod = Pods.Hello("job", restartPolicy: "Never", change: container => container with
        {
            Env = [new EnvVar { Name = "CRASH", Value = "true" }],
            ReadinessProbe = null,
        });
        Server.Set([pod]);
        await Wait.UntilAsync(() => Server.Pods.GetValueOrDefault("job")?.Status?.Phase == "Failed", () => Seen("job"));
        PodStatus reported = Server.Pods["job"].Status!;
        Assert.Equal((1, "Error"), (Container("job")!.State!.Terminated!.ExitCode, Container("job")!.State!.Terminated!.Reason));

        await Engine.RunAsync("docker", "rm", "-f", Assert.Single(await IdsAsync("-a")));
        await Pods.HaveBeenLookedAtAsync(Server);
        Assert.Single(await IdsAsync("-a"));
        Assert.Equal(reported, Server.Pods["job"].Status);

        await Agent.KillAsync();
        Server.Pods.Clear();
        Server.Set(Server.DesiredPods.Select(desired => desired.Uid == pod.Uid ? desired with { Status = reported } : desired));
        Agent = StartAgent();
        await Wait.UntilAsync(() => Server.Pods.ContainsKey("job"), () => Seen("job"));
        await Pods.HaveBeenLookedAtAsync(Server);
        Assert.Equal(2, (await IdsAsync("-a")).Length);
        Assert.Equal(reported.ContainerStatuses, Server.Pods["job"].Status!.ContainerStatuses);
    }

    [Fact]
    public async Task The_containers_of_a_pod_share_a_network_that_outlives_each_of_them()
    {
        Server.Set([Pair("pair")]);
        PodReport report = await ReadyAsync("pair");
        HostPort[] ports = [.. report.Status!.HostPorts];
        Assert.Equal(["hello", "second"], ports.Select(port => port.Container));
        Assert.Contains("\"version\":\"v2\",\"pod\":\"pair\"", await Http.GetStringAsync($"http://127.0.1.1:{ports[1].Port}/"));
        string sandbox = await IdOfAsync("POD");
        string second = await IdOfAsync("second");

        await Engine.RunAsync("docker", "kill", await IdOfAsync("hello"));
        await Wait.UntilAsync(() => Container("pair")?.RestartCount == 1 && Server.Pods["pair"].IsReady(), () => Seen("pair"));

        Assert.Equal((sandbox, second), (await IdOfAsync("POD"), await IdOfAsync("second")));
        Assert.Equal(0, Server.Pods["pair"].Status!.ContainerStatuses[1].RestartCount);
        Assert.Equal(ports, Server.Pods["pair"].Status!.HostPorts);
        Assert.Contains("\"version\":\"v1\",\"pod\":\"pair\"", await Http.GetStringAsync($"http://127.0.1.1:{ports[0].Port}/"));

        Server.Set([.. Server.DesiredPods.Select(pod => pod.Deleting())]);
        await Wait.UntilAsync(() => Server.Pods["pair"].IsStopped, () => Seen("pair"));
        Assert.Empty(await IdsAsync("-a"));
    }

    [Fact]
    public async Task A_sandbox_that_is_removed_comes_back_with_its_ports_and_its_containers_move_in()
    {
        Server.Set([Pair("pair")]);
        PodReport report = await ReadyAsync("pair");

        await Engine.RunAsync("docker", "rm", "-f", await IdOfAsync("POD"));

        await Wait.UntilAsync(
            () => Server.Pods["pair"].IsReady() && Server.Pods["pair"].Status!.ContainerStatuses.All(status => status.RestartCount == 1), () => Seen("pair"), seconds: 120);
        Assert.Equal(report.Status!.HostPorts, Server.Pods["pair"].Status!.HostPorts);
    }

    [Fact]
    public async Task Init_containers_share_the_pods_network_and_run_again_in_a_new_one()
    {
        Container Init(string name) => new() { Name = name, Image = "hello:v1", Command = ["/dotnet/dotnet", "--list-runtimes"] };
        Pod pod = Pods.Hello("web");
        Server.Set([pod with { Spec = pod.Spec with { InitContainers = [Init("first"), Init("second")] } }]);
        PodReport report = await ReadyAsync("web");
        Assert.Contains("\"pod\":\"web\"", await Http.GetStringAsync($"http://127.0.1.1:{Assert.Single(report.Status!.HostPorts).Port}/"), StringComparison.Ordinal);
        string[] networks = (await Engine.RunAsync("docker", ["inspect", "-f", "{{.HostConfig.NetworkMode}}", .. await IdsAsync("-a")])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, networks.Count($"container:{await IdOfAsync("POD")}".Equals));

        await Engine.RunAsync("docker", "rm", "-f", await IdOfAsync("POD"));
        await Wait.UntilAsync(
            () => Server.Pods["web"].IsReady() && Server.Pods["web"].Status is { } status
                && status.InitContainerStatuses.Concat(status.ContainerStatuses).All(container => container.RestartCount == 1),
            () => Seen("web"),
            seconds: 120);
    }

    [Fact]
    public async Task A_pod_from_before_there_were_sandboxes_is_adopted_and_moves_when_its_first_container_ends()
    {
        Pod pod = Pair("pair");
        await Agent.KillAsync();
        string first = await RunAsBeforeAsync(pod, pod.Spec.Containers[0], "-p", "127.0.1.1::8080", "-p", "127.0.1.1::9090", "-l", "controlplane.dev/ports=hello:8080/TCP second:9090/TCP");
        string second = await RunAsBeforeAsync(pod, pod.Spec.Containers[1], "--network", $"container:{first}");
        Server.Set([pod]);

        Agent = StartAgent();
        await ReadyAsync("pair");
        Assert.Equal([first, second], (await IdsAsync("-a")).OrderBy(id => id == second));
        Assert.Equal(2, Server.Pods["pair"].Status!.HostPorts.Count);

        await Engine.RunAsync("docker", "kill", first);
        await Wait.UntilAsync(
            () => Server.Pods["pair"].IsReady() && Server.Pods["pair"].Status!.ContainerStatuses.All(status => status.RestartCount == 1), () => Seen("pair"), seconds: 120);
        string sandbox = await IdOfAsync("POD");
        Assert.Equal($"container:{sandbox}", (await Engine.RunAsync("docker", "inspect", await IdOfAsync("hello"), "-f", "{{.HostConfig.NetworkMode}}")).Trim());
    }

    [Fact]
    public async Task A_killed_container_has_its_port_again_and_another_when_somebody_took_it()
    {
        Server.Set([Pods.Hello("web")]);
        PodReport report = await ReadyAsync("web");
        int port = report.Status!.HostPorts[0].Port;

        await Engine.RunAsync("docker", "kill", Assert.Single(await IdsAsync()));
        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1 && Server.Pods["web"].IsReady(), () => Seen("web"));
        Assert.Equal(port, Server.Pods["web"].Status!.HostPorts[0].Port);

        // The second end waits for 10 s, in which somebody else takes the port.
        await Engine.RunAsync("docker", "kill", Assert.Single(await IdsAsync()));
        await Wait.UntilAsync(() => Container("web")?.State?.Waiting is not null, () => Seen("web"));
        using TcpListener taken = new(IPAddress.Parse("127.0.1.1"), port);
        taken.Start();
        await Wait.UntilAsync(() => Container("web")?.RestartCount == 2 && Server.Pods["web"].IsReady(), () => Seen("web"), seconds: 120);
        Assert.NotEqual(port, Server.Pods["web"].Status!.HostPorts[0].Port);
    }

    [Fact]
    public async Task An_engine_that_is_restarted_brings_its_pods_back_and_nothing_false_is_said_meanwhile()
    {
        Server.Set([Pods.Hello("web")]);
        await ReadyAsync("web");

        await Engine.StopAsync();
        await Wait.UntilAsync(() => Agent.Output.Contains("the container runtime does not answer", StringComparison.Ordinal), () => Agent.Output);
        Assert.Equal("Running", Server.Pods["web"].Status!.Phase);
        await Engine.StartAsync();

        await Wait.UntilAsync(() => Container("web")?.RestartCount >= 1 && Server.Pods["web"].IsReady(), () => Seen("web"), seconds: 120);
    }

    private static Pod Pair(string name)
    {
        Pod pod = Pods.Hello(name);
        Container second = new()
        {
            Name = "second",
            Image = "hello:v2",
            Env = [new EnvVar { Name = "PORT", Value = "9090" }],
            Ports = [new ContainerPort { Number = 9090 }],
            ReadinessProbe = new Probe { HttpGet = new HttpGetAction { Path = "/healthz", Port = 9090 }, PeriodSeconds = 1, TimeoutSeconds = 10 },
        };
        return pod with { Spec = pod.Spec with { Containers = [pod.Spec.Containers[0], second] } };
    }

    /// <summary>Starts a container as agents did that made no sandbox.</summary>
    private async Task<string> RunAsBeforeAsync(Pod pod, Container container, params string[] more)
    {
        (string, string)[] labels =
        [
            ("node", "node-1"), ("pod-uid", pod.Uid), ("pod-namespace", pod.Namespace), ("pod-name", pod.Name), ("container", container.Name),
            ("store", "store-1"), ("born", "1"), ("image", container.Image!),
        ];
        string printed = await Engine.RunAsync("docker",
        [
            "run", "-d", .. labels.SelectMany(label => new[] { "-l", $"controlplane.dev/{label.Item1}={label.Item2}" }),
            .. container.Env.SelectMany(variable => new[] { "-e", $"{variable.Name}={variable.Value}" }), .. more, container.Image!,
        ]);

        // The engine may warn beside it.
        return printed.Split('\n').First(line => line.Length == 64);
    }
}
