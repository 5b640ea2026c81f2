using System.Text;
using System.Text.Json;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Agents;

/// <summary>Registry logins from pull secrets (Kubernetes: secrets of the types <c>kubernetes.io/dockerconfigjson</c> and <c>kubernetes.io/dockercfg</c>).</summary>
internal static class RegistryLogins
{
    /// <summary>
    /// The logins for one pod's images, in the order of its <c>imagePullSecrets</c>, or of its ServiceAccount's where it has none; a secret that is missing or
    /// unreadable gives none.
    /// </summary>
    public static IEnumerable<RegistryLogin> For(Pod pod, IResourceCache cache)
    {
        foreach (LocalObjectReference reference in pod.Spec.ImagePullSecrets.IsEmpty ? SecretsOfAccount(pod, cache) : pod.Spec.ImagePullSecrets)
        {
            if (reference.Name is { Length: > 0 } name && cache.Find(ResourceKinds.Secret, new ObjectKey(pod.Namespace, name)) is Secret secret)
            {
                foreach ((string registry, string user, string password) in Read(secret))
                {
                    yield return new RegistryLogin(pod.Uid, registry, user, password);
                }
            }
        }
    }

    private static ValueList<LocalObjectReference> SecretsOfAccount(Pod pod, IResourceCache cache) =>
        pod.Spec.ServiceAccountName is { } account && cache.Find(ResourceKinds.ServiceAccount, new ObjectKey(pod.Namespace, account)) is ServiceAccount found
            ? found.ImagePullSecrets
            : default;

    private static IReadOnlyList<(string Registry, string User, string Password)> Read(Secret secret)
    {
        (string? encoded, bool isNested) = secret.Type switch
        {
            "kubernetes.io/dockerconfigjson" => (secret.Data[".dockerconfigjson"], true),
            "kubernetes.io/dockercfg" => (secret.Data[".dockercfg"], false),
            _ => (null, false),
        };
        if (string.IsNullOrEmpty(encoded))
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(Convert.FromBase64String(encoded));
            JsonElement registries = document.RootElement;
            if (isNested && !registries.TryGetProperty("auths", out registries))
            {
                return [];
            }

            return [.. registries.EnumerateObject().Select(entry => Login(entry.Name, entry.Value)).OfType<(string, string, string)>()];
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException or InvalidOperationException)
        {
            // A secret that is no login: the pull without it says what is missing, at the pod.
            return [];
        }
    }

    private static (string Registry, string User, string Password)? Login(string registry, JsonElement entry)
    {
        if (Text(entry, "username") is { Length: > 0 } user)
        {
            return (registry, user, Text(entry, "password") ?? "");
        }

        if (Text(entry, "auth") is not { Length: > 0 } auth)
        {
            return null;
        }

        string pair = Encoding.UTF8.GetString(Convert.FromBase64String(auth));
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : (registry, pair[..colon], pair[(colon + 1)..]);
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
