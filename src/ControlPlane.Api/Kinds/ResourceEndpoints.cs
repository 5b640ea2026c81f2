namespace ControlPlane.Api.Kinds;

internal static class ResourceEndpoints
{
    /// <summary>Maps the endpoints of each kind in the registry.</summary>
    public static void MapKinds(this IEndpointRouteBuilder routes)
    {
        foreach (ServedKind served in ServedKinds.All)
        {
            Type type = typeof(KindEndpoints<>).MakeGenericType(served.Kind.Type);
            ((IKindEndpoints)Activator.CreateInstance(type, served)!).Map(routes);
        }
    }
}
