using System.Text;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Selectors;

/// <summary>A field selector of one kind, such as <c>spec.nodeName=node-1,status.phase!=Running</c>. All its terms must hold.</summary>
internal sealed class FieldSelector
{
    private readonly IReadOnlyList<Term> terms;

    private FieldSelector(IReadOnlyList<Term> terms) => this.terms = terms;

    public static FieldSelector Everything { get; } = new([]);

    public bool IsEverything => terms.Count == 0;

    /// <summary>The name that the selector asks for, when it asks for one; a get in a list's clothes.</summary>
    public string? RequiredName => terms.FirstOrDefault(term => term is { Field: "metadata.name", IsEqual: true })?.Value;

    /// <exception cref="ApiException">400: not a selector, or a field that objects of the kind cannot be selected by.</exception>
    public static FieldSelector Parse(string? query, ResourceKind kind) =>
        string.IsNullOrEmpty(query) ? Everything : new FieldSelector([.. SplitTerms(query).Where(term => term.Length > 0).Select(term => ReadTerm(term, query, kind))]);

    public bool Matches(Resource resource)
    {
        foreach (Term term in terms)
        {
            if (string.Equals(term.Read(resource) ?? "", term.Value, StringComparison.Ordinal) != term.IsEqual)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Cuts at commas that are not escaped with a backslash.</summary>
    private static IEnumerable<string> SplitTerms(string query)
    {
        int start = 0;
        for (int i = 0; i < query.Length; i++)
        {
            if (query[i] == '\\')
            {
                i++;
            }
            else if (query[i] == ',')
            {
                yield return query[start..i];
                start = i + 1;
            }
        }

        yield return query[start..];
    }

    private static Term ReadTerm(string term, string query, ResourceKind kind)
    {
        for (int i = 0; i < term.Length; i++)
        {
            ReadOnlySpan<char> rest = term.AsSpan(i);
            int length = rest.StartsWith("!=") || rest.StartsWith("==") ? 2 : rest[0] == '=' ? 1 : 0;
            if (length > 0)
            {
                string field = term[..i];
                Func<Resource, string?> read = SelectableFields.Find(kind, field) ?? throw StatusError.BadRequest($"field label not supported: {field}");
                return new Term(field, read, IsEqual: rest[0] != '!', Unescape(term[(i + length)..], query));
            }
        }

        throw StatusError.BadRequest($"invalid selector: '{query}'; can't understand '{term}'");
    }

    /// <summary>A value without its backslashes, which may stand before a backslash, a comma and an equals sign.</summary>
    private static string Unescape(string value, string query)
    {
        StringBuilder text = new(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\')
            {
                i++;
                if (i == value.Length || value[i] is not ('\\' or ',' or '='))
                {
                    throw StatusError.BadRequest($"invalid selector: '{query}'; invalid escape sequence in '{value}'");
                }
            }
            else if (value[i] is ',' or '=')
            {
                throw StatusError.BadRequest($"invalid selector: '{query}'; unescaped character in value '{value}'");
            }

            text.Append(value[i]);
        }

        return text.ToString();
    }

    private sealed record Term(string Field, Func<Resource, string?> Read, bool IsEqual, string Value);
}
