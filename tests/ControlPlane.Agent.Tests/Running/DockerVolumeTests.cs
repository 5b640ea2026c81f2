using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>Volumes on the engine, seen from inside of containers.</summary>
public sealed class DockerVolumeTests(DockerEngineFixture engine) : DockerAgentTests(engine)
{
    private const string Tools = "tools:v1";

    [Fact]
    public async Task Volumes_are_seen_inside_follow_their_sources_outlive_containers_and_go_with_the_pod()
    {
        await MakeToolsAsync();
        string host = Path.Combine(DataFolder, "of-the-host");
        Server.Configure(Settings("1"), Login);
        Pod pod = Sleeper("web", $$"""
            [{"name": "settings", "configMap": {"name": "settings"} },
             {"name": "login", "secret": {"secretName": "login", "defaultMode": 256} },
             {"name": "info", "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"} }] } },
             {"name": "disk", "emptyDir": {} },
             {"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"} },
             {"name": "host", "hostPath": {"path": "{{host}}", "type": "DirectoryOrCreate"} }]
            """, """
            [{"name": "settings", "mountPath": "/etc/settings"}, {"name": "settings", "mountPath": "/etc/one", "subPath": "a"},
             {"name": "login", "mountPath": "/etc/login"}, {"name": "info", "mountPath": "/etc/info"},
             {"name": "disk", "mountPath": "/disk"}, {"name": "memory", "mountPath": "/memory"}, {"name": "host", "mountPath": "/host", "readOnly": true}]
            """);
        Server.Set([pod]);
        await ReadyAsync("web");
        await File.WriteAllTextAsync(Path.Combine(host, "h"), "host");

        Assert.Equal("1 1 s3cret 440 2000 app=\"web\" host", await InsideAsync("echo $(cat /etc/settings/a /etc/one /etc/login/password) $(stat -Lc '%a %g' /etc/login/password) $(cat /etc/info/labels /host/h)"));
        Assert.Equal("no no no", await InsideAsync("for f in /etc/settings/b /etc/login/b /host/b; do (: > $f) 2>/dev/null && echo yes || echo no; done | while read -r line; do printf '%s ' $line; done"));
        Assert.Equal("too much", await InsideAsync("echo kept > /disk/f; echo kept > /memory/f; for i in 1 2 3 4 5 6 7 8 9; do cat /bin/*; done > /memory/g 2>/dev/null && echo fits || echo too much; : > /memory/g"));

        Server.Configure(Settings("2"), Login);
        string shown = Path.Combine(DataFolder, "pods", pod.Uid, "settings", "a");
        await Wait.UntilAsync(() => File.ReadAllText(shown) == "2\n", () => Seen("web"), seconds: 120);
        Assert.Equal("2", await InsideAsync("cat /etc/settings/a"));
        Assert.Equal("1", await InsideAsync("cat /etc/one"));

        await Engine.RunAsync("docker", "kill", await IdOfAsync("hello"));
        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1 && Server.Pods["web"].IsReady(), () => Seen("web"));
        Assert.Equal("kept kept 2000 2000 2 2", await InsideAsync("echo $(cat /disk/f /memory/f) $(stat -c %g /disk/f /memory/f) $(cat /etc/settings/a /etc/one)"));

        Server.Set([pod.Deleting()]);
        await Wait.UntilAsync(() => Server.Pods["web"].IsStopped, () => Seen("web"));
        Server.Set(Array.Empty<Pod>());
        await Wait.UntilAsync(() => !Directory.Exists(Path.Combine(DataFolder, "pods", pod.Uid)), () => Seen("web"), seconds: 120);
        Assert.Empty(await Engine.RunAsync("docker", "volume", "ls", "-q"));
        Assert.True(File.Exists(Path.Combine(host, "h")));
    }

    [Fact]
    public async Task Parts_of_a_volume_in_memory_are_shared_and_kept_as_the_whole_is()
    {
        await MakeToolsAsync();
        Pod pod = Sleeper("web", """[{"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}]""", """
            [{"name": "memory", "mountPath": "/tmp", "subPath": "tmp"}, {"name": "memory", "mountPath": "/run", "subPath": "run/a"}]
            """);
        Container writer = pod.Spec.Containers[0] with { Name = "writer", Command = ["sh", "-c", "echo written > /w/f; sleep 600"], VolumeMounts = [new() { Name = "memory", MountPath = "/w", SubPath = "./tmp/" }] };
        Server.Set([pod with { Spec = pod.Spec with { Containers = [.. pod.Spec.Containers, writer] } }]);
        await ReadyAsync("web");

        Assert.Equal("written 2000 tmpfs tmpfs", await InsideAsync("echo own > /run/f; echo $(cat /tmp/f) $(stat -c %g /run/f) $(stat -fc %T /tmp /run)"));
        await Engine.RunAsync("docker", "kill", await IdOfAsync("hello"));
        await Wait.UntilAsync(() => Container("web")?.RestartCount == 1 && Server.Pods["web"].IsReady(), () => Seen("web"));
        Assert.Equal("written own", await InsideAsync("echo $(cat /tmp/f /run/f)"));
    }

    /// <summary>After a restore, or over an empty database, the records are missing of pods that nobody has deleted.</summary>
    [Fact]
    public async Task Another_stores_volumes_stay_with_its_containers_until_a_person_confirms()
    {
        await MakeToolsAsync();
        Pod pod = Sleeper("web", """[{"name": "disk", "emptyDir": {}}]""", """[{"name": "disk", "mountPath": "/disk"}]""");
        Server.Set([pod]);
        await ReadyAsync("web");
        await InsideAsync("echo kept > /disk/f");
        string folder = Path.Combine(DataFolder, "pods", pod.Uid);

        Server.Set([Sleeper("new", """[{"name": "disk", "emptyDir": {}}]""", """[{"name": "disk", "mountPath": "/disk"}]""")], revision: 1, storeIdentity: "store-2");
        await ReadyAsync("new");
        Assert.Equal("kept\n", await File.ReadAllTextAsync(Path.Combine(folder, "disk", "f")));
        await Agent.KillAsync();
        Agent = StartAgent();
        await Wait.UntilAsync(() => Conditions.Find(Server.Node?.Conditions ?? default, "OtherStoreContainers") is not null, () => Seen("web"));
        Assert.Equal("kept\n", await File.ReadAllTextAsync(Path.Combine(folder, "disk", "f")));

        Server.Confirm("store-1");

        await Wait.UntilAsync(() => !Directory.Exists(folder), () => Seen("web"));
        Assert.True(Server.Pods["new"].IsReady());
    }

    [Fact]
    public async Task A_pod_waits_for_what_its_volumes_come_from_and_says_so()
    {
        await MakeToolsAsync();
        Server.Set([Sleeper("web", """[{"name": "v", "configMap": {"name": "settings"}}]""", """[{"name": "v", "mountPath": "/v"}]""")]);
        await Wait.UntilAsync(() => Container("web")?.State?.Waiting is { Reason: "ContainerCreating" }, () => Seen("web"));
        await Wait.UntilAsync(
            () => Server.Events.Any(said => said is { Type: "Warning", Reason: "FailedMount", Message: "MountVolume.SetUp failed for volume \"v\" : configmap \"settings\" not found" }),
            () => Seen("web"));

        Server.Configure(Settings("late"));

        await ReadyAsync("web");
        Assert.Equal("late", await InsideAsync("cat /v/a"));
    }

    [Fact]
    public async Task A_pod_has_the_names_processes_and_parts_that_it_asks_for()
    {
        await MakeToolsAsync();
        Pod pod = Sleeper("web", """[{"name": "disk", "emptyDir": {}}]""", """[{"name": "disk", "mountPath": "/part", "subPath": "a/b"}, {"name": "disk", "mountPath": "/own", "subPathExpr": "$(POD)"}]""");
        Container first = pod.Spec.Containers[0] with
        {
            Env =
            [
                new EnvVar { Name = "POD", ValueFrom = new() { FieldRef = new() { FieldPath = "metadata.name" } } },
                new EnvVar { Name = "CPUS", ValueFrom = new() { ResourceFieldRef = new() { Resource = "limits.cpu", Divisor = Quantity.Parse("1m") } } },
            ],
            Resources = new() { Limits = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("500m") }.ToValueMap() },
        };
        Server.Set([pod with
        {
            Spec = pod.Spec with
            {
                Containers = [first],
                ShareProcessNamespace = true,
                Hostname = "mine",
                Subdomain = "sub",
                SetHostnameAsFQDN = true,
                HostAliases = [new HostAlias { Ip = "10.1.2.3", Hostnames = ["db", "db.example.com"] }],
                DnsPolicy = "None",
                DnsConfig = new() { Nameservers = ["10.1.2.4"], Searches = ["example.com"], Options = [new() { Name = "ndots", Value = "3" }] },
            },
        }]);
        await ReadyAsync("web");

        const string Full = "mine.sub.default.svc.cluster.local";
        Assert.Equal($"{Full} 500 pause", await InsideAsync("read -r name < /proc/sys/kernel/hostname; echo $name $CPUS $(cat /proc/1/comm)"));
        string hosts = await InsideAsync("cat /etc/hosts");
        Assert.Contains("10.1.2.3\tdb\n", hosts, StringComparison.Ordinal);
        Assert.Contains("10.1.2.3\tdb.example.com", hosts, StringComparison.Ordinal);
        Assert.Contains($"\t{Full} mine", hosts, StringComparison.Ordinal);
        string resolving = await InsideAsync("cat /etc/resolv.conf");
        Assert.Contains("search example.com\n", resolving, StringComparison.Ordinal);
        Assert.Contains("ndots:3", resolving, StringComparison.Ordinal);

        await InsideAsync("echo 1 > /part/f; echo 2 > /own/f");
        string disk = Path.Combine(DataFolder, "pods", pod.Uid, "disk");
        Assert.Equal(("1\n", "2\n"), (await File.ReadAllTextAsync(Path.Combine(disk, "a", "b", "f")), await File.ReadAllTextAsync(Path.Combine(disk, "web", "f"))));
    }

    [Fact]
    public async Task A_pod_in_the_nodes_network_has_its_ports_and_its_name()
    {
        await MakeToolsAsync();
        Pod pod = Sleeper("web", "[]", "[]");
        Server.Set([pod with
        {
            Spec = pod.Spec with
            {
                HostNetwork = true,
                HostAliases = [new HostAlias { Ip = "10.1.2.3", Hostnames = ["db"] }],
                Containers = [pod.Spec.Containers[0] with { Ports = [new ContainerPort { Name = "http", Number = 9399, HostPort = 9399, Protocol = "TCP" }] }],
            },
        }]);
        await ReadyAsync("web");

        HostPort published = Assert.Single(Server.Pods["web"].Status!.HostPorts);
        Assert.Equal((9399, 9399), (published.ContainerPort, published.Port));
        Assert.Equal((await File.ReadAllTextAsync("/proc/sys/kernel/hostname")).Trim(), await InsideAsync("cat /proc/sys/kernel/hostname"));
        Assert.Contains("10.1.2.3\tdb", await InsideAsync("cat /etc/hosts"), StringComparison.Ordinal);
    }

    private static EnvironmentContent Login => new() { Kind = "Secret", Namespace = "default", Name = "login", Values = ValueMap.Of(("password", "s3cret")) };

    private static EnvironmentContent Settings(string a) => new() { Kind = "ConfigMap", Namespace = "default", Name = "settings", Values = ValueMap.Of(("a", a + "\n")) };

    private static Pod Sleeper(string name, string volumes, string mounts)
    {
        Pod pod = Pods.Hello(name, image: Tools, change: container => container with
        {
            Command = ["sleep", "600"],
            ReadinessProbe = null,
            Ports = [],
            VolumeMounts = ResourceJson.Deserialize<ValueList<VolumeMount>>(mounts),
        });
        return pod with
        {
            Metadata = pod.Metadata with { Labels = ValueMap.Of(("app", "web")) },
            Spec = pod.Spec with
            {
                TerminationGracePeriodSeconds = 0,
                SecurityContext = new PodSecurityContext { RunAsUser = 1000, RunAsGroup = 1000, FsGroup = 2000 },
                Volumes = ResourceJson.Deserialize<ValueList<Volume>>(volumes),
            },
        };
    }

    private async Task<string> InsideAsync(string script) => (await Engine.RunAsync("docker", "exec", await IdOfAsync("hello"), "sh", "-c", script)).Trim();

    private async Task MakeToolsAsync() => await Engine.RunAsync(
        "sh", "-c", $"tar -ch /bin/sh /bin/sleep /bin/cat /usr/bin/stat $(ldd /bin/sh /bin/sleep /bin/cat /usr/bin/stat | grep -oE '/[^ ]+\\.so[^ ]*' | sort -u) 2>/dev/null | docker import - {Tools}");
}
