using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;
using ControlPlane.Testing;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>The product on a real Docker Engine.</summary>
[Collection(OwnProduct.Name)]
public sealed class DockerTests : IClassFixture<DockerProduct>
{
    private const int Replicas = 3;
    private readonly DockerProduct docker;

    public DockerTests(DockerProduct docker) => this.docker = docker;

    /// <summary>With the recent kubectl; the old one drives the canary in <see cref="DockerServiceTests"/>.</summary>
    [Fact]
    public async Task Deployment_RunsInContainersAndRollsToANewImage()
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync("roll");
        Assert.Equal(Replicas, (await ContainersAsync(kubectl.Namespace)).Length);
        string wide = await kubectl.OkAsync("get", "deployments,replicasets,pods,nodes", "-o", "wide");
        Assert.Matches(@"node/node-1\s+Ready\s.*docker://", wide);
        Assert.Matches(@"pod/hello-\w+-\w+\s+1/1\s+Running\s+0", wide);
        Assert.Contains("hello v1 listens on", await kubectl.OkAsync("logs", (await hello.PodsAsync())[0].Name()), StringComparison.Ordinal);
        Assert.Contains("Started", await kubectl.OkAsync("get", "events"), StringComparison.Ordinal);

        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        Assert.Contains(
            "successfully rolled out", await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s"), StringComparison.Ordinal);
        await hello.BecomeReadyAsync(Replicas);

        Assert.All(await hello.PodsAsync(), pod => Assert.Equal("hello:v2", pod["spec"]!["containers"]![0]!["image"]!.GetValue<string>()));
        Assert.Equal(2, (await hello.ReplicaSetsAsync()).Count);

        await kubectl.OkAsync("rollout", "undo", "deployment/hello");
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await hello.BecomeReadyAsync(Replicas);
        Assert.All(await hello.PodsAsync(), pod => Assert.Equal("hello:v1", pod["spec"]!["containers"]![0]!["image"]!.GetValue<string>()));
        await kubectl.OkAsync("delete", "deployment", "hello");
        await docker.Product.EventuallyAsync(
            "no container is left",
            TimeSpan.FromSeconds(90),
            async () => await ContainersAsync(kubectl.Namespace) is { Length: > 0 } left ? string.Join(' ', left) : null);
    }

    [Fact]
    public async Task RemovedContainer_IsReplacedAndKilledOneRestarted_WithinFiveSeconds()
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync("heal");
        string[] containers = await ContainersAsync(kubectl.Namespace);

        await docker.Engine.RunAsync("docker", "rm", "-f", containers[0]);
        await docker.Product.EventuallyAsync(
            "three containers run again", TimeSpan.FromSeconds(5), async () => await ContainersAsync(kubectl.Namespace) is { Length: not Replicas } now ? string.Join(' ', now) : null);
        await hello.BecomeReadyAsync(Replicas);

        int restarts = (await hello.PodsAsync()).Sum(pod => pod.Restarts());
        await docker.Engine.RunAsync("docker", "kill", containers[1]);
        await docker.Product.EventuallyAsync(
            "the container runs again, its restart counted",
            TimeSpan.FromSeconds(5),
            async () => (await hello.PodsAsync()) is var pods && pods.Sum(pod => pod.Restarts()) == restarts + 1
                && (await ContainersAsync(kubectl.Namespace)).Length == Replicas ? null : Deployments.Describe(pods));
        await hello.BecomeReadyAsync(Replicas);
        await kubectl.OkAsync("delete", "deployment", "hello");
    }

    [Fact]
    public async Task StartedAgain_RunsTheSamePodsAfterCtrlCAndAdoptsTheirContainersAfterAKill()
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync("again");
        string pods = await hello.UidsOfReadyPodsAsync();

        Assert.Equal(0, await docker.Product.InterruptAsync());
        Assert.Empty(await docker.Engine.RunAsync("docker", "ps", "-q"));
        hello = await docker.StartAgainAsync(kubectl.Namespace);
        await docker.Product.EventuallyAsync(
            "the pods run again, one restart of each counted",
            TimeSpan.FromSeconds(90),
            async () => (await hello.PodsAsync()) is var now && now.All(pod => pod.Restarts() == 1)
                && (await ContainersAsync(kubectl.Namespace)).Length == Replicas ? null : Deployments.Describe(now));
        await hello.BecomeReadyAsync(Replicas);
        Assert.Equal(pods, await hello.UidsOfReadyPodsAsync());

        string[] containers = await ContainersAsync(kubectl.Namespace);
        await docker.Product.KillLauncherAsync();
        hello = await docker.StartAgainAsync(kubectl.Namespace);
        await kubectl.OkAsync("scale", "deployment/hello", $"--replicas={Replicas + 1}");
        await hello.BecomeReadyAsync(Replicas + 1);
        Assert.Subset((await ContainersAsync(kubectl.Namespace)).ToHashSet(), containers.ToHashSet());
        await kubectl.OkAsync("delete", "deployment", "hello");
    }

    [Fact]
    public async Task ImageOfAPasswordProtectedRegistry_IsPulledWithTheSecretOnly()
    {
        await using PrivateRegistry registry = await PrivateRegistry.StartAsync(docker.Engine);
        string image = await registry.PushAsync("hello:v1");
        await docker.Engine.RunAsync("docker", "rmi", image);
        Kubectl kubectl = await docker.Kubectl("recent").InNewAsync(docker.NewNamespace("registry"));
        await kubectl.OkAsync(
            "create", "secret", "docker-registry", "login", $"--docker-server={registry.Address}", $"--docker-username={PrivateRegistry.User}", $"--docker-password={PrivateRegistry.Password}");
        await kubectl.OkAsync("create", "deployment", "private", $"--image={image}");
        Deployments pods = new(docker.Product, docker.Api, kubectl.Namespace);
        await docker.Product.EventuallyAsync(
            "without the secret, the image cannot be pulled",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "pods") is var seen && (seen.Contains("ErrImagePull", StringComparison.Ordinal) || seen.Contains("ImagePullBackOff", StringComparison.Ordinal)) ? null : seen);

        await kubectl.OkAsync(
            "patch", "deployment", "private", "--type=merge", "-p", """{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"login"}]}}}}""");

        await pods.BecomeReadyAsync(1);
        await kubectl.OkAsync("delete", "deployment", "private");
    }

    [Fact]
    public async Task TagThatMoves_LeavesARevisionWithTheDigestThatItRanFirst()
    {
        await using PrivateRegistry registry = await PrivateRegistry.StartAsync(docker.Engine);
        string image = await registry.PushAsync("hello:v1", under: "app:stable");
        Kubectl kubectl = await docker.Kubectl("recent").InNewAsync(docker.NewNamespace("moving"));
        Deployments app = new(docker.Product, docker.Api, kubectl.Namespace);
        await kubectl.OkAsync(
            "create", "secret", "docker-registry", "login", $"--docker-server={registry.Address}", $"--docker-username={PrivateRegistry.User}", $"--docker-password={PrivateRegistry.Password}");
        (await kubectl.RunWithInputAsync(
            $$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"app"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"app"} },
             "template":{"metadata":{"labels":{"app":"app"} },"spec":{"imagePullSecrets":[{"name":"login"}],
              "containers":[{"name":"app","image":"{{image}}","imagePullPolicy":"Always"}]} } } }
            """,
            "apply", "-f", "-")).OrThrow();
        await app.BecomeReadyAsync(2);
        string first = Assert.Single(await ImageIdsAsync(app));
        Assert.StartsWith($"{registry.Address}/private/app@sha256:", first, StringComparison.Ordinal);

        await registry.PushAsync("hello:v2", under: "app:stable");
        await kubectl.OkAsync("scale", "deployment/app", "--replicas=3");
        await app.BecomeReadyAsync(3);
        Assert.Equal(first, Assert.Single(await ImageIdsAsync(app)));
        string third = (await app.PodsAsync()).MaxBy(pod => pod["metadata"]!["creationTimestamp"]!.GetValue<string>())!.Name();
        await docker.Product.EventuallyAsync(
            "the third pod says that it is the first version",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("logs", third) is var log && log.Contains("hello v1 listens on", StringComparison.Ordinal) ? null : log);

        await kubectl.OkAsync("rollout", "restart", "deployment/app");
        await kubectl.OkAsync("rollout", "status", "deployment/app", "--timeout=150s");
        await app.BecomeReadyAsync(3);
        string moved = Assert.Single(await ImageIdsAsync(app));
        Assert.NotEqual(first, moved);

        await kubectl.OkAsync("rollout", "undo", "deployment/app");
        await kubectl.OkAsync("rollout", "status", "deployment/app", "--timeout=150s");
        await app.BecomeReadyAsync(3);
        Assert.Equal(first, Assert.Single(await ImageIdsAsync(app)));

        IReadOnlyList<JsonNode> history = await docker.Api.ListAsync($"/apis/apps/v1/namespaces/{kubectl.Namespace}/deployments/app/history");
        Assert.Equal([first, moved, first], history.Select(item => item["resolvedImages"]![image]!.GetValue<string>()));
        Assert.All(await app.PodsAsync(), pod => Assert.Equal(image, pod["spec"]!["containers"]![0]!["image"]!.GetValue<string>()));
        await PromotionPinsAsync(kubectl, image, first);
        await kubectl.OkAsync("delete", "deployment", "app");
    }

    /// <summary>The next environment gets what this one runs, whatever the tag has come to mean, and runs it.</summary>
    private async Task PromotionPinsAsync(Kubectl kubectl, string image, string digest)
    {
        Kubectl next = await kubectl.InNewAsync(docker.NewNamespace("next"));
        await next.OkAsync("create", "deployment", "app", "--image=" + image, "--replicas=0");

        Answer promoted = await docker.Api.SendAsync(HttpMethod.Post, PathIn(kubectl) + "/promote-to", $$"""{"toNamespace":"{{next.Namespace}}"}""");

        Assert.True(promoted.Code == 201, promoted.Text);
        Assert.Equal((image, digest), ((string)promoted.Json["images"]![0]!["from"]!, (string)promoted.Json["images"]![0]!["to"]!));
        await next.OkAsync("scale", "deployment/app", "--replicas=1");
        Deployments app = new(docker.Product, docker.Api, next.Namespace);
        await app.BecomeReadyAsync(1);
        Assert.Equal(digest, Assert.Single(await ImageIdsAsync(app)));
        await next.OkAsync("delete", "deployment", "app");
    }

    private static string PathIn(Kubectl kubectl) => $"/apis/apps/v1/namespaces/{kubectl.Namespace}/deployments/app";

    [Fact]
    public async Task Exec_Cp_AndAttach_ReachIntoAContainer()
    {
        await ToolsImage.MakeAsync(docker.Engine);
        Kubectl kubectl = await docker.Kubectl("recent").InNewAsync(docker.NewNamespace("exec"));
        Talker talker = await Talker.StartAsync(kubectl, ToolsImage.Name);

        CommandResult failed = await kubectl.RunAsync("exec", Talker.Pod, "--", "sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n"), (failed.ExitCode, failed.Output));
        Assert.Equal("err\ncommand terminated with exit code 3", failed.Errors.Trim());
        Assert.Equal("1000000", (await kubectl.RunWithInputAsync(new string('x', 1_000_000), "exec", "-i", Talker.Pod, "--", "wc", "-c")).OrThrow().Trim());
        CommandResult missing = await kubectl.RunAsync("exec", Talker.Pod, "--", "no-such-program");
        Assert.NotEqual(0, missing.ExitCode);
        Assert.Contains("executable file not found in $PATH", missing.Output + missing.Errors, StringComparison.Ordinal);

        await talker.ShowsItsTerminalsSizeAsync();
        await talker.TakesAndGivesFilesAsync("/tmp");
        await talker.IsHeardUntilItIsDeletedAsync();
    }

    private static async Task<IReadOnlyList<string>> ImageIdsAsync(Deployments deployments) =>
        [.. (await deployments.PodsAsync()).Select(pod => pod["status"]!["containerStatuses"]![0]!["imageID"]!.GetValue<string>()).Distinct()];

    private async Task<(Kubectl Kubectl, Deployments Hello)> StartHelloAsync(string subject)
    {
        Kubectl kubectl = await docker.Kubectl("recent").InNewAsync(docker.NewNamespace(subject));
        Deployments hello = new(docker.Product, docker.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await hello.BecomeReadyAsync(Replicas);
        return (kubectl, hello);
    }

    /// <summary>The running containers of a namespace's pods, by id.</summary>
    private async Task<string[]> ContainersAsync(string space)
    {
        HashSet<string> ids = [];
        foreach (JsonNode pod in await docker.Api.ListAsync($"/api/v1/namespaces/{space}/pods"))
        {
            ids.UnionWith(pod["status"]?["containerStatuses"]?.AsArray().Select(one => one!["containerID"]?.GetValue<string>().Split("//")[^1] ?? "") ?? []);
        }

        string running = await docker.Engine.RunAsync("docker", "ps", "-q", "--no-trunc");
        return [.. running.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(ids.Contains)];
    }
}

/// <summary>One Docker Engine and one product on it, for the tests of this class.</summary>
public class DockerProduct : IAsyncLifetime, IDisposable
{
    private int lastNamespace;

    /// <summary>How many nodes there are on the one engine.</summary>
    protected virtual string Nodes => "1";

    public DockerEngineFixture Engine { get; } = new();

    internal Product Product { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Engine.InitializeAsync();
        Product = await Product.StartAsync(["--runtime", "docker", "--no-sample", "--nodes", Nodes], new Dictionary<string, string?> { ["DOCKER_HOST"] = Engine.Host });
        Api = new ApiClient(Product);
    }

    public async Task DisposeAsync()
    {
        Api?.Dispose();
        if (Product is not null)
        {
            await Product.DisposeAsync();
        }

        await Engine.DisposeAsync();
    }

    public void Dispose()
    {
        Engine.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the product that was stopped or killed on its data folder. It has another port now, so earlier clients are of no use.</summary>
    internal async Task<Deployments> StartAgainAsync(string space)
    {
        Api.Dispose();
        await Product.StartAgainAsync();
        Api = new ApiClient(Product);
        return new Deployments(Product, Api, space);
    }

    internal Kubectl Kubectl(string version) => new(Product, version);

    internal string NewNamespace(string subject) => $"{subject}-{Interlocked.Increment(ref lastNamespace)}";
}
