using System.Text;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for ConfigMaps.</summary>
internal sealed class ConfigMapValidator : AbstractValidator<ConfigMap>
{
    /// <summary>Bytes of all values together.</summary>
    private const int BytesMax = 1024 * 1024;

    public ConfigMapValidator()
    {
        RuleFor(map => map.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(map => map.Data).CheckAllWith((map, data) => Keys(data, map.BinaryData, "binaryData"));
        RuleFor(map => map.BinaryData).CheckAllWith((map, binaryData) => [.. Keys(binaryData, map.Data, "data"), .. Base64(binaryData)]);
        RuleFor(map => map).CheckAll(map => Bytes(map) > BytesMax ? [FieldProblem.TooLong(BytesMax) with { At = "data" }] : []);
    }

    public static IEnumerable<FieldError> ErrorsOfUpdate(ConfigMap updated, ConfigMap stored)
    {
        if (stored.Immutable != true)
        {
            yield break;
        }

        if (updated.Immutable != true)
        {
            yield return Error("immutable");
        }

        if (updated.Data != stored.Data)
        {
            yield return Error("data");
        }

        if (updated.BinaryData != stored.BinaryData)
        {
            yield return Error("binaryData");
        }
    }

    private static FieldError Error(string field) => ImmutableFields.Error(field, FieldProblem.Forbidden("field is immutable when `immutable` is set"));

    private static IEnumerable<FieldProblem> Keys(ValueMap<string> values, ValueMap<string> others, string othersName)
    {
        foreach (string key in values.Keys)
        {
            if (Names.DataKey(key) is { } badKey)
            {
                yield return FieldProblem.Invalid(key, badKey).On(key);
            }

            if (others.ContainsKey(key))
            {
                yield return FieldProblem.Invalid(key, $"duplicate of key present in {othersName}").On(key);
            }
        }
    }

    private static IEnumerable<FieldProblem> Base64(ValueMap<string> binaryData) =>
        from entry in binaryData
        where !Convert.TryFromBase64String(entry.Value, new byte[entry.Value.Length], out _)
        select FieldProblem.Invalid(entry.Value, "must be base64 (plain text goes into data)").On(entry.Key);

    private static long Bytes(ConfigMap map) =>
        map.Data.Sum(entry => (long)Encoding.UTF8.GetByteCount(entry.Value)) + map.BinaryData.Sum(entry => DecodedBytes(entry.Value));

    private static long DecodedBytes(string base64) =>
        Convert.TryFromBase64String(base64, new byte[base64.Length], out int length) ? length : 0;
}
