namespace ControlPlane.Bench;

/// <summary>The benchmark could not be run to its end; the message says what was seen.</summary>
internal sealed class BenchException(string message, Exception? inner = null) : Exception(message, inner);
