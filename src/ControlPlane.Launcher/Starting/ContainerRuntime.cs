using System.Net;
using System.Net.Sockets;

namespace ControlPlane.Launcher.Starting;

/// <summary>What runs the pods, and why that was chosen.</summary>
/// <param name="Kind"><c>docker</c> or <c>process</c>.</param>
internal sealed record ContainerRuntime(string Kind, string Why)
{
    private const string DefaultHost = "unix:///var/run/docker.sock";
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <exception cref="LauncherException">Docker Engine was asked for and does not answer.</exception>
    public static async Task<ContainerRuntime> ChooseAsync(string wanted, CancellationToken cancellationToken)
    {
        if (wanted == "process")
        {
            return new ContainerRuntime("process", "as told");
        }

        string host = Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } given ? given : DefaultHost;
        return await AskAsync(host, cancellationToken) switch
        {
            null => new ContainerRuntime("docker", $"Docker Engine answers on {host}"),
            var trouble when wanted == "docker" => throw new LauncherException(
                $"Docker Engine does not answer on {host} ({trouble}); start it, name another one in DOCKER_HOST, or use --runtime process"),
            var trouble => new ContainerRuntime("process", $"no Docker Engine answers on {host}: {trouble}"),
        };
    }

    /// <summary>Null when the engine answers; else why not.</summary>
    private static async Task<string?> AskAsync(string host, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(host, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("unix" or "tcp" or "http"))
        {
            return "neither a unix:// nor a tcp:// address";
        }

        if (uri.Scheme == "unix" && !File.Exists(uri.LocalPath))
        {
            return "there is no such socket";
        }

        using SocketsHttpHandler handler = new() { UseProxy = false };
        if (uri.Scheme == "unix")
        {
            handler.ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(uri.LocalPath), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        using HttpClient client = new(handler) { Timeout = AnswerTimeout };
        Uri ping = uri.Scheme == "unix" ? new Uri("http://docker/_ping") : new UriBuilder("http", uri.Host, uri.Port, "_ping").Uri;
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(ping, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK ? null : $"it answered {(int)answer.StatusCode}";
        }
        catch (HttpRequestException error)
        {
            return (error.InnerException ?? error).Message;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {AnswerTimeout.TotalSeconds:0} s";
        }
    }
}
