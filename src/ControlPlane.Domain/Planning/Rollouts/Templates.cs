using System.Buffers.Binary;
using System.Globalization;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>When two pod templates are one revision, and the hash that names it.</summary>
internal static class Templates
{
    public const string HashLabel = "pod-template-hash";

    private const uint FnvOffset = 2166136261;

    private const uint FnvPrime = 16777619;

    /// <summary>The same but for the hash label.</summary>
    public static bool AreEqual(PodTemplateSpec left, PodTemplateSpec right) =>
        left with { Metadata = right.Metadata } == right
        && left.Metadata.Labels.EqualsWithout(HashLabel, right.Metadata.Labels)
        && left.Metadata with { Labels = right.Metadata.Labels } == right.Metadata;

    public static PodTemplateSpec WithoutHash(PodTemplateSpec template) =>
        template.Metadata.Labels.ContainsKey(HashLabel)
            ? template with { Metadata = template.Metadata with { Labels = template.Metadata.Labels.Remove(HashLabel) } }
            : template;

    public static PodTemplateSpec WithHash(PodTemplateSpec template, string hash) =>
        template with { Metadata = template.Metadata with { Labels = template.Metadata.Labels.SetItem(HashLabel, hash) } };

    /// <summary>
    /// FNV-1a (32 bit) over the template's JSON, and over the collision count where there is one, its decimal digits written in letters that form no
    /// words, such as <c>5d59d67564</c>.
    /// </summary>
    public static string Hash(PodTemplateSpec template, int? collisionCount)
    {
        uint hash = Fnv(FnvOffset, ResourceJson.SerializeToUtf8Bytes(WithoutHash(template)));
        if (collisionCount is { } count)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, count);
            hash = Fnv(hash, bytes);
        }

        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(Safe));
    }

    /// <summary>FNV-1a (32 bit) of some bytes, spelled as a template's hash is.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => string.Concat(Fnv(FnvOffset, bytes).ToString(CultureInfo.InvariantCulture).Select(Safe));

    private static char Safe(char digit) => IdSource.NameAlphabet[digit % IdSource.NameAlphabet.Length];

    private static uint Fnv(uint hash, ReadOnlySpan<byte> bytes)
    {
        foreach (byte next in bytes)
        {
            hash = unchecked((hash ^ next) * FnvPrime);
        }

        return hash;
    }
}
