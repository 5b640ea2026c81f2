namespace ControlPlane.Launcher;

/// <summary>The product cannot be started as asked; the message says why and what to do about it.</summary>
internal sealed class LauncherException(string message, Exception? inner = null) : Exception(message, inner);
