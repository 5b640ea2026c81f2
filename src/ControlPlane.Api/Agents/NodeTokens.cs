using System.Security.Claims;
using System.Text.Json;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using ControlPlane.Infrastructure.Tokens;

namespace ControlPlane.Api.Agents;

/// <summary>
/// Which agent may speak for which node. An agent makes a token for itself and, by the token that all may join with, has it bound to its node's name;
/// from then on that node is spoken for by that token alone, until the Node is deleted.
/// </summary>
internal sealed class NodeTokens(ITokenStore tokens)
{
    /// <summary>The least length of a token, in characters: 32 random bytes in base 64.</summary>
    private const int TokenCharsMin = 43;
    private const int TokenCharsMax = 256;

    /// <summary>Binds a token to a node; again with the same one is no error, for an answer may have been lost.</summary>
    public async Task JoinAsync(HttpContext http, string node)
    {
        if (!http.User.IsInRole(nameof(TokenRole.Agent)))
        {
            throw Forbidden($"token \"{TokenAuthentication.ActorOf(http)}\" is a node's own and cannot join another");
        }

        CheckName(node);
        JoinRequest request = await ReadAsync(http);
        if (request.Token.Length is < TokenCharsMin or > TokenCharsMax)
        {
            throw StatusError.BadRequest($"token: Invalid value: must have {TokenCharsMin} to {TokenCharsMax} characters");
        }

        if (!await tokens.AddAsync(TokenIdentity.NameOfNode(node), TokenRole.Node, request.Token, http.RequestAborted))
        {
            throw Forbidden($"node \"{node}\" has joined with another token; delete the Node to let an agent join anew under this name");
        }
    }

    /// <exception cref="ApiException">403: the caller's token is not the one that speaks for the node.</exception>
    public async ValueTask CheckAsync(HttpContext http, string node)
    {
        string own = TokenIdentity.NameOfNode(node);
        bool isAllowed = http.User.IsInRole(nameof(TokenRole.Node))
            ? http.User.FindFirstValue(ClaimTypes.Name) == own
            : !await tokens.HasAsync(own, http.RequestAborted);
        if (!isAllowed)
        {
            throw Forbidden($"token \"{TokenAuthentication.ActorOf(http)}\" does not speak for node \"{node}\"");
        }
    }

    /// <summary>Lets any agent join under a node's name again.</summary>
    public Task RevokeAsync(string node, CancellationToken cancellationToken) => tokens.RemoveAsync(TokenIdentity.NameOfNode(node), cancellationToken);

    /// <summary>The node's record is made with its first report, under the rules for such records.</summary>
    private static void CheckName(string node)
    {
        Resource record = ResourceRules.WithDefaults(new Node
        {
            ApiVersion = ResourceKinds.Node.ApiVersion,
            Kind = ResourceKinds.Node.Kind,
            Metadata = new ObjectMeta { Name = node, Uid = Guid.NewGuid().ToString() },
        });
        Validation.ThrowIfInvalid(ResourceKinds.Node, node, ResourceRules.ValidateCreate(record));
    }

    private static async Task<JoinRequest> ReadAsync(HttpContext http)
    {
        try
        {
            ReadOnlyMemory<byte> body = await BodyReader.ReadAsync(http);
            return JsonSerializer.Deserialize<JoinRequest>(body.Span, ResourceJson.Options) ?? throw StatusError.BadRequest("null is no request to join");
        }
        catch (JsonException broken)
        {
            throw StatusError.BadRequest($"the request to join cannot be read: {broken.Message}");
        }
    }

    private static ApiException Forbidden(string message) =>
        new(new Status { Code = StatusCodes.Status403Forbidden, Reason = StatusReason.Forbidden, Message = $"forbidden: {message}" });
}
