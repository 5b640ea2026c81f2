using System.Globalization;
using System.Net;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;
using ControlPlane.Infrastructure.Network;

namespace ControlPlane.Bench.Limits;

/// <summary>HAProxy or nginx as a plain reverse proxy: least connections, kept connections to the pods, two threads, nothing else.</summary>
internal sealed class PlainProxy : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);
    private readonly ChildProgram program;

    private PlainProxy(ChildProgram program, IPEndPoint address)
    {
        this.program = program;
        Address = address;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>What its processor time is read from.</summary>
    public ProcessTree Processes => new(program.Id);

    /// <exception cref="BenchException">It is not installed, or did not start.</exception>
    public static Task<PlainProxy> StartHaProxyAsync(IReadOnlyList<IPEndPoint> pods, string folder, CancellationToken cancellationToken) =>
        StartAsync("haproxy", ["-db", "-f"], HaProxyFile, pods, folder, cancellationToken);

    /// <inheritdoc cref="StartHaProxyAsync"/>
    public static Task<PlainProxy> StartNginxAsync(IReadOnlyList<IPEndPoint> pods, string folder, CancellationToken cancellationToken) =>
        StartAsync("nginx", ["-e", "stderr", "-p", folder, "-c"], NginxFile, pods, folder, cancellationToken);

    public ValueTask DisposeAsync() => program.DisposeAsync();

    private static async Task<PlainProxy> StartAsync(
        string name,
        IEnumerable<string> arguments,
        Func<IPEndPoint, IReadOnlyList<IPEndPoint>, string> configuration,
        IReadOnlyList<IPEndPoint> pods,
        string folder,
        CancellationToken cancellationToken)
    {
        IPEndPoint address = new(IPAddress.Loopback, FreePort.Find(IPAddress.Loopback));
        string file = Path.Combine(folder, $"{name}.conf");
        await File.WriteAllTextAsync(file, configuration(address, pods), cancellationToken);
        ChildProgram program = ChildProgram.StartNative(PathOf(name), [.. arguments, file], folder, Path.Combine(folder, $"{name}.log"));
        PlainProxy proxy = new(program, address);
        using CancellationTokenSource late = new(StartTimeout);
        while (!await ListensAsync(address, cancellationToken))
        {
            if (program.HasEnded || late.IsCancellationRequested)
            {
                await proxy.DisposeAsync();
                throw new BenchException($"{name} did not start:\n{await File.ReadAllTextAsync(program.LogFile, cancellationToken)}");
            }

            await Task.Delay(20, cancellationToken);
        }

        return proxy;
    }

    private static async Task<bool> ListensAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using Loads.HttpCaller caller = new(address, keepsAlive: false);
        return await caller.CallAsync(cancellationToken) is null;
    }

    /// <summary>Debian has them where only root's PATH looks.</summary>
    private static string PathOf(string name)
    {
        string installed = $"/usr/sbin/{name}";
        return File.Exists(installed) ? installed : throw new BenchException($"{installed} is missing: apt-get install haproxy nginx-light");
    }

    private static string HaProxyFile(IPEndPoint address, IReadOnlyList<IPEndPoint> pods) => $"""
        global
          nbthread 2
          maxconn 4000
        defaults
          mode http
          timeout connect 2s
          timeout client 1h
          timeout server 1h
          option forwardfor
          http-reuse always
        frontend service
          bind {address}
          default_backend pods
        backend pods
          balance leastconn
        {string.Concat(pods.Select((pod, i) => $"  server pod{i.ToString(CultureInfo.InvariantCulture)} {pod}\n"))}
        """;

    private static string NginxFile(IPEndPoint address, IReadOnlyList<IPEndPoint> pods) => $$"""
        daemon off;
        pid nginx.pid;
        worker_processes 2;
        error_log stderr warn;
        events { worker_connections 4000; }
        http {
          access_log off;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          keepalive_requests 1000000;
          upstream pods {
            least_conn;
            {{string.Concat(pods.Select(pod => $"server {pod};"))}}
            keepalive 64;
            keepalive_requests 1000000;
          }
          server {
            listen {{address}};
            location / {
              proxy_pass http://pods;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $http_host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            }
          }
        }
        """;
}
