namespace ControlPlane.Api.Wire.Selectors;

/// <summary>A piece of a label selector: a word, a symbol such as <c>!=</c>, or the end.</summary>
internal abstract record SelectorToken(string Text)
{
    public sealed record Word(string Text) : SelectorToken(Text);

    public sealed record Symbol(string Text) : SelectorToken(Text);

    public sealed record End() : SelectorToken("");

    /// <summary>Cuts a selector into pieces; the last is always the end.</summary>
    public static IReadOnlyList<SelectorToken> Scan(string selector)
    {
        List<SelectorToken> tokens = [];
        int position = 0;
        while (position < selector.Length)
        {
            if (IsSpace(selector[position]))
            {
                position++;
                continue;
            }

            int start = position;
            if (IsSymbol(selector[position]))
            {
                position += selector.AsSpan(position) is ['=' or '!', '=', ..] ? 2 : 1;
                tokens.Add(new Symbol(selector[start..position]));
                continue;
            }

            while (position < selector.Length && !IsSpace(selector[position]) && !IsSymbol(selector[position]))
            {
                position++;
            }

            tokens.Add(new Word(selector[start..position]));
        }

        tokens.Add(new End());
        return tokens;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    private static bool IsSymbol(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';
}
