using System.Buffers;
using System.Text.Json;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire;

/// <summary>Answers for people (<c>?pretty=true</c>): a line for each member, and a line's end after the last.</summary>
internal static class PrettyJson
{
    public static bool IsWanted(HttpContext http) => new QueryReader(http.Request.Query, "pretty").Boolean("pretty") == true;

    /// <summary>JSON as the request wants it.</summary>
    public static byte[] For(HttpContext http, byte[] json) => IsWanted(http) ? Indented(json) : json;

    private static byte[] Indented(byte[] json)
    {
        ArrayBufferWriter<byte> buffer = new(json.Length * 2);
        using (JsonDocument document = JsonDocument.Parse(json))
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = ResourceJson.Options.Encoder, SkipValidation = true }))
        {
            document.RootElement.WriteTo(writer);
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
