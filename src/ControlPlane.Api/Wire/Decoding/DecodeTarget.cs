using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Decoding;

/// <summary>What a request's body has to be.</summary>
/// <param name="Group">The API group; empty for core.</param>
internal sealed record DecodeTarget(string Group, string Version, string Kind, Type Type)
{
    public static DecodeTarget Scale { get; } = new("autoscaling", "v1", "Scale", typeof(Scale));

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public static DecodeTarget Of(ResourceKind kind) => new(kind.Group, kind.Version, kind.Kind, kind.Type);
}

/// <summary>What happens to unknown and repeated fields (the query parameter <c>fieldValidation</c>).</summary>
internal enum FieldValidation
{
    /// <summary>They are dropped and each is named in a <c>Warning</c> header. The default.</summary>
    Warn,

    /// <summary>They are dropped without a word.</summary>
    Ignore,

    /// <summary>The request is refused and names them all.</summary>
    Strict,
}

/// <summary>A decoded object.</summary>
/// <param name="Warnings">For <c>Warning: 299</c> headers; empty unless fields were dropped under <see cref="FieldValidation.Warn"/>.</param>
internal sealed record Decoded<T>(T Object, IReadOnlyList<string> Warnings);
