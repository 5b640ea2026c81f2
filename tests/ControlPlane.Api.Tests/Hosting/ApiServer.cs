using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Hosting;
using ControlPlane.Domain.Commits;
using ControlPlane.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace ControlPlane.Api.Tests.Hosting;

/// <summary>The API as it runs, on free ports of loopback and a database of its own; nothing reconciles what the tests store.</summary>
public sealed class ApiServer : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(180);

    private readonly TemporaryFolder folder = new("api");
    private WebApplication? app;
    private ApiServer? first;
    private string connectionString = "";

    public HttpClient Admin { get; private set; } = new();

    public HttpClient Agent { get; private set; } = new();

    public HttpClient Nobody { get; private set; } = new();

    public Uri Https { get; private set; } = new("https://localhost");

    public string DataFolder => folder.Path;

    public IServiceProvider Services => app!.Services;

    internal HeldCache Cache => (HeldCache)Services.GetRequiredService<IResourceCache>();

    /// <summary>Another replica, on the same database and with the same tokens.</summary>
    public static async Task<ApiServer> StartBesideAsync(ApiServer first)
    {
        ApiServer replica = new() { first = first };
        await replica.InitializeAsync();
        return replica;
    }

    public async Task InitializeAsync()
    {
        connectionString = first?.connectionString ?? await PostgresFixture.CreateDatabaseAsync();
        app = ApiHost.Build(
        [
            "--http-port=0", "--https-port=0", $"--data-dir={folder.Path}", "--ControlPlane:Reconciles=false",
            $"--ControlPlane:AdminTokenFile={TokenFile("admin.token")}", $"--ControlPlane:AgentTokenFile={TokenFile("agent.token")}",
            $"--ConnectionStrings:ControlPlane={connectionString}",
        ],
        builder => builder.Host.UseServiceProviderFactory(new HoldingFactory()));
        await app.StartAsync();
        string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        Uri http = new(addresses.Single(address => address.StartsWith("http:", StringComparison.Ordinal)));
        Https = new UriBuilder(addresses.Single(address => address.StartsWith("https:", StringComparison.Ordinal)).Replace("[::]", "localhost", StringComparison.Ordinal)).Uri;
        Nobody = new HttpClient { BaseAddress = http };
        await WaitUntilReadyAsync();
        Admin = ClientFor(http, "admin.token");
        Agent = ClientFor(http, "agent.token");
    }

    public async Task DisposeAsync()
    {
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        Dispose();
    }

    public void Dispose()
    {
        Admin.Dispose();
        Agent.Dispose();
        Nobody.Dispose();
        folder.Dispose();
    }

    /// <summary>Leaves an idempotency key as a replica does that died after its commit, and more than a minute ago.</summary>
    public async Task LoseResultAsync(string key)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new("UPDATE idempotent_results SET result = NULL, claimed_at = now() - interval '61 seconds' WHERE key = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = key });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A client's side of TLS that trusts this server's authority alone.</summary>
    public SocketsHttpHandler TrustingHandler()
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(Path.Combine(DataFolder, "ca.crt"));
        return new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } };
    }

    /// <summary>A client without a token that speaks HTTP/2 alone.</summary>
    public HttpClient OverHttp2() => new(TrustingHandler())
    {
        BaseAddress = Https,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>Makes a namespace for one test.</summary>
    public async Task<string> NewNamespaceAsync()
    {
        JsonObject made = await PostAsync("/api/v1/namespaces", """{"metadata":{"generateName":"test-"}}""");
        return (string)made["metadata"]!["name"]!;
    }

    public Task<JsonObject> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK) => SendAsync(HttpMethod.Get, path, null, expected);

    public Task<JsonObject> PostAsync(string path, string body, HttpStatusCode expected = HttpStatusCode.Created) =>
        SendAsync(HttpMethod.Post, path, body, expected);

    public Task<JsonObject> PutAsync(string path, JsonNode body, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(HttpMethod.Put, path, body.ToJsonString(), expected);

    public Task<JsonObject> DeleteAsync(string path, string? body = null, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(HttpMethod.Delete, path, body, expected);

    public Task<JsonObject> PatchAsync(string path, string type, string body, HttpStatusCode expected = HttpStatusCode.OK) =>
        SendAsync(HttpMethod.Patch, path, body, expected, type);

    /// <summary>Sends a request as an administrator, and says what came back when it is not what was expected.</summary>
    public async Task<JsonObject> SendAsync(
        HttpMethod method, string path, string? body, HttpStatusCode expected, string contentType = "application/json", string? accept = null)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(contentType));
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using HttpResponseMessage response = await Admin.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{method} {path}: expected {(int)expected}, got {(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    private string TokenFile(string name) => Path.Combine((first ?? this).DataFolder, name);

    private HttpClient ClientFor(Uri address, string tokenFile)
    {
        string token = File.ReadAllText(TokenFile(tokenFile)).Trim();
        return new HttpClient { BaseAddress = address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
    }

    private async Task WaitUntilReadyAsync()
    {
        using CancellationTokenSource bound = new(ReadyWithin);
        string seen = "nothing";
        while (!bound.IsCancellationRequested)
        {
            using HttpResponseMessage response = await Nobody.GetAsync("/readyz?verbose");
            if (response.IsSuccessStatusCode)
            {
                return;
            }

            seen = await response.Content.ReadAsStringAsync();
            await Task.Delay(50);
        }

        throw new TimeoutException($"the API was not ready within {ReadyWithin}; /readyz said: {seen}");
    }
}

/// <summary>Puts a cache that can be held back in front of the product's.</summary>
internal sealed class HoldingFactory : IServiceProviderFactory<IServiceCollection>
{
    public IServiceCollection CreateBuilder(IServiceCollection services)
    {
        ServiceDescriptor product = services.Single(service => service.ServiceType == typeof(IResourceCache));
        return services.Replace(ServiceDescriptor.Singleton<IResourceCache>(provider => new HeldCache((IResourceCache)product.ImplementationFactory!(provider))));
    }

    public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder) => containerBuilder.BuildServiceProvider();
}

/// <summary>One API for the tests that each work in a namespace of their own.</summary>
[CollectionDefinition(Name)]
public sealed class ApiCollection : ICollectionFixture<ApiServer>
{
    public const string Name = "api";
}
