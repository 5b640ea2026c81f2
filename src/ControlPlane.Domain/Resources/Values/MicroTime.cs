namespace ControlPlane.Domain.Resources.Values;

/// <summary>A point in time that is written with microseconds (Kubernetes <c>MicroTime</c>); plain times are written with seconds.</summary>
public readonly record struct MicroTime(DateTimeOffset Value)
{
    public static implicit operator MicroTime(DateTimeOffset value) => new(value);

    public static MicroTime FromDateTimeOffset(DateTimeOffset value) => new(value);
}
