using System.Collections.Frozen;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>The summaries that the records carry in the source, as plain text for <c>kubectl explain</c> and Swagger UI.</summary>
internal static partial class Documentation
{
    private static readonly Lazy<FrozenDictionary<string, string>> Summaries = new(Load);

    /// <summary>What a record is; empty when the source does not say.</summary>
    public static string Of(Type type) => Summaries.Value.GetValueOrDefault($"T:{type.FullName}", "");

    /// <summary>What a member of a record is; empty when the source does not say.</summary>
    public static string Of(PropertyInfo member) => Summaries.Value.GetValueOrDefault($"P:{member.DeclaringType!.FullName}.{member.Name}", "");

    private static FrozenDictionary<string, string> Load()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "ControlPlane.Domain.xml");
        return !File.Exists(path)
            ? FrozenDictionary<string, string>.Empty
            : XDocument.Load(path).Descendants("member")
                .Where(member => member.Element("summary") is not null)
                .ToFrozenDictionary(member => member.Attribute("name")!.Value, member => Text(member.Element("summary")!));
    }

    private static string Text(XElement summary)
    {
        IEnumerable<string> parts = summary.Nodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see when see.Attribute("cref") is { } reference => JsonName(reference.Value),
            XElement element => element.Value,
            _ => "",
        });
        return WhiteSpace().Replace(string.Concat(parts), " ").Trim();
    }

    /// <summary><c>P:…Secret.Data</c> is <c>data</c> to whoever reads the API.</summary>
    private static string JsonName(string reference)
    {
        string name = reference[(reference.LastIndexOf('.') + 1)..];
        return reference.StartsWith("P:", StringComparison.Ordinal) ? char.ToLowerInvariant(name[0]) + name[1..] : name;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
