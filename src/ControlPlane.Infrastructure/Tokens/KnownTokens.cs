using System.Collections.Frozen;
using System.Security.Cryptography;

namespace ControlPlane.Infrastructure.Tokens;

/// <summary>
/// Tokens found by their hash: a call costs the same with 5,000 nodes as with one. Where a hash is looked for depends on a secret that each process
/// draws (<see cref="HashCode"/>), so that the time of an answer tells a guesser nothing of what is stored; what is found there is compared in constant time.
/// </summary>
internal sealed class KnownTokens
{
    private readonly FrozenDictionary<int, (TokenIdentity Identity, byte[] Hash)[]> byHash;
    private readonly FrozenDictionary<string, TokenIdentity> byName;

    public KnownTokens(IReadOnlyCollection<(TokenIdentity Identity, byte[] Hash)> tokens)
    {
        byHash = tokens.GroupBy(token => PlaceOf(token.Hash)).ToFrozenDictionary(place => place.Key, place => place.ToArray());
        byName = tokens.Select(token => token.Identity).ToFrozenDictionary(identity => identity.Name, StringComparer.Ordinal);
    }

    /// <summary>Whose token has this SHA-256 hash; null when it is nobody's.</summary>
    public TokenIdentity? Find(ReadOnlySpan<byte> hash)
    {
        TokenIdentity? found = null;
        foreach ((TokenIdentity identity, byte[] stored) in byHash.GetValueOrDefault(PlaceOf(hash), []))
        {
            found = CryptographicOperations.FixedTimeEquals(stored, hash) ? identity : found;
        }

        return found;
    }

    /// <summary>Whose token has a name; null when there is none.</summary>
    public TokenIdentity? OfName(string name) => byName.GetValueOrDefault(name);

    private static int PlaceOf(ReadOnlySpan<byte> hash)
    {
        HashCode place = default;
        place.AddBytes(hash);
        return place.ToHashCode();
    }
}
