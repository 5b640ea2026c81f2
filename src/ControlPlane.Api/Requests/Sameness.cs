using System.Text.Json.Nodes;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>
/// Whether a write would leave an object as it is. Quantities are equal when their amounts are, for whoever plans; but one that a client writes in another notation
/// (<c>1048576k</c> for <c>1000Mi</c>) is stored in it, as in Kubernetes, which compares what would be stored.
/// </summary>
internal static class Sameness
{
    public static bool Of(Resource updated, Resource? stored) =>
        stored is not null && updated.Equals(stored) && JsonNode.DeepEquals(Ownership.Json(updated), Ownership.Json(stored));
}
