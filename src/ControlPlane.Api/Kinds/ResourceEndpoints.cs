using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Kinds;

internal static class ResourceEndpoints
{
    /// <summary>Maps the endpoints of each kind in the registry.</summary>
    public static void MapKinds(this IEndpointRouteBuilder routes)
    {
        foreach (ServedKind served in ServedKinds.All.Concat(ServedKinds.Forms))
        {
            Type stored = served.Form is null ? served.Kind.Type : ResourceKinds.Find(served.Kind.Kind)!.Type;
            Type type = typeof(KindEndpoints<>).MakeGenericType(stored);
            ((IKindEndpoints)Activator.CreateInstance(type, served)!).Map(routes);
        }
    }
}
