using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning;

/// <summary>What an owner does about an object that its selector may or may not match.</summary>
internal enum Claim
{
    /// <summary>None of the owner's business.</summary>
    Leave,

    /// <summary>Controlled by the owner, and rightly so.</summary>
    Hold,

    /// <summary>Matches and has no controller: the owner takes it.</summary>
    Adopt,

    /// <summary>Controlled by the owner and no longer matching: the owner lets it go.</summary>
    Release,
}

/// <summary>Who controls what (Kubernetes: controller references, adoption and orphaning).</summary>
internal static class Ownership
{
    /// <summary>
    /// The first rule that applies. Another controller's object is never touched, so two owners with overlapping selectors never fight;
    /// an owner that is being deleted takes and drops nothing; what is being deleted is not adopted. A selector that selects everything
    /// selects nothing here: it is a mistake that would take over a whole namespace.
    /// </summary>
    public static Claim Judge(Resource owner, LabelSelector? selector, Resource candidate)
    {
        OwnerReference? controller = candidate.Metadata.Controller;
        bool matches = selector is not null && !SelectsAll(selector) && selector.Matches(candidate.Metadata.Labels);
        return (controller, matches) switch
        {
            ({ } other, _) when !string.Equals(other.Uid, owner.Uid, StringComparison.Ordinal) => Claim.Leave,
            ({ }, true) => Claim.Hold,
            _ when owner.Metadata.IsDeleting => Claim.Leave,
            ({ }, false) => Claim.Release,
            (null, true) when !candidate.Metadata.IsDeleting => Claim.Adopt,
            _ => Claim.Leave,
        };
    }

    private static bool SelectsAll(LabelSelector selector) => selector.MatchLabels.IsEmpty && selector.MatchExpressions.IsEmpty;

    /// <summary>The reference that makes an owner the controller.</summary>
    public static OwnerReference ControllerReference(Resource owner)
    {
        ResourceKind kind = ResourceKinds.Of(owner);
        return new OwnerReference
        {
            ApiVersion = kind.ApiVersion,
            Kind = kind.Kind,
            Name = owner.Name,
            Uid = owner.Uid,
            Controller = true,
            BlockOwnerDeletion = true,
        };
    }

    /// <summary>The metadata with the owner as controller.</summary>
    public static ObjectMeta WithController(this ObjectMeta metadata, Resource owner) =>
        metadata with { OwnerReferences = metadata.WithoutOwner(owner).OwnerReferences.Add(ControllerReference(owner)) };

    /// <summary>The metadata without any reference to the owner.</summary>
    public static ObjectMeta WithoutOwner(this ObjectMeta metadata, Resource owner) => metadata with
    {
        OwnerReferences = metadata.OwnerReferences.Where(reference => !string.Equals(reference.Uid, owner.Uid, StringComparison.Ordinal)).ToValueList(),
    };
}
