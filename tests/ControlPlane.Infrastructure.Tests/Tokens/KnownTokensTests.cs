using System.Security.Cryptography;
using System.Text;
using ControlPlane.Infrastructure.Tokens;

namespace ControlPlane.Infrastructure.Tests.Tokens;

public sealed class KnownTokensTests
{
    private static readonly (TokenIdentity Identity, byte[] Hash)[] Tokens =
        [.. Enumerable.Range(0, 5_000).Select(i => (new TokenIdentity($"system:node:n{i}", TokenRole.Node), HashOf($"secret-{i}")))];

    [Fact]
    public void Find_AmongManyTokens_IsTheOneOfThatHash()
    {
        KnownTokens known = new(Tokens);

        Assert.All(Enumerable.Range(0, Tokens.Length), i => Assert.Same(Tokens[i].Identity, known.Find(HashOf($"secret-{i}"))));
        Assert.Equal(TokenRole.Node, known.OfName("system:node:n4999")!.Role);
    }

    [Fact]
    public void Find_HashThatDiffersInOneBit_IsNobodys()
    {
        KnownTokens known = new(Tokens);

        Assert.All(Enumerable.Range(0, 256), bit =>
        {
            byte[] almost = HashOf("secret-7");
            almost[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(known.Find(almost));
        });
        Assert.Null(known.OfName("system:node:n5000"));
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
