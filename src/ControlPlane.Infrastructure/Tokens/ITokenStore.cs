namespace ControlPlane.Infrastructure.Tokens;

/// <summary>Bearer tokens: each has a name, so that it is on record who changed what, and is stored as a SHA-256 hash.</summary>
public interface ITokenStore
{
    /// <summary>Whose token this is; null when it is nobody's. Compared in constant time.</summary>
    ValueTask<TokenIdentity?> AuthenticateAsync(string token, CancellationToken cancellationToken);

    /// <summary>Stores a token under a name, replacing the one of that name.</summary>
    Task PutAsync(string name, TokenRole role, string token, CancellationToken cancellationToken);

    /// <summary>Stores a token under a name that has none yet.</summary>
    /// <returns>True when the name has this token now; false when it has another one, which stays.</returns>
    Task<bool> AddAsync(string name, TokenRole role, string token, CancellationToken cancellationToken);

    /// <summary>Takes the token of a name away; a name without one is no error. Other replicas know it for as long as they keep what they have read.</summary>
    Task RemoveAsync(string name, CancellationToken cancellationToken);

    /// <summary>Whose token has a name; null when there is none.</summary>
    ValueTask<TokenIdentity?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Whether there is a token of a name.</summary>
    ValueTask<bool> HasAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Who is calling.</summary>
/// <param name="Name">The token's name: <c>admin</c>, <c>ci</c>, <c>agents</c>.</param>
public sealed record TokenIdentity(string Name, TokenRole Role)
{
    private const string NodePrefix = "system:node:";

    /// <summary>The name of the token of a node's agent.</summary>
    public static string NameOfNode(string node) => NodePrefix + node;
}

public enum TokenRole
{
    /// <summary>All of the Kubernetes API.</summary>
    Admin,

    /// <summary>What agents join with: the agent protocol only, for nodes that have no token of their own.</summary>
    Agent,

    /// <summary>One node's agent: the agent protocol only, for that node.</summary>
    Node,
}
