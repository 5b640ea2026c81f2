using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Requests;

internal static class Validation
{
    /// <summary>Refuses an object that breaks rules with a 422 that names each field.</summary>
    public static void ThrowIfInvalid(ResourceKind kind, string name, IReadOnlyList<FieldError> errors)
    {
        if (errors.Count > 0)
        {
            throw StatusError.Invalid(kind, name, errors);
        }
    }
}
