using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Routing;

/// <summary>The stores that the one in use has replaced on a node, as a person confirmed: what they routed may go there.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Stores">Their identities.</param>
public sealed record ReplacedStores(string Node, ValueList<string> Stores);

/// <summary>A Service's route that another store made, kept because the one in use has nothing in its place.</summary>
/// <param name="Store">The identity of the store that made it.</param>
/// <param name="Route">As it was in that store's last table.</param>
public sealed record KeptRoute(string Store, ServiceRoute Route);
