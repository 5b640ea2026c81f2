namespace ControlPlane.Bench.Rigs;

/// <summary>The images of the sample application in the Docker Engine that <c>DOCKER_HOST</c> names. The first is made, every other is another name for it.</summary>
internal sealed class DockerImages
{
    private const string First = "hello:v1";

    private readonly string logFolder = Directory.CreateTempSubdirectory("controlplane-bench-docker-").FullName;

    private DockerImages()
    {
    }

    /// <exception cref="BenchException">No engine answers, or the image cannot be made.</exception>
    public static async Task<DockerImages> StartAsync(CancellationToken cancellationToken)
    {
        DockerImages images = new();
        await images.RunAsync("docker", ["version"], cancellationToken);
        await images.RunAsync(Rig.FileOf("examples/hello/make-image"), [First], cancellationToken);
        return images;
    }

    public Task HasAsync(string image, CancellationToken cancellationToken) =>
        image == First ? Task.CompletedTask : RunAsync("docker", ["tag", First, image], cancellationToken);

    /// <summary>Takes away the nodes' networks, which outlive their agents. Where the rig did not come to make them there are none.</summary>
    public async Task CleanAsync(IEnumerable<string> nodes)
    {
        await TryAsync("docker", ["network", "rm", .. nodes.Select(node => $"controlplane-{node}")], CancellationToken.None);
        Directory.Delete(logFolder, recursive: true);
    }

    private async Task RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (await TryAsync(program, arguments, cancellationToken) is { } words)
        {
            throw new BenchException($"{program} {string.Join(' ', arguments)} failed:\n{words}");
        }
    }

    /// <summary>What the program said when it failed; null when it did not.</summary>
    private async Task<string?> TryAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string log = Path.Combine(logFolder, "docker.log");
        int exitCode;
        await using (ChildProgram child = ChildProgram.StartNative(program, arguments, logFolder, log))
        {
            exitCode = await child.EndedAsync(cancellationToken);
        }

        return exitCode == 0 ? null : await File.ReadAllTextAsync(log, cancellationToken);
    }
}
