namespace ControlPlane.Api.Wire;

/// <summary>A request that is answered with a <see cref="Wire.Status"/>. Made by <see cref="StatusError"/>.</summary>
internal sealed class ApiException(Status status, Exception? inner = null) : Exception(status.Message, inner)
{
    public Status Status { get; } = status;
}
