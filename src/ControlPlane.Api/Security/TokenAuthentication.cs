using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Encodings.Web;
using ControlPlane.Api.Pipeline;
using ControlPlane.Api.Wire;
using ControlPlane.Infrastructure.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Security;

/// <summary>Who calls, by bearer token; what each role may do.</summary>
internal static class TokenAuthentication
{
    public const string Scheme = "Bearer";

    /// <summary>The policy of the agent protocol; everything else that is not open to all is for administrators.</summary>
    public const string AgentPolicy = "agents";

    /// <summary>The policy of what whoever has a token may ask about itself.</summary>
    public const string SelfPolicy = "self";

    public static IServiceCollection AddTokenAuthentication(this IServiceCollection services)
    {
        services.AddAuthentication(Scheme).AddScheme<AuthenticationSchemeOptions, TokenAuthenticationHandler>(Scheme, configureOptions: null);
        // Without a scheme of their own: the caller is known already when they are looked at, and is not authenticated a second time.
        AuthorizationPolicy admins = PolicyOf(AccessArea.Objects);
        services.AddAuthorizationBuilder().SetFallbackPolicy(admins).SetDefaultPolicy(admins)
            .AddPolicy(AgentPolicy, PolicyOf(AccessArea.Agents))
            .AddPolicy(SelfPolicy, PolicyOf(AccessArea.Self));
        return services;
    }

    /// <summary>The name of the caller's token.</summary>
    public static string ActorOf(HttpContext http) =>
        http.User.Identity?.Name ?? throw new InvalidOperationException("an endpoint that writes was reached without a token");

    /// <summary>The caller.</summary>
    public static TokenIdentity IdentityOf(HttpContext http) =>
        new(ActorOf(http), Enum.Parse<TokenRole>(http.User.FindFirstValue(ClaimTypes.Role)!));

    private static AuthorizationPolicy PolicyOf(AccessArea area) =>
        new AuthorizationPolicyBuilder().RequireRole(AccessRules.RolesOf(area).Select(role => role.ToString())).Build();
}

/// <summary>Reads <c>Authorization: Bearer …</c>, or what a WebSocket has in its place, and answers 401 and 403 with a <see cref="Status"/>.</summary>
internal sealed class TokenAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ITokenStore tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Prefix = "Bearer ";

    /// <summary>The answer for each identity, for as long as the token store keeps it; shared by all its requests, which only read it.</summary>
    private static readonly ConditionalWeakTable<TokenIdentity, AuthenticateResult> Known = [];

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string? offered = WebSocketToken.TakeFrom(Context);
        string? header = Request.Headers.Authorization;
        string? token = header?.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) == true ? header[Prefix.Length..].Trim() : offered;
        if (token is null)
        {
            return AuthenticateResult.NoResult();
        }

        TokenIdentity? identity = await tokens.AuthenticateAsync(token, Context.RequestAborted);
        return identity is null ? AuthenticateResult.Fail("nobody's token") : Known.GetValue(identity, ResultFor);
    }

    private static AuthenticateResult ResultFor(TokenIdentity identity)
    {
        ClaimsIdentity claims = new(
            [new Claim(ClaimTypes.Name, identity.Name), new Claim(ClaimTypes.Role, identity.Role.ToString())], TokenAuthentication.Scheme);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(claims), TokenAuthentication.Scheme));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return ErrorResponses.WriteAsync(Context, StatusError.Unauthorized().Status);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ErrorResponses.WriteAsync(Context, new Status
        {
            Code = StatusCodes.Status403Forbidden,
            Reason = StatusReason.Forbidden,
            Message = $"forbidden: token \"{Context.User.Identity?.Name}\" cannot {Request.Method.ToLowerInvariant()} path \"{Request.Path}\"",
        });
}
