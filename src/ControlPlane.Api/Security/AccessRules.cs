using ControlPlane.Api.Hosting;
using ControlPlane.Api.Wire.Swagger;
using ControlPlane.Domain.Resources.Reviews;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Infrastructure.Tokens;

namespace ControlPlane.Api.Security;

/// <summary>A part of the API that a role may use or may not.</summary>
internal enum AccessArea
{
    /// <summary>For everybody, without a token: whether the API works, and Swagger's pages.</summary>
    Open,

    /// <summary>For whoever has a token: who one is, and what one may do.</summary>
    Self,

    /// <summary>The Kubernetes API and all that is nowhere else.</summary>
    Objects,

    /// <summary>What agents and gateways ask.</summary>
    Agents,
}

/// <summary>Who may do what: the one table that requests are judged by and that reviews answer from.</summary>
internal static class AccessRules
{
    private const string Any = "*";
    private static readonly ValueList<string> AuthorizationSelf = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"];
    private static readonly ValueList<string> OpenPaths = ["/healthz", "/livez", "/readyz", SwaggerSetup.Path];
    private static readonly ValueList<string> AgentPaths = ["/agent/v1", "/gateway/v1"];

    /// <summary>The roles that may use a part; for <see cref="AccessArea.Open"/> no role is needed.</summary>
    public static IReadOnlyList<TokenRole> RolesOf(AccessArea area) => area switch
    {
        AccessArea.Objects => [TokenRole.Admin],
        AccessArea.Agents => [TokenRole.Agent, TokenRole.Node],
        _ => [TokenRole.Admin, TokenRole.Agent, TokenRole.Node],
    };

    /// <summary>Whether a role may use a part of the API.</summary>
    /// <param name="role">The role; null for one without a token.</param>
    /// <param name="area">The part.</param>
    public static bool Allows(TokenRole? role, AccessArea area) => area == AccessArea.Open || (role is { } known && RolesOf(area).Contains(known));

    /// <summary>The part that something done with objects belongs to.</summary>
    public static AccessArea AreaOf(ResourceAttributes attributes) =>
        attributes is { Verb: "create", Subresource: null or "" } && IsSelfReview(attributes.Group, attributes.Resource) ? AccessArea.Self : AccessArea.Objects;

    /// <summary>The part that a path belongs to that is no object's.</summary>
    public static AccessArea AreaOf(string path) =>
        OpenPaths.Any(open => IsBelow(path, open)) ? AccessArea.Open
        : AgentPaths.Any(agents => IsBelow(path, agents)) ? AccessArea.Agents
        : AccessArea.Objects;

    /// <summary>All that a role may do with objects.</summary>
    public static ValueList<ResourceRule> ResourceRulesOf(TokenRole role) =>
    [
        .. Allows(role, AccessArea.Objects) ? [new ResourceRule { Verbs = [Any], ApiGroups = [Any], Resources = [Any] }] : default(ValueList<ResourceRule>),
        new ResourceRule { Verbs = ["create"], ApiGroups = ["authorization.k8s.io"], Resources = AuthorizationSelf },
        new ResourceRule { Verbs = ["create"], ApiGroups = ["authentication.k8s.io"], Resources = ["selfsubjectreviews"] },
    ];

    /// <summary>All that a role may do with other paths.</summary>
    public static ValueList<NonResourceRule> NonResourceRulesOf(TokenRole role)
    {
        IEnumerable<string> paths = OpenPaths.Concat(Allows(role, AccessArea.Agents) ? AgentPaths : []).SelectMany(path => new[] { path, path + "/*" });
        IEnumerable<string> objects = Allows(role, AccessArea.Objects) ? ["/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/version", Metrics.Path] : [];
        return [new NonResourceRule { Verbs = [Any], NonResourceUrls = [.. objects, .. paths] }];
    }

    /// <summary>A role in Kubernetes' words.</summary>
    public static ValueList<string> GroupsOf(TokenRole role) => [role switch
    {
        TokenRole.Admin => "system:masters",
        TokenRole.Node => "system:nodes",
        _ => "controlplane.dev:agents",
    }, "system:authenticated"];

    /// <summary>The role that one of these groups stands for; null when none does.</summary>
    public static TokenRole? RoleOf(ValueList<string> groups) =>
        Enum.GetValues<TokenRole>().Select(role => (TokenRole?)role).FirstOrDefault(role => groups.Contains(GroupsOf(role!.Value)[0]));

    private static bool IsSelfReview(string? group, string? resource) => group switch
    {
        "authorization.k8s.io" => AuthorizationSelf.Contains(resource ?? ""),
        "authentication.k8s.io" => resource == "selfsubjectreviews",
        _ => false,
    };

    private static bool IsBelow(string path, string above) =>
        path == above || path.StartsWith(above + "/", StringComparison.Ordinal);
}
