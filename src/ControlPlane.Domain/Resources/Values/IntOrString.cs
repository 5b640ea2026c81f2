using System.Globalization;

namespace ControlPlane.Domain.Resources.Values;

/// <summary>A number or a text: <c>maxSurge: 1</c> or <c>maxSurge: 25%</c>, <c>targetPort: 8080</c> or <c>targetPort: http</c>.</summary>
public readonly record struct IntOrString
{
    private readonly string? text;

    public IntOrString(int value) => Number = value;

    public IntOrString(string value) => text = value;

    /// <summary>The number; 0 when this is a text.</summary>
    public int Number { get; }

    /// <summary>The text; null when this is a number.</summary>
    public string? Text => text;

    public bool IsNumber => text is null;

    /// <summary>The whole number of per cent, when this is a text such as <c>25%</c>; otherwise null.</summary>
    public int? Percent =>
        text is { Length: > 1 } && text[^1] == '%' && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int percent)
            ? percent
            : null;

    public static implicit operator IntOrString(int value) => new(value);

    public static implicit operator IntOrString(string value) => new(value);

    public static IntOrString FromInt32(int value) => new(value);

    public static IntOrString FromString(string value) => new(value);

    public override string ToString() => text ?? Number.ToString(CultureInfo.InvariantCulture);
}
