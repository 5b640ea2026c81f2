using System.Net.Sockets;
using System.Text;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Probes;

/// <summary>What one probe got. The message says why it failed, as the kubelet does.</summary>
internal sealed record ProbeAnswer(bool IsSuccess, string Message = "");

/// <summary>Asks one container once.</summary>
internal sealed class ProbeRunner(IContainerRuntime runtime, TimeProvider time) : IDisposable
{
    /// <summary>As much of a refused answer's body as goes into the message.</summary>
    private const int MaxBodyChars = 200;

    /// <summary>Who asks, as containers see it.</summary>
    public const string UserAgent = "controlplane-probe";

    private readonly ContainerHttp http = new(UserAgent);
    private readonly GrpcHealth grpc = new();

    public async Task<ProbeAnswer> ProbeAsync(ProbeTarget target, Probe probe, CancellationToken cancellationToken)
    {
        TimeSpan limit = TimeSpan.FromSeconds(probe.TimeoutSeconds ?? 1);
        using CancellationTokenSource late = new(limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return probe switch
            {
                { HttpGet: { } get } => await GetAsync(target, get, either.Token),
                { TcpSocket: { } socket } => await ConnectAsync(target, socket, either.Token),
                { Grpc: { } health } => await grpc.CheckAsync(target, health, either.Token),
                { Exec: { } exec } => await ExecAsync(target, exec, either.Token),
                _ => new ProbeAnswer(IsSuccess: true),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeAnswer(IsSuccess: false, probe.Exec is null
                ? $"no answer within {limit.TotalSeconds:0}s"
                : $"command timed out: \"{string.Join(' ', probe.Exec.Command)}\" timed out after {limit.TotalSeconds:0}s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or ContainerStartException or RuntimeUnavailableException or UriFormatException)
        {
            return new ProbeAnswer(IsSuccess: false, exception.Message);
        }
    }

    public void Dispose()
    {
        http.Dispose();
        grpc.Dispose();
    }

    private async Task<ProbeAnswer> GetAsync(ProbeTarget target, HttpGetAction get, CancellationToken cancellationToken)
    {
        using HttpResponseMessage? response = await http.GetAsync(target, get, cancellationToken);
        if (response is null)
        {
            return UnknownPort(get.Port);
        }

        int status = (int)response.StatusCode;
        return status is >= 200 and < 400
            ? new ProbeAnswer(IsSuccess: true)
            : new ProbeAnswer(IsSuccess: false, $"HTTP probe failed with statuscode: {status}{await BodyOfAsync(response, cancellationToken)}");
    }

    private static async Task<ProbeAnswer> ConnectAsync(ProbeTarget target, TcpSocketAction action, CancellationToken cancellationToken)
    {
        if (ContainerHttp.AddressOf(target, action.Host, action.Port) is not var (host, port))
        {
            return UnknownPort(action.Port);
        }

        using TcpClient client = new();
        await client.ConnectAsync(host, port, cancellationToken);
        return new ProbeAnswer(IsSuccess: true);
    }

    private async Task<ProbeAnswer> ExecAsync(ProbeTarget target, ExecAction exec, CancellationToken cancellationToken)
    {
        ExecResult result = await runtime.ExecAsync(target.Running.Id, [.. exec.Command], cancellationToken);
        return result.ExitCode == 0
            ? new ProbeAnswer(IsSuccess: true)
            : new ProbeAnswer(IsSuccess: false, $"command exited with code {result.ExitCode}: {result.Output.Trim()}");
    }

    private static async Task<string> BodyOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] start = new byte[MaxBodyChars];
        int read = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        string text = Encoding.UTF8.GetString(start, 0, read).Trim();
        return text.Length > 0 ? $" ({text})" : "";
    }

    private static ProbeAnswer UnknownPort(IntOrString port) =>
        new(IsSuccess: false, ContainerHttp.NoPort(port));
}
