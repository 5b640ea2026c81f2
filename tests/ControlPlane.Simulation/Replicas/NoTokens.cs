using ControlPlane.Infrastructure.Tokens;

namespace ControlPlane.Simulation.Replicas;

/// <summary>Authentication is not simulated: nobody has a token, so none ends with a deleted Node.</summary>
internal sealed class NoTokens : ITokenStore
{
    public ValueTask<TokenIdentity?> AuthenticateAsync(string token, CancellationToken cancellationToken) => throw Unsupported();

    public Task PutAsync(string name, TokenRole role, string token, CancellationToken cancellationToken) => throw Unsupported();

    public Task<bool> AddAsync(string name, TokenRole role, string token, CancellationToken cancellationToken) => throw Unsupported();

    public Task RemoveAsync(string name, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask<TokenIdentity?> FindAsync(string name, CancellationToken cancellationToken) => throw Unsupported();

    public ValueTask<bool> HasAsync(string name, CancellationToken cancellationToken) => throw Unsupported();

    private static NotSupportedException Unsupported() => new("no one has a token here");
}
