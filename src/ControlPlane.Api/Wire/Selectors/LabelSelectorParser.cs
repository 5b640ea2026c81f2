using System.Globalization;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Selectors;

/// <summary>Reads the query form of label selectors (<c>a=b,c!=d,e in (x,y),f notin (z),g,!h,i&gt;1</c>), with Kubernetes' messages.</summary>
internal sealed class LabelSelectorParser
{
    private readonly IReadOnlyList<SelectorToken> tokens;
    private int position;

    private LabelSelectorParser(IReadOnlyList<SelectorToken> tokens) => this.tokens = tokens;

    /// <exception cref="ApiException">400: not a selector.</exception>
    public static LabelSelector Parse(string? query)
    {
        if (string.IsNullOrEmpty(query))
        {
            return new LabelSelector();
        }

        LabelSelectorParser parser = new(SelectorToken.Scan(query));
        return new LabelSelector { MatchExpressions = parser.ReadAll().OrderBy(requirement => requirement.Key, StringComparer.Ordinal).ToValueList() };
    }

    private List<LabelSelectorRequirement> ReadAll()
    {
        List<LabelSelectorRequirement> requirements = [];
        while (Peek() is not SelectorToken.End)
        {
            if (!IsStartOfRequirement(Peek()))
            {
                throw Refuse($"found '{Peek().Text}', expected: !, identifier, or 'end of string'");
            }

            requirements.Add(ReadRequirement());
            SelectorToken separator = Next();
            if (separator is SelectorToken.End)
            {
                break;
            }

            if (separator.Text != ",")
            {
                throw Refuse($"found '{separator.Text}', expected: ',' or 'end of string'");
            }

            if (!IsStartOfRequirement(Peek()))
            {
                throw Refuse($"found '{Peek().Text}', expected: identifier after ','");
            }
        }

        return requirements;
    }

    private static bool IsStartOfRequirement(SelectorToken token) => token is SelectorToken.Word || token.Text == "!";

    private LabelSelectorRequirement ReadRequirement()
    {
        bool isNegated = Peek().Text == "!";
        if (isNegated)
        {
            Next();
        }

        SelectorToken key = Next();
        if (key is not SelectorToken.Word)
        {
            throw RefuseRequirement($"found '{key.Text}', expected: identifier");
        }

        LabelSyntax.CheckKey(key.Text);
        if (isNegated || Peek() is SelectorToken.End || Peek().Text == ",")
        {
            return new LabelSelectorRequirement { Key = key.Text, Operator = isNegated ? "DoesNotExist" : "Exists" };
        }

        string operation = Next().Text;
        LabelSelectorRequirement requirement = operation switch
        {
            "in" => new() { Key = key.Text, Operator = "In", Values = ReadSet() },
            "notin" => new() { Key = key.Text, Operator = "NotIn", Values = ReadSet() },
            "=" or "==" => new() { Key = key.Text, Operator = "In", Values = [ReadValue()] },
            "!=" => new() { Key = key.Text, Operator = "NotIn", Values = [ReadValue()] },
            ">" => new() { Key = key.Text, Operator = "Gt", Values = [ReadNumber(key.Text)] },
            "<" => new() { Key = key.Text, Operator = "Lt", Values = [ReadNumber(key.Text)] },
            _ => throw RefuseRequirement($"found '{operation}', expected: in, notin, =, ==, !=, gt, lt"),
        };
        foreach (string value in requirement.Values)
        {
            LabelSyntax.CheckValue(key.Text, value);
        }

        return requirement;
    }

    /// <summary>The values in parentheses; an empty place is the empty value, and <c>()</c> holds just that.</summary>
    private ValueList<string> ReadSet()
    {
        SelectorToken open = Next();
        if (open.Text != "(")
        {
            throw RefuseRequirement($"found '{open.Text}' expected: '('");
        }

        SortedSet<string> values = new(StringComparer.Ordinal);
        bool isExpectingValue = true;
        while (true)
        {
            SelectorToken token = Next();
            if (token is SelectorToken.Word && isExpectingValue)
            {
                values.Add(token.Text);
                isExpectingValue = false;
            }
            else if (token.Text is "," or ")" && token is not SelectorToken.End)
            {
                if (isExpectingValue)
                {
                    values.Add("");
                }

                if (token.Text == ")")
                {
                    return values.ToValueList();
                }

                isExpectingValue = true;
            }
            else
            {
                throw RefuseRequirement($"found '{token.Text}', expected: {(isExpectingValue ? "',', ')' or identifier" : "',' or ')'")}");
            }
        }
    }

    private string ReadValue()
    {
        if (Peek() is SelectorToken.End || Peek().Text == ",")
        {
            return "";
        }

        SelectorToken value = Next();
        return value is SelectorToken.Word ? value.Text : throw RefuseRequirement($"found '{value.Text}', expected: identifier");
    }

    private string ReadNumber(string key)
    {
        string value = ReadValue();
        return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            ? value
            : throw RefuseRequirement($"values[0][{key}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer");
    }

    private SelectorToken Peek() => tokens[position];

    /// <summary>The current token; the end is never passed.</summary>
    private SelectorToken Next() => tokens[position] is SelectorToken.End end ? end : tokens[position++];

    private static ApiException Refuse(string message) => StatusError.BadRequest(message);

    private static ApiException RefuseRequirement(string message) => StatusError.BadRequest($"unable to parse requirement: {message}");
}
