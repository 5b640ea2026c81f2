using System.Text;
using System.Text.Json;
using ControlPlane.Agent.Pods;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>The host's own registry logins, as <c>docker login</c> keeps them in <c>$DOCKER_CONFIG/config.json</c>. Credential helpers are not asked.</summary>
internal static class HostLogin
{
    public static async Task<AuthConfig?> FindAsync(string registry, CancellationToken cancellationToken)
    {
        string folder = Environment.GetEnvironmentVariable("DOCKER_CONFIG")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker");
        string path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            await using FileStream file = File.OpenRead(path);
            using JsonDocument document = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
            return Find(document.RootElement, registry);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new ImagePullException($"the host's logins in {path} cannot be read: {exception.Message}", exception);
        }
    }

    private static AuthConfig? Find(JsonElement config, string registry)
    {
        if (!config.TryGetProperty("auths", out JsonElement auths))
        {
            return null;
        }

        foreach (JsonProperty entry in auths.EnumerateObject())
        {
            if (ImageName.NormalizeRegistry(entry.Name) == registry
                && entry.Value.TryGetProperty("auth", out JsonElement auth)
                && Encoding.UTF8.GetString(Convert.FromBase64String(auth.GetString() ?? "")).Split(':', 2) is [var user, var password])
            {
                return new AuthConfig { Username = user, Password = password, ServerAddress = registry };
            }
        }

        return null;
    }
}
