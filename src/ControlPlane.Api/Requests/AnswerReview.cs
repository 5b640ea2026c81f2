using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Reviews;
using ControlPlane.Domain.Rules;
using ControlPlane.Infrastructure.Tokens;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Answers a question about who somebody is or what they may do. Nothing is stored.</summary>
/// <param name="Review">The question.</param>
/// <param name="Namespace">The namespace of the request; empty for none.</param>
/// <param name="Caller">Who asks.</param>
internal sealed record AnswerReview(Resource Review, string Namespace, TokenIdentity Caller) : IRequest<Resource>;

internal sealed class AnswerReviewHandler(ITokenStore tokens) : IRequestHandler<AnswerReview, Resource>
{
    private const string AuthorizationGroup = "authorization.k8s.io";

    public async Task<Resource> Handle(AnswerReview request, CancellationToken cancellationToken)
    {
        TokenIdentity caller = request.Caller;
        switch (request.Review)
        {
            case SelfSubjectAccessReview self:
                Check(self, AttributeErrors(self.Spec.ResourceAttributes, self.Spec.NonResourceAttributes));
                return self with { Status = Decide(caller.Role, self.Spec.ResourceAttributes, self.Spec.NonResourceAttributes) };
            case SubjectAccessReview subject:
                Check(subject, [.. AttributeErrors(subject.Spec.ResourceAttributes, subject.Spec.NonResourceAttributes), .. SubjectErrors(subject.Spec)]);
                return subject with { Status = await DecideAsync(subject.Spec, cancellationToken) };
            case LocalSubjectAccessReview local:
                Check(local, [.. LocalErrors(local, request.Namespace), .. SubjectErrors(local.Spec)]);
                return local with { Status = await DecideAsync(local.Spec, cancellationToken) };
            case SelfSubjectRulesReview rules:
                return string.IsNullOrEmpty(rules.Spec.Namespace)
                    ? throw StatusError.BadRequest("no namespace on request")
                    : rules with
                    {
                        Status = new SubjectRulesReviewStatus
                        {
                            ResourceRules = AccessRules.ResourceRulesOf(caller.Role),
                            NonResourceRules = AccessRules.NonResourceRulesOf(caller.Role),
                        },
                    };
            case SelfSubjectReview self:
                return self with { Status = new SelfSubjectReviewStatus { UserInfo = InfoOf(caller) } };
            case TokenReview token:
                return token with { Status = await IdentifyAsync(token.Spec, cancellationToken) };
            default:
                throw new ArgumentOutOfRangeException(nameof(request), request.Review.GetType().Name, "no such review");
        }
    }

    private async Task<SubjectAccessReviewStatus> DecideAsync(SubjectAccessReviewSpec spec, CancellationToken cancellationToken)
    {
        TokenIdentity? user = string.IsNullOrEmpty(spec.User) ? null : await tokens.FindAsync(spec.User, cancellationToken);
        return Decide(user?.Role ?? AccessRules.RoleOf(spec.Groups), spec.ResourceAttributes, spec.NonResourceAttributes);
    }

    private static SubjectAccessReviewStatus Decide(TokenRole? role, ResourceAttributes? resource, NonResourceAttributes? other)
    {
        AccessArea area = resource is not null ? AccessRules.AreaOf(resource) : AccessRules.AreaOf(other!.Path ?? "");
        return AccessRules.Allows(role, area)
            ? new SubjectAccessReviewStatus { Allowed = true, Reason = role is null ? "open to all" : $"tokens of the role {role} may" }
            : new SubjectAccessReviewStatus { Allowed = false, Reason = role is null ? "no token has this name, and no group a role" : $"tokens of the role {role} may not" };
    }

    private async Task<TokenReviewStatus> IdentifyAsync(TokenReviewSpec spec, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(spec.Token))
        {
            throw StatusError.BadRequest("token is required for TokenReview in authentication");
        }

        return await tokens.AuthenticateAsync(spec.Token, cancellationToken) is { } identity
            ? new TokenReviewStatus { Authenticated = true, User = InfoOf(identity) }
            : new TokenReviewStatus { Authenticated = false, Error = "nobody's token" };
    }

    private static UserInfo InfoOf(TokenIdentity identity) => new() { Username = identity.Name, Groups = AccessRules.GroupsOf(identity.Role) };

    private static IEnumerable<FieldError> AttributeErrors(ResourceAttributes? resource, NonResourceAttributes? other) => (resource, other) switch
    {
        (not null, not null) => [Invalid("spec.nonResourceAttributes", "cannot be specified in combination with resourceAttributes")],
        (null, null) => [Invalid("spec.resourceAttributes", "exactly one of nonResourceAttributes or resourceAttributes must be specified")],
        _ => [],
    };

    private static IEnumerable<FieldError> SubjectErrors(SubjectAccessReviewSpec spec) =>
        string.IsNullOrEmpty(spec.User) && spec.Groups.IsEmpty ? [Invalid("spec.user", "at least one of user or group must be specified")] : [];

    private static IEnumerable<FieldError> LocalErrors(LocalSubjectAccessReview review, string @namespace)
    {
        if (review.Spec.NonResourceAttributes is not null)
        {
            yield return Invalid("spec.nonResourceAttributes", "disallowed on this kind of request");
        }
        else if (review.Spec.ResourceAttributes?.Namespace is not { } asked)
        {
            yield return Invalid("spec.resourceAttributes", "must be specified, with the namespace of the request");
        }
        else if (asked != @namespace)
        {
            yield return Invalid("spec.resourceAttributes.namespace", "must match metadata.namespace");
        }
    }

    private static FieldError Invalid(string field, string detail) => new(field, FieldErrorReason.Invalid, $"Invalid value: {detail}");

    private static void Check(Resource review, IReadOnlyList<FieldError> errors)
    {
        if (errors.Count > 0)
        {
            throw StatusError.Invalid(AuthorizationGroup, review.GetType().Name, review.Name, errors);
        }
    }

    private static void Check(Resource review, IEnumerable<FieldError> errors) => Check(review, (IReadOnlyList<FieldError>)[.. errors]);
}
