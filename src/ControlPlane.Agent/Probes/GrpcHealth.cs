using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Probes;

/// <summary>
/// Asks a container's health service over gRPC, without TLS, as the kubelet does (Kubernetes: pkg/probe/grpc; gRPC: health checking protocol, <c>grpc.health.v1</c>). Of protobuf there is one text in what is
/// asked and one number in what is answered.
/// </summary>
internal sealed class GrpcHealth : IDisposable
{
    /// <summary>Bytes of an answer that are read; a health answer has seven.</summary>
    private const int AnswerBytesMax = 4096;

    /// <summary>A message's head: whether it is compressed, and its length (gRPC over HTTP2, Length-Prefixed-Message).</summary>
    private const int HeadBytes = 5;

    private const string Ok = "0";
    private const string Unimplemented = "12";

    private static readonly string[] Statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Asks once.</summary>
    /// <exception cref="HttpRequestException">Nobody answers, or not in HTTP/2.</exception>
    /// <exception cref="IOException">The answer was broken off.</exception>
    public async Task<ProbeAnswer> CheckAsync(ProbeTarget target, GrpcAction action, CancellationToken cancellationToken)
    {
        if (ContainerHttp.AddressOf(target, host: null, action.Port) is not var (host, port))
        {
            return new ProbeAnswer(IsSuccess: false, ContainerHttp.NoPort(action.Port));
        }

        using HttpRequestMessage request = new(HttpMethod.Post, new Uri($"http://{host}:{port}/grpc.health.v1.Health/Check"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(RequestFor(action.Service ?? "")) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            Headers = { { "TE", "trailers" } },
        };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(ProbeRunner.UserAgent, "1"));
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        byte[] answer = new byte[AnswerBytesMax];
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        int length = await body.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, cancellationToken);
        return Judge(response, answer.AsSpan(0, length));
    }

    public void Dispose() => http.Dispose();

    private static byte[] RequestFor(string service)
    {
        byte[] name = Encoding.UTF8.GetBytes(service);
        List<byte> message = [];
        if (name.Length > 0)
        {
            const byte FirstFieldIsText = 0x0a;
            message.Add(FirstFieldIsText);
            uint left = (uint)name.Length;
            for (; left > 0x7f; left >>= 7)
            {
                message.Add((byte)(left | 0x80));
            }

            message.Add((byte)left);
            message.AddRange(name);
        }

        byte[] request = new byte[HeadBytes + message.Count];
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(1), message.Count);
        message.CopyTo(request, HeadBytes);
        return request;
    }

    /// <summary>In the kubelet's words.</summary>
    private static ProbeAnswer Judge(HttpResponseMessage response, ReadOnlySpan<byte> answer)
    {
        string code = TrailerOf(response, "grpc-status");
        if (response.StatusCode != HttpStatusCode.OK || code != Ok)
        {
            string why = code.Length == 0 ? $"HTTP status {(int)response.StatusCode} without a gRPC status" : $"code {code}: {Uri.UnescapeDataString(TrailerOf(response, "grpc-message"))}";
            return new ProbeAnswer(IsSuccess: false, code == Unimplemented
                ? $"error: this server does not implement the grpc health protocol (grpc.health.v1.Health): {why}"
                : $"error: health rpc probe failed: {why}");
        }

        int status = StatusIn(answer);
        return status == 1
            ? new ProbeAnswer(IsSuccess: true)
            : new ProbeAnswer(IsSuccess: false, $"service unhealthy (responded with \"{(status < Statuses.Length ? Statuses[status] : status.ToString(CultureInfo.InvariantCulture))}\")");
    }

    /// <summary>The answer's first field, a small number; 0 where it is absent, as protobuf has it.</summary>
    private static int StatusIn(ReadOnlySpan<byte> answer)
    {
        const byte FirstFieldIsNumber = 0x08;
        return answer.Length >= HeadBytes + 2 && answer[HeadBytes] == FirstFieldIsNumber ? answer[HeadBytes + 1] : 0;
    }

    /// <summary>A status stands behind the messages, or among the headers where there are none.</summary>
    private static string TrailerOf(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? values) || response.Headers.TryGetValues(name, out values) ? values.Last() : "";
}
