using System.Text;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of Secrets; plain text moves into <c>data</c> and wins over what stands there.</summary>
internal static class SecretDefaults
{
    public const string Opaque = "Opaque";

    public static Secret Apply(Secret secret) => secret with
    {
        Type = secret.Type.EmptyAsAbsent() ?? Opaque,
        Data = secret.Data.SetItems(secret.StringData.Select(Encode).ToValueMap()),
        StringData = default,
    };

    private static KeyValuePair<string, string> Encode(KeyValuePair<string, string> entry) =>
        new(entry.Key, Convert.ToBase64String(Encoding.UTF8.GetBytes(entry.Value)));
}
