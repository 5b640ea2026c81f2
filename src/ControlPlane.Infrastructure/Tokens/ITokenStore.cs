namespace ControlPlane.Infrastructure.Tokens;

/// <summary>Bearer tokens: each has a name, so that it is on record who changed what, and is stored as a SHA-256 hash.</summary>
public interface ITokenStore
{
    /// <summary>Whose token this is; null when it is nobody's. Compared in constant time.</summary>
    ValueTask<TokenIdentity?> AuthenticateAsync(string token, CancellationToken cancellationToken);

    /// <summary>Stores a token under a name, replacing the one of that name.</summary>
    Task PutAsync(string name, TokenRole role, string token, CancellationToken cancellationToken);
}

/// <summary>Who is calling.</summary>
/// <param name="Name">The token's name: <c>admin</c>, <c>ci</c>, <c>agents</c>.</param>
public sealed record TokenIdentity(string Name, TokenRole Role);

public enum TokenRole
{
    /// <summary>All of the Kubernetes API.</summary>
    Admin,

    /// <summary>The agent protocol only.</summary>
    Agent,
}
