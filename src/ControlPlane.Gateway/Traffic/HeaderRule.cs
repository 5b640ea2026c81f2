using System.Text.RegularExpressions;
using ControlPlane.Domain.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ControlPlane.Gateway.Traffic;

/// <summary>A <see cref="HeaderRoute"/>, ready to be asked.</summary>
internal sealed class HeaderRule
{
    /// <summary>An expression without backtracking takes time in proportion to the value; this is only a last resort.</summary>
    private static readonly TimeSpan RegexTimeout = TimeSpan.FromSeconds(1);

    private readonly Condition[] conditions;

    private HeaderRule(string replicaSet, Condition[] conditions)
    {
        ReplicaSet = replicaSet;
        this.conditions = conditions;
    }

    public string ReplicaSet { get; }

    /// <exception cref="ArgumentException">A match names both or neither of header and cookie, no way to compare or several, or an expression that cannot be used; the message says which.</exception>
    public static HeaderRule Compile(HeaderRoute route) => new(route.ReplicaSet, [.. route.Match.Select(Condition.Compile)]);

    /// <summary>Whether a request fulfils every match; one of a route without any fulfils nothing.</summary>
    public bool Holds(HttpRequest request) => conditions.Length > 0 && Array.TrueForAll(conditions, condition => condition.Holds(request));

    private sealed record Condition(string Name, bool IsCookie, Func<string, bool> Fits)
    {
        public static Condition Compile(HeaderMatch match)
        {
            string name = (match.Header, match.Cookie) switch
            {
                ({ Length: > 0 } header, null or "") => header,
                (null or "", { Length: > 0 } cookie) => cookie,
                _ => throw new ArgumentException("a match names either a header or a cookie"),
            };
            return new Condition(name, !string.IsNullOrEmpty(match.Cookie), Comparison(match));
        }

        public bool Holds(HttpRequest request)
        {
            string? value = IsCookie
                ? request.Cookies[Name]
                : request.Headers.TryGetValue(Name, out StringValues values) ? values.ToString() : null;
            return value is not null && Fits(value);
        }

        private static Func<string, bool> Comparison(HeaderMatch match) => (match.Exact, match.Prefix, match.Regex) switch
        {
            ({ } exact, null, null) => value => value == exact,
            (null, { } prefix, null) => value => value.StartsWith(prefix, StringComparison.Ordinal),
            (null, null, { Length: <= HeaderMatch.RegexLengthMax } pattern) => Whole(pattern).IsMatch,
            (null, null, { } pattern) => throw new ArgumentException($"the expression has {pattern.Length} characters, more than {HeaderMatch.RegexLengthMax}"),
            _ => throw new ArgumentException("a match has exactly one of exact, prefix and regex"),
        };

        /// <summary>Of the whole value; an alternative in the pattern does not escape that.</summary>
        private static Regex Whole(string pattern)
        {
            try
            {
                return new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, RegexTimeout);
            }
            catch (NotSupportedException unsupported)
            {
                throw new ArgumentException(unsupported.Message, unsupported);
            }
        }
    }
}
