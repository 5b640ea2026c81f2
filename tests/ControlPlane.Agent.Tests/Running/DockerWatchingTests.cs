using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ControlPlane.Agent.Runtimes.Docker;
using ControlPlane.Agent.Tests.Probing;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;
using Docker.DotNet;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>What the agent watches over on the engine: memory, probes, the size of logs, and images on a full disk.</summary>
public sealed class DockerWatchingTests(DockerEngineFixture engine) : DockerAgentTests(engine)
{
    [Fact]
    public async Task A_container_that_takes_more_memory_than_its_limit_is_said_to_be_out_of_memory()
    {
        await MakeShellAsync();
        Server.Set([Script("eater", "x=0123456789abcdef; while :; do x=$x$x; done", container => container with
        {
            Resources = new ResourceRequirements { Limits = ValueMapOf(("memory", "32Mi")) },
        })]);

        await Wait.UntilAsync(() => Server.Pods.GetValueOrDefault("eater")?.Status?.Phase == "Failed", () => Seen("eater"), seconds: 120);

        ContainerStateTerminated end = Container("eater")!.State!.Terminated!;
        Assert.Equal(("OOMKilled", 137), (end.Reason, end.ExitCode));
    }

    [Fact]
    public async Task A_startup_probe_gates_readiness_and_restarts_a_container_that_never_starts_up()
    {
        Probe startup = new() { HttpGet = new HttpGetAction { Path = "/healthz", Port = "http" }, PeriodSeconds = 1, FailureThreshold = 30 };
        Pod starts = Pods.Hello("starts", change: container => container with { StartupProbe = startup });
        Pod stalls = Pods.Hello("stalls", change: container => container with
        {
            StartupProbe = startup with { HttpGet = new HttpGetAction { Path = "/never", Port = "http" }, FailureThreshold = 3 },
        });
        Server.Set([starts, stalls]);

        await ReadyAsync("starts");
        Assert.True(Container("starts")!.Started);
        await Wait.UntilAsync(() => Container("stalls")?.RestartCount >= 1, () => Seen("stalls"), seconds: 120);
        Assert.Contains(Server.Events, said => said is { Reason: "Killing", Message: "Container hello failed startup probe, will be restarted" });
        Assert.DoesNotContain(Server.Reports.SelectMany(report => report.Pods), pod => pod.Name == "stalls" && pod.IsReady());
        Assert.Contains(
            Server.Reports.SelectMany(report => report.Pods),
            pod => pod.Name == "stalls" && ReadyMessageOf(pod).Contains("; hello: Startup probe failed: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_probe_over_https_takes_any_certificate()
    {
        using X509Certificate2 certificate = SelfSigned();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        await using WebApplication server = builder.Build();
        bool isWell = false;
        server.MapGet("/healthz", () => isWell ? Microsoft.AspNetCore.Http.Results.Ok() : Microsoft.AspNetCore.Http.Results.StatusCode(500));
        await server.StartAsync();
        int port = new Uri(server.Urls.Single()).Port;
        Server.Set([Pods.Hello("web", change: container => container with
        {
            ReadinessProbe = new Probe { HttpGet = new HttpGetAction { Scheme = "HTTPS", Host = "127.0.0.1", Path = "/healthz", Port = port }, PeriodSeconds = 1 },
        })]);
        await Wait.UntilAsync(
            () => Server.Pods.TryGetValue("web", out PodReport? report) && ReadyMessageOf(report).Contains("statuscode: 500", StringComparison.Ordinal), () => Seen("web"));

        isWell = true;

        await ReadyAsync("web");
    }

    [Fact]
    public async Task A_log_is_kept_in_three_files_of_ten_megabytes()
    {
        await MakeShellAsync();
        string line = new('x', 16_000);
        Server.Set([Script("talker", $"i=0; while [ $i -lt 2800 ]; do echo {line}; i=$((i+1)); done; echo the last line")]);

        await Wait.UntilAsync(() => Server.Pods.GetValueOrDefault("talker")?.Status?.Phase == "Succeeded", () => Seen("talker"), seconds: 120);

        string id = Assert.Single(await IdsAsync("-a"));
        Assert.Equal(
            """{"Type":"json-file","Config":{"max-file":"3","max-size":"10m"}}""",
            (await Engine.RunAsync("docker", "inspect", id, "-f", "{{json .HostConfig.LogConfig}}")).Trim());
        string log = (await Engine.RunAsync("docker", "inspect", id, "-f", "{{.LogPath}}")).Trim();
        FileInfo[] files = new DirectoryInfo(Path.GetDirectoryName(log)!).GetFiles("*.log*");
        Assert.Equal(3, files.Length);
        Assert.All(files, file => Assert.InRange(file.Length, 1, 11_000_000));
        Assert.Equal("the last line\n", await Server.ReadLogAsync(Server.Pods["talker"].Uid, new LogOptions { Container = "hello", TailLines = 1 }));
    }

    [Fact]
    public async Task A_full_disk_loses_the_longest_unused_images_until_enough_is_free_and_never_one_in_use()
    {
        foreach (string present in await ImagesAsync("-a"))
        {
            await UseAsync(present);
        }

        string used = await ImportAsync("used:v1");
        string old = await ImportAsync("new:v1");
        string fresh = await ImportAsync("new:v1"); // which leaves the old one without a name
        await UseAsync(used);
        string user = await UseAsync(fresh);
        SteppedTime time = new();
        using DockerClient client = new DockerClientBuilder().WithEndpoint(new Uri(Engine.Host)).Build();
        Queue<int> usedPercent = [];
        DockerImages images = new(client, time, NullLogger<DockerImages>.Instance, _ => usedPercent.Dequeue());

        async Task<string[]> CleanAsync(params int[] percents)
        {
            usedPercent = new(percents);
            await images.CleanAsync(CancellationToken.None);
            string[] present = await ImagesAsync();
            return [.. new[] { used, old, fresh }.Where(present.Contains)];
        }

        // The disk is asked first for whether it is full, at 85 %, then before each image that goes, for whether there is enough room, at 80 %.
        Assert.Equal([used, old, fresh], await CleanAsync(85));
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal([used, old, fresh], await CleanAsync(84));
        Assert.Equal([used, fresh], await CleanAsync(85, 85));
        await Engine.RunAsync("docker", "rm", user);
        Assert.Equal([used, fresh], await CleanAsync(90));
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal([used, fresh], await CleanAsync(85, 80));
        Assert.Equal([used], await CleanAsync(90, 90));
    }

    private async Task<string[]> ImagesAsync(params string[] more) =>
        [.. (await Engine.RunAsync("docker", ["images", "-q", "--no-trunc", .. more])).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct()];

    /// <summary>Makes an image of one file; returns its id.</summary>
    private async Task<string> ImportAsync(string name)
    {
        await Engine.RunAsync("sh", "-c", $"d=$(mktemp -d) && date +%s%N > $d/made && tar -C $d -c made | docker import - {name}; rm -r $d");
        return Assert.Single(await ImagesAsync(name));
    }

    /// <summary>Makes a container of an image, which never runs; returns its id.</summary>
    private async Task<string> UseAsync(string image) =>
        (await Engine.RunAsync("docker", "create", "--label", "controlplane.dev/node=node-1", image, "/none")).Split('\n').First(line => line.Length == 64);

    private static string ReadyMessageOf(PodReport report) =>
        report.Status?.Conditions.FirstOrDefault(condition => condition.Type == "Ready")?.Message ?? "";

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=nobody", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddHours(1));
    }
}
