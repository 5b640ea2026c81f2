using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Queue;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Whether a change concerns what is always there: what every namespace has, and the API's Service.</summary>
internal static class StandingTriggers
{
    /// <param name="change">What changed.</param>
    public static IEnumerable<WorkKey> KeysOf(Change change) => change.Object switch
    {
        Namespace space when change.Operation == ChangeOperation.Added => [WorkKey.NamespaceObjects(space.Name)],
        ServiceAccount account when account.Name == NamespaceObjects.ServiceAccountName => [WorkKey.NamespaceObjects(account.Namespace)],
        ConfigMap map when map.Name == NamespaceObjects.RootCertificateName => [WorkKey.NamespaceObjects(map.Namespace)],
        Service or Endpoints or EndpointSlice when change.Object.Key == ApiService.Key => [WorkKey.ApiService],
        _ => [],
    };

    public static IEnumerable<WorkKey> All(World world) => world.All<Namespace>().Select(space => WorkKey.NamespaceObjects(space.Name)).Append(WorkKey.ApiService);
}
