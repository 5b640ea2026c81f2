using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Secrets. No message repeats a value.</summary>
internal sealed class SecretValidator : AbstractValidator<Secret>
{
    private const int BytesMax = 1024 * 1024;
    public const string Redacted = "<secret contents redacted>";
    private const string DockerConfigKey = ".dockercfg";
    private const string DockerConfigJsonKey = ".dockerconfigjson";

    public SecretValidator()
    {
        RuleFor(secret => secret.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(secret => secret.Data).CheckAll(Data);
        RuleFor(secret => secret).CheckAll(secret => secret.Type switch
        {
            "kubernetes.io/dockercfg" => DockerConfig(secret.Data, DockerConfigKey),
            "kubernetes.io/dockerconfigjson" => DockerConfig(secret.Data, DockerConfigJsonKey),
            "kubernetes.io/basic-auth" => secret.Data.ContainsKey("username") ? [] : RequiredUnless(secret.Data, "password"),
            "kubernetes.io/ssh-auth" => RequiredUnless(secret.Data, "ssh-privatekey"),
            "kubernetes.io/tls" => [.. RequiredUnless(secret.Data, "tls.crt"), .. RequiredUnless(secret.Data, "tls.key")],
            _ => [],
        });
    }

    public static IEnumerable<FieldError> ErrorsOfUpdate(Secret updated, Secret stored)
    {
        if (updated.Type != stored.Type)
        {
            yield return ImmutableFields.Error("type", FieldProblem.Invalid(updated.Type, "field is immutable"));
        }

        if (stored.Immutable == true && updated.Immutable != true)
        {
            yield return ImmutableFields.Error("immutable", FieldProblem.Forbidden("field is immutable when `immutable` is set"));
        }

        if (stored.Immutable == true && updated.Data != stored.Data)
        {
            yield return ImmutableFields.Error("data", FieldProblem.Forbidden("field is immutable when `immutable` is set"));
        }
    }

    private static IEnumerable<FieldProblem> Data(ValueMap<string> data)
    {
        long bytes = 0;
        foreach ((string key, string value) in data)
        {
            if (Names.DataKey(key) is { } badKey)
            {
                yield return FieldProblem.Invalid(key, badKey) with { At = $"[{key}]" };
            }

            if (Decode(value) is { } decoded)
            {
                bytes += decoded.Length;
            }
            else
            {
                yield return FieldProblem.Invalid(Redacted, "must be base64 (plain text goes into stringData)") with { At = $"[{key}]" };
            }
        }

        if (bytes > BytesMax)
        {
            yield return FieldProblem.TooLong(BytesMax);
        }
    }

    private static IEnumerable<FieldProblem> RequiredUnless(ValueMap<string> data, string key) =>
        data.ContainsKey(key) ? [] : [FieldProblem.Required() with { At = $"data[{key}]" }];

    private static IEnumerable<FieldProblem> DockerConfig(ValueMap<string> data, string key)
    {
        if (!data.TryGetValue(key, out string? value))
        {
            return RequiredUnless(data, key);
        }

        return Decode(value) is { } decoded && !IsJsonObject(decoded)
            ? [FieldProblem.Invalid(Redacted, "must be a JSON object, such as docker writes it to config.json") with { At = $"data[{key}]" }]
            : [];
    }

    private static byte[]? Decode(string base64)
    {
        byte[] buffer = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, buffer, out int length) ? buffer[..length] : null;
    }

    private static bool IsJsonObject(byte[] utf8)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
