using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlPlane.EndToEnd.Tests.Harness;
using ControlPlane.Testing;

namespace ControlPlane.EndToEnd.Tests;

/// <summary><c>kubectl logs</c> in its forms, on the process runtime.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class LogsTests(SharedProduct shared)
{
    private const string Speakers = """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"speakers","labels":{"app":"speakers"}},"spec":{
         "initContainers":[{"name":"first","image":"hello:v1","command":["sh","-c","echo first prepares"]}],
         "containers":[{"name":"one","image":"hello:v1","command":["sh","-c","echo one speaks; echo one goes on; exec sleep 600"]},
          {"name":"two","image":"hello:v1","command":["sh","-c","echo two speaks; exit 1"]}]}}
        """;

    private static readonly string[] Prefixed = ["[pod/speakers/first] first prepares\n", "[pod/speakers/one] one speaks\n", "[pod/speakers/two] two speaks\n"];

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Fact]
    public async Task Logs_OfThisLifeAndTheOneBefore_WholeCutAndFollowed()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("logs"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await kubectl.OkAsync("scale", "deployment/hello", "--replicas=1");
        await hello.BecomeReadyAsync(1);
        JsonNode pod = (await hello.PodsAsync())[0];
        string listens = "hello v1 listens on";

        // It answers its probe a moment before it says so.
        await shared.Product.EventuallyAsync(
            "the process has said that it listens", TimeSpan.FromSeconds(90), async () => await kubectl.OkAsync("logs", pod.Name()) is { Length: 0 } ? "an empty log" : null);
        Assert.StartsWith(listens, await kubectl.OkAsync("logs", pod.Name()), StringComparison.Ordinal);
        Assert.StartsWith(listens, await kubectl.OkAsync("logs", "deployment/hello", "--tail=1"), StringComparison.Ordinal);
        Assert.Empty(await kubectl.OkAsync("logs", pod.Name(), "--tail=0"));
        Assert.Equal("hell", await kubectl.OkAsync("logs", pod.Name(), "--limit-bytes=4"));
        AssertRefused(await kubectl.RunAsync("logs", pod.Name(), "--previous"), "previous terminated container \"hello\" not found");

        Assert.True(ContainerProcesses.KillOf(shared.Product, pod.Uid()), "the pod has no process");
        await shared.Product.EventuallyAsync(
            "the container runs again",
            TimeSpan.FromSeconds(90),
            async () => (await hello.PodsAsync())[0] is var now && now.Restarts() == 1 ? null : Deployments.Describe([now]));
        await hello.BecomeReadyAsync(1);
        Assert.StartsWith(listens, await kubectl.OkAsync("logs", pod.Name(), "--previous"), StringComparison.Ordinal);

        using TemporaryFolder folder = new("logs");
        string file = Path.Combine(folder.Path, "followed");
        Task<CommandResult> followed = await FollowAsync(kubectl, file, said => said.StartsWith(listens, StringComparison.Ordinal), pod.Name());
        await kubectl.OkAsync("delete", "deployment", "hello");
        (await followed).OrThrow();
    }

    [Fact]
    public async Task Logs_ByTime_AreCutAndStamped()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("log-times"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-2);
        await kubectl.OkAsync("create", "deployment", "hello", "--image=hello:v1");
        await hello.BecomeReadyAsync(1);

        // Without a readiness probe the pod counts as ready before its process has said anything.
        await shared.Product.EventuallyAsync(
            "the process has said that it listens",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("logs", "deployment/hello") is { Length: 0 } ? "an empty log" : null);

        string stamped = await kubectl.OkAsync("logs", "deployment/hello", "--timestamps");
        Assert.EndsWith("Z", stamped.Split(' ')[0], StringComparison.Ordinal);
        DateTimeOffset written = DateTimeOffset.Parse(stamped.Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(written, before, DateTimeOffset.UtcNow);
        Assert.StartsWith("hello v1 listens on", stamped[(stamped.IndexOf(' ', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal);
        Assert.StartsWith("hello v1 listens on", await kubectl.OkAsync("logs", "deployment/hello", "--since=1h"), StringComparison.Ordinal);
        Assert.StartsWith("hello v1 listens on", await kubectl.OkAsync("logs", "deployment/hello", $"--since-time={Rfc3339(before)}"), StringComparison.Ordinal);
        Assert.Empty(await kubectl.OkAsync("logs", "deployment/hello", $"--since-time={Rfc3339(DateTimeOffset.UtcNow.AddHours(1))}"));
        await kubectl.OkAsync("delete", "deployment", "hello");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Logs_OfEachContainer_OfAll_AndByLabel(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("log-containers"));
        await kubectl.CreateAsync(Speakers);
        await shared.Product.EventuallyAsync(
            "two has ended once and runs again",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "pod", "speakers", "-o", "jsonpath={.status.containerStatuses[*].restartCount} {.status.phase}") is var seen && Regex.IsMatch(seen, "^0 [1-9]") ? null : seen);

        await shared.Product.EventuallyAsync(
            "one has said all, too",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("logs", "speakers", "-c", "one") is var said && said.EndsWith("goes on\n", StringComparison.Ordinal) ? null : said);

        await kubectl.SaysAsync("first prepares", "logs", "speakers", "-c", "first");
        await kubectl.SaysAsync("one speaks\none goes on", "logs", "speakers", "-c", "one");
        Assert.Equal("one goes on\n", await kubectl.OkAsync("logs", "speakers", "-c", "one", "--tail=1"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\S+Z one speaks\n\S+Z one goes on\n$", await kubectl.OkAsync("logs", "speakers", "-c", "one", "--timestamps"));
        await kubectl.SaysAsync("one speaks", "logs", "speakers", "-c", "one", "--since=1h");
        await kubectl.SaysAsync("two speaks", "logs", "speakers", "-c", "two", "--previous");
        await kubectl.RefusesAsync("previous terminated container \"one\" not found", "logs", "speakers", "-c", "one", "--previous");
        await kubectl.RefusesAsync("container three is not valid for pod speakers", "logs", "speakers", "-c", "three");

        // Two may just be starting once more, and has said nothing yet in that life.
        await shared.Product.EventuallyAsync(
            "each line has its container's name",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("logs", "speakers", "--all-containers", "--prefix") is var all && Prefixed.All(line => all.Contains(line, StringComparison.Ordinal)) ? null : all);
        string labelled = await kubectl.OkAsync("logs", "-l", "app=speakers", "--all-containers", "--tail=1");
        Assert.Contains("one goes on", labelled, StringComparison.Ordinal);
        Assert.DoesNotContain("one speaks", labelled, StringComparison.Ordinal);

        // Two containers and no name: the older kubectl says which there are, the newer one takes the first.
        CommandResult unnamed = await kubectl.RunAsync("logs", "speakers");
        Assert.Contains(
            version == "1.20" ? "a container name must be specified for pod speakers, choose one of: [one two] or one of the init containers: [first]" : "Defaulted container \"one\" out of: one, two, first (init)",
            unnamed.Errors,
            StringComparison.Ordinal);

        using TemporaryFolder folder = new("logs");
        string file = Path.Combine(folder.Path, "followed");
        Task<CommandResult> followed = await FollowAsync(kubectl, file, said => said == "one speaks\none goes on\n", "speakers", "-c", "one");
        await kubectl.OkAsync("delete", "pod", "speakers", "--grace-period=1");
        (await followed).OrThrow();
        Assert.Equal("one speaks\none goes on\n", await File.ReadAllTextAsync(file));
    }

    /// <summary>Starts a kubectl that follows into a file, and returns once it has said what is there so far, and goes on.</summary>
    private async Task<Task<CommandResult>> FollowAsync(Kubectl kubectl, string file, Func<string, bool> isWhole, params string[] container)
    {
        Task<CommandResult> followed = Command.RunAsync("sh", ["-c", $"exec {kubectl.LineOf(["logs", "--follow", .. container])} >{file}"], kubectl.Environment);
        await shared.Product.EventuallyAsync(
            "it is followed", TimeSpan.FromSeconds(90), async () => File.Exists(file) && await File.ReadAllTextAsync(file) is var said && isWhole(said) ? null : "not all lines yet");
        Assert.False(followed.IsCompleted, "what is followed has not ended");
        return followed;
    }

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static void AssertRefused(CommandResult result, string why)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"Error from server (BadRequest): {why}", result.Errors.Trim());
    }
}
