using System.Globalization;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Wire.Options;

/// <summary>Reads query parameters as Kubernetes does. Problems with single values are 400s; rules between them are collected for one 422.</summary>
internal sealed class QueryReader(IQueryCollection query, string optionsKind)
{
    private readonly List<FieldError> errors = [];

    /// <summary>The first value; null when it is absent or empty.</summary>
    public string? Text(string name) => query[name] is [{ Length: > 0 } value, ..] ? value : null;

    /// <summary>All values of a parameter that may be repeated.</summary>
    public IReadOnlyList<string> Texts(string name) => [.. query[name].Where(value => !string.IsNullOrEmpty(value)).Select(value => value!)];

    /// <summary>Present and neither <c>false</c> nor <c>0</c> is true, the bare <c>?watch</c> too (Kubernetes' query conversion).</summary>
    public bool? Boolean(string name) => query.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues values) && values.Count > 0
        ? !(string.Equals(values[0], "false", StringComparison.OrdinalIgnoreCase) || values[0] == "0")
        : null;

    public long? Integer(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw StatusError.BadRequest($"{name}: strconv.ParseInt: parsing \"{text}\": invalid syntax");
    }

    /// <summary>A revision: decimal, not negative; null when it is absent.</summary>
    public long? Revision(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw StatusError.BadRequest($"{name}: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");
    }

    /// <summary>One of a few words; anything else is an error that lists them.</summary>
    public T OneOf<T>(string name, T absent, params ReadOnlySpan<(string Word, T Value)> words)
    {
        if (Text(name) is not { } text)
        {
            return absent;
        }

        List<string> supported = [];
        foreach ((string word, T value) in words)
        {
            if (string.Equals(word, text, StringComparison.Ordinal))
            {
                return value;
            }

            supported.Add($"\"{word}\"");
        }

        Add(name, FieldErrorReason.NotSupported, $"Unsupported value: \"{text}\": supported values: {string.Join(", ", supported)}");
        return absent;
    }

    public void Forbid(string name, string because) => Add(name, FieldErrorReason.Forbidden, $"Forbidden: {because}");

    public void Add(string name, string reason, string message) => errors.Add(new FieldError(name, reason, message));

    /// <exception cref="ApiException">422: what <see cref="OneOf"/> and <see cref="Forbid"/> found.</exception>
    public void ThrowIfInvalid()
    {
        if (errors.Count > 0)
        {
            throw StatusError.Invalid("meta.k8s.io", optionsKind, "", errors);
        }
    }
}
