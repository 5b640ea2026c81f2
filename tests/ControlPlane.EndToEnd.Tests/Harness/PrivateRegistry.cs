using System.Diagnostics;
using System.Net;
using ControlPlane.Infrastructure.Network;
using ControlPlane.Testing;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>Debian's docker-registry on loopback, which lets nobody in without a password.</summary>
internal sealed class PrivateRegistry : IAsyncDisposable
{
    public const string User = "puller";
    public const string Password = "open sesame";

    /// <summary>The password's bcrypt hash, the one kind that the registry takes.</summary>
    private const string PasswordHash = "$2b$05$MFqSUL/CM3m4aFnm/vREa.g4IOtoaD.vpe/lQphYy3hkgTDM2NrIG";

    private readonly TemporaryFolder folder = new("registry");
    private readonly DockerEngineFixture engine;
    private readonly Process process;

    private PrivateRegistry(DockerEngineFixture engine, int port)
    {
        this.engine = engine;
        Address = $"127.0.0.1:{port}";
        File.WriteAllText(Path.Combine(folder.Path, "htpasswd"), $"{User}:{PasswordHash}\n");
        string configuration = Path.Combine(folder.Path, "config.yml");
        File.WriteAllText(configuration, $"""
            version: 0.1
            storage: {"{"}filesystem: {"{"}rootdirectory: {folder.Path}/images{"}"}{"}"}
            http: {"{"}addr: {Address}{"}"}
            auth: {"{"}htpasswd: {"{"}realm: tests, path: {folder.Path}/htpasswd{"}"}{"}"}
            """);
        process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Address { get; }

    public static async Task<PrivateRegistry> StartAsync(DockerEngineFixture engine)
    {
        PrivateRegistry registry = new(engine, FreePort.Find(IPAddress.Loopback));
        using HttpClient client = new();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://{registry.Address}/v2/"));
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                return registry;
            }
            catch (HttpRequestException) when (attempt < 600)
            {
                await Task.Delay(100);
            }
        }
    }

    /// <summary>Pushes an image that the engine has, under its own name or another; returns its name in the registry. The engine forgets the login afterwards.</summary>
    public async Task<string> PushAsync(string image, string? under = null)
    {
        string name = $"{Address}/private/{under ?? image}";
        await engine.RunAsync("docker", "tag", image, name);
        string login = Path.Combine(folder.Path, "login");
        await engine.RunAsync("docker", "--config", login, "login", "-u", User, "-p", Password, Address);
        await engine.RunAsync("docker", "--config", login, "push", "-q", name);
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        folder.Dispose();
    }
}
