using System.Globalization;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Wire.Options;

/// <summary>The query of a create, replace or patch (Kubernetes API, <c>CreateOptions</c>, <c>UpdateOptions</c>, <c>PatchOptions</c>).</summary>
internal sealed record WriteOptions
{
    /// <summary>Everything is checked, nothing stored (<c>dryRun=All</c>).</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Who says so; null: the caller derives it from the user agent.</summary>
    public string? FieldManager { get; init; }

    public FieldValidation FieldValidation { get; init; }

    /// <summary>An apply takes fields that others own.</summary>
    public bool IsForced { get; init; }

    /// <param name="optionsKind"><c>CreateOptions</c>, <c>UpdateOptions</c> or <c>PatchOptions</c>: the name in errors.</param>
    /// <param name="isApply">Whether this is a server-side apply, which must say who applies, and may be forced.</param>
    /// <exception cref="ApiException">422: a value that is not allowed.</exception>
    public static WriteOptions Parse(IQueryCollection query, string optionsKind, bool isApply = false)
    {
        QueryReader reader = new(query, optionsKind);
        WriteOptions options = new()
        {
            IsDryRun = ReadDryRun(reader, reader.Texts("dryRun")),
            FieldManager = reader.Text("fieldManager"),
            FieldValidation = reader.OneOf(
                "fieldValidation",
                FieldValidation.Warn,
                ("Ignore", FieldValidation.Ignore),
                ("Strict", FieldValidation.Strict),
                ("Warn", FieldValidation.Warn)),
            IsForced = isApply && reader.Boolean("force") == true,
        };
        CheckFieldManager(reader, options.FieldManager);
        if (isApply && options.FieldManager is null)
        {
            reader.Add("fieldManager", FieldErrorReason.Required, "Required value: is required for apply patch");
        }
        else if (!isApply && reader.Boolean("force") is not null)
        {
            reader.Forbid("force", "may not be specified for non-apply patch");
        }

        reader.ThrowIfInvalid();
        return options;
    }

    /// <summary><c>All</c> is the one stage that there is.</summary>
    internal static bool ReadDryRun(QueryReader reader, IEnumerable<string> stages)
    {
        bool isDryRun = false;
        foreach (string stage in stages)
        {
            isDryRun = true;
            if (stage != "All")
            {
                reader.Add("dryRun", FieldErrorReason.NotSupported, $"Unsupported value: \"{stage}\": supported values: \"All\"");
            }
        }

        return isDryRun;
    }

    private static void CheckFieldManager(QueryReader reader, string? manager)
    {
        if (manager is { Length: > Apply.FieldManager.MaxNameLength })
        {
            reader.Add("fieldManager", FieldErrorReason.TooLong, $"Too long: may not be more than {Apply.FieldManager.MaxNameLength} bytes");
        }
        else if (manager is not null && manager.Any(c => char.GetUnicodeCategory(c) is UnicodeCategory.Control))
        {
            reader.Add("fieldManager", FieldErrorReason.Invalid, $"Invalid value: \"{manager}\": should only contain printable characters");
        }
    }
}
