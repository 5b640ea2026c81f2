using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for the isolation of a container (Kubernetes: <c>ValidateSecurityContext</c>).</summary>
internal sealed class SecurityContextValidator : AbstractValidator<SecurityContext>
{
    public SecurityContextValidator()
    {
        RuleFor(context => context).CheckAll(Contradictions);
        RuleFor(context => context.RunAsUser).Check(SecurityContextRules.Id);
        RuleFor(context => context.RunAsGroup).Check(SecurityContextRules.Id);
        RuleFor(context => context.SeccompProfile).CheckAll(SecurityContextRules.Seccomp);
    }

    private static IEnumerable<FieldProblem> Contradictions(SecurityContext context)
    {
        if (context.AllowPrivilegeEscalation is not false)
        {
            yield break;
        }

        if (context.Privileged == true)
        {
            yield return FieldProblem.Invalid(context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }

        if (context.Capabilities?.Add.Contains("CAP_SYS_ADMIN") == true)
        {
            yield return FieldProblem.Invalid(context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }
}

/// <summary>The rules for the isolation of a whole pod (Kubernetes: <c>ValidatePodSecurityContext</c>).</summary>
internal sealed class PodSecurityContextValidator : AbstractValidator<PodSecurityContext>
{
    public PodSecurityContextValidator()
    {
        RuleFor(context => context.RunAsUser).Check(SecurityContextRules.Id);
        RuleFor(context => context.RunAsGroup).Check(SecurityContextRules.Id);
        RuleForEach(context => context.SupplementalGroups).Check(group => SecurityContextRules.Id(group));
        RuleFor(context => context.SeccompProfile).CheckAll(SecurityContextRules.Seccomp);
    }
}

/// <summary>What the two have in common.</summary>
internal static class SecurityContextRules
{
    /// <summary>A user's or a group's number (Kubernetes: <c>IsValidUserID</c>).</summary>
    public static FieldProblem? Id(long? id) =>
        id is < 0 or > int.MaxValue ? FieldProblem.Invalid(id, $"must be between 0 and {int.MaxValue}, inclusive") : null;

    public static IEnumerable<FieldProblem> Seccomp(SeccompProfile? profile)
    {
        if (profile is null)
        {
            yield break;
        }

        if (profile.Type.Length == 0)
        {
            yield return FieldProblem.Required("type is required when seccompProfile is set") with { At = ".type" };
        }
        else if (profile.Type is not ("Localhost" or "RuntimeDefault" or "Unconfined"))
        {
            yield return FieldProblem.NotSupported(profile.Type, "Localhost", "RuntimeDefault", "Unconfined") with { At = ".type" };
        }
        else if (profile.Type != "Localhost" && !string.IsNullOrEmpty(profile.LocalhostProfile))
        {
            yield return FieldProblem.Invalid(profile.LocalhostProfile, "can only be set when seccomp type is Localhost") with { At = ".localhostProfile" };
        }
    }
}
