namespace ControlPlane.Reconciler.Passes;

/// <summary>This process may no longer be the leader: whatever it holds in memory is to be dropped.</summary>
internal sealed class LeadershipLostException(string message, Exception? inner = null) : Exception(message, inner);
