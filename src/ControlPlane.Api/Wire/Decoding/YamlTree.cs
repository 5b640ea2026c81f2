using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ControlPlane.Api.Wire.Decoding;

/// <summary>A value of a YAML document. An alias is the value it names, shared.</summary>
internal abstract record YamlValue(Mark Start);

/// <param name="Text">The text without quotes.</param>
/// <param name="IsPlain">Whether it stood without quotes, so that it may be a number, a boolean or null.</param>
/// <param name="Tag">An explicit tag such as <c>tag:yaml.org,2002:str</c>; empty when there is none.</param>
internal sealed record YamlScalar(Mark Start, string Text, bool IsPlain, string Tag) : YamlValue(Start);

internal sealed record YamlList(Mark Start, IReadOnlyList<YamlValue> Items) : YamlValue(Start);

internal sealed record YamlMapping(Mark Start, IReadOnlyList<KeyValuePair<YamlValue, YamlValue>> Entries) : YamlValue(Start);

/// <summary>
/// Reads exactly one YAML document into a tree of bounded depth that keeps repeated keys. Documents with nothing in them, as files have them that begin or end with a separator, are none.
/// </summary>
internal sealed class YamlTree
{
    private readonly Parser parser;
    private readonly Dictionary<AnchorName, YamlValue> anchors = [];

    private YamlTree(string text) => parser = new Parser(new StringReader(text));

    /// <exception cref="YamlException">The text is not one YAML document.</exception>
    public static YamlValue Read(string text)
    {
        YamlTree tree = new(text);
        Parser parser = tree.parser;
        parser.Consume<StreamStart>();
        YamlValue? root = null;
        while (!parser.Accept<StreamEnd>(out _))
        {
            DocumentStart start = parser.Consume<DocumentStart>();
            YamlValue value = tree.ReadValue(depth: 1);
            parser.Consume<DocumentEnd>();
            tree.anchors.Clear();
            if (value is YamlScalar { IsPlain: true, Text: "" })
            {
                continue;
            }

            root = root is null ? value : throw new YamlException(start.Start, start.End, "the body holds more than one document; send one object in each request");
        }

        StreamEnd end = parser.Consume<StreamEnd>();
        return root ?? throw new YamlException(end.Start, end.End, "the body is empty");
    }

    private YamlValue ReadValue(int depth)
    {
        ParsingEvent current = parser.Current ?? throw new YamlException("unexpected end of the document");
        if (depth > BodyDecoder.MaxDepth)
        {
            throw new YamlException(current.Start, current.End, $"nested deeper than {BodyDecoder.MaxDepth} levels");
        }

        if (current is AnchorAlias alias)
        {
            parser.MoveNext();
            return anchors.TryGetValue(alias.Value, out YamlValue? named)
                ? named
                : throw new YamlException(alias.Start, alias.End, $"unknown anchor '{alias.Value}' referenced");
        }

        // YamlDotNet lets a mapping end between a key and its value where the key is empty.
        AnchorName anchor = current is NodeEvent node ? node.Anchor : throw new YamlException(current.Start, current.End, "a value is missing");
        YamlValue value = current switch
        {
            Scalar => ReadScalar(),
            SequenceStart => ReadList(depth),
            MappingStart => ReadMapping(depth),
            _ => throw new YamlException(current.Start, current.End, $"unexpected {current}"),
        };
        if (!anchor.IsEmpty)
        {
            // Known only once it is complete: a value cannot contain itself.
            anchors[anchor] = value;
        }

        return value;
    }

    private YamlScalar ReadScalar()
    {
        Scalar scalar = parser.Consume<Scalar>();
        string tag = scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific ? "" : scalar.Tag.Value;
        return new YamlScalar(scalar.Start, scalar.Value, scalar.Style == ScalarStyle.Plain && !scalar.IsQuotedImplicit, tag);
    }

    private YamlList ReadList(int depth)
    {
        Mark start = parser.Consume<SequenceStart>().Start;
        List<YamlValue> items = [];
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadValue(depth + 1));
        }

        return new YamlList(start, items);
    }

    private YamlMapping ReadMapping(int depth)
    {
        Mark start = parser.Consume<MappingStart>().Start;
        List<KeyValuePair<YamlValue, YamlValue>> entries = [];
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            YamlValue key = ReadValue(depth + 1);
            entries.Add(new(key, ReadValue(depth + 1)));
        }

        return new YamlMapping(start, entries);
    }
}
