using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlPlane.Domain.Resources.Values;

/// <summary>
/// The value of a field that Kubernetes has and this control plane does not look into: kept as its JSON text.
/// Rules accept such a field at its neutral value only, so that nothing asked for is silently dropped.
/// </summary>
[JsonConverter(typeof(RawJsonValueConverter))]
public sealed record RawJson(string Text)
{
    /// <summary>True for <c>null</c>, <c>{}</c>, <c>[]</c>, <c>""</c>, <c>false</c> and <c>0</c>.</summary>
    [JsonIgnore]
    public bool IsEmpty => Text.Trim() is "null" or "{}" or "[]" or "\"\"" or "false" or "0" or "";

    private sealed class RawJsonValueConverter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return new RawJson(document.RootElement.GetRawText());
        }

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Text);
    }
}
