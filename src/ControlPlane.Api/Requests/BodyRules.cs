using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>A body must be about the object that the path names.</summary>
internal static class BodyRules
{
    /// <param name="body">What was sent. A namespace in an object that belongs to none means nothing (Kubernetes: EnsureObjectNamespaceMatchesRequestNamespace).</param>
    /// <param name="namespace">The namespace of the path; empty for cluster-scoped kinds.</param>
    /// <param name="name">The name of the path; null where it has none.</param>
    public static void CheckIdentity(Resource body, string @namespace, string? name)
    {
        if (@namespace.Length > 0 && body.Namespace.Length > 0 && body.Namespace != @namespace)
        {
            throw StatusError.BadRequest(name is null
                ? "the namespace of the provided object does not match the namespace sent on the request"
                : $"the namespace of the object ({body.Namespace}) does not match the namespace on the request ({@namespace})");
        }

        if (name is null || body.Name == name)
        {
            return;
        }

        // A body without a name may be meant for anything: an empty Scale would stop every pod.
        throw body.Name.Length == 0
            ? StatusError.BadRequest($"the name of the object ({name} based on URL) was undeterminable: name must be provided")
            : StatusError.BadRequest($"the name of the object ({body.Name}) does not match the name on the URL ({name})");
    }
}
