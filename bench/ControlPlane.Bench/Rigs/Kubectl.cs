using System.Globalization;

namespace ControlPlane.Bench.Rigs;

/// <summary>A real <c>kubectl</c>, as the user <c>admin</c>, over HTTPS: it sends no token over plain HTTP.</summary>
/// <param name="program">Its path, or a name on the PATH.</param>
/// <param name="httpsPort">Where the API listens on loopback.</param>
/// <param name="dataFolder">The API's, with its certificate authority and the token; <c>kubectl</c>'s own files go there, too.</param>
internal sealed class Kubectl(string program, int httpsPort, string dataFolder)
{
    /// <summary>Runs one command to its end.</summary>
    /// <exception cref="BenchException">It is not installed, or did not end well; the message has what it said.</exception>
    public async Task RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(dataFolder, "kubectl");
        string file = Path.Combine(folder, "config");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(file, Configuration, cancellationToken);
        Dictionary<string, string> environment = new() { ["KUBECONFIG"] = file, ["HOME"] = folder };
        await using ChildProgram kubectl = ChildProgram.StartNative(program, arguments, folder, Path.Combine(folder, "kubectl.log"), environment);
        int code = await kubectl.EndedAsync(cancellationToken);
        if (code != 0)
        {
            throw new BenchException(
                $"kubectl {string.Join(' ', arguments)} ended with {code.ToString(CultureInfo.InvariantCulture)}:\n{await kubectl.SaidAsync(cancellationToken)}");
        }
    }

    private string Configuration => $"""
        apiVersion: v1
        kind: Config
        current-context: bench
        clusters:
        - name: bench
          cluster:
            server: https://127.0.0.1:{httpsPort.ToString(CultureInfo.InvariantCulture)}
            certificate-authority: {Path.Combine(dataFolder, "ca.crt")}
        users:
        - name: admin
          user:
            tokenFile: {Path.Combine(dataFolder, "admin.token")}
        contexts:
        - name: bench
          context:
            cluster: bench
            user: admin

        """;
}
