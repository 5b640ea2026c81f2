using System.Globalization;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Routing;

/// <summary>A length of time that a Service's annotation gives: seconds, or a duration such as <c>1m30s</c>, at most an hour.</summary>
public static class ServiceTime
{
    /// <summary>Longer ones are refused: nothing shall be spared, or waited for, for ever.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromHours(1);

    /// <summary>Null when the annotation is not there, or cannot be read.</summary>
    public static TimeSpan? Of(Service service, string annotation)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.Metadata.Annotations[annotation] is { } text ? Parse(text) : null;
    }

    /// <summary>Null for what is no length of time, or longer than <see cref="Max"/>.</summary>
    public static TimeSpan? Parse(string text) =>
        Duration.Parse(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? new IntOrString(seconds) : new IntOrString(text))
            is { } window && window <= Max ? window : null;
}
