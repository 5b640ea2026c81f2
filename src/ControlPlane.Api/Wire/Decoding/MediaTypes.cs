using Microsoft.Net.Http.Headers;

namespace ControlPlane.Api.Wire.Decoding;

/// <summary>How a body is written.</summary>
internal enum BodyFormat
{
    Unknown,
    Json,
    Yaml,
    Protobuf,
}

/// <summary>The media types of bodies and patches.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";
    public const string JsonPatch = "application/json-patch+json";
    public const string MergePatch = "application/merge-patch+json";
    public const string StrategicMergePatch = "application/strategic-merge-patch+json";
    public const string ApplyPatch = "application/apply-patch+yaml";

    /// <summary>The format that a <c>Content-Type</c> names; JSON when there is none, as Kubernetes assumes.</summary>
    public static BodyFormat FormatOf(string? contentType)
    {
        if (string.IsNullOrWhiteSpace(contentType))
        {
            return BodyFormat.Json;
        }

        return WithoutParameters(contentType) switch
        {
            Json or "text/json" => BodyFormat.Json,
            Yaml or "application/x-yaml" or "text/yaml" or "text/x-yaml" => BodyFormat.Yaml,
            Protobuf => BodyFormat.Protobuf,
            _ => BodyFormat.Unknown,
        };
    }

    /// <summary>The media type of answers in JSON or YAML.</summary>
    public static string Of(BodyFormat format) => format == BodyFormat.Yaml ? Yaml : Json;

    /// <summary>The type alone, in lower case: <c>application/json</c> of <c>Application/JSON; charset=utf-8</c>; empty when it is malformed.</summary>
    public static string WithoutParameters(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? parsed) ? parsed.MediaType.ToString().ToLowerInvariant() : "";
}
