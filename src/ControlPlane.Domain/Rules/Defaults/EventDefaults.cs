using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>
/// The defaults of Events. Kubernetes writes <c>reportingComponent</c> and <c>reportingInstance</c> of every Event, empty ones too.
/// </summary>
internal static class EventDefaults
{
    public static Event Apply(Event item) => item with
    {
        ReportingComponent = item.ReportingComponent ?? "",
        ReportingInstance = item.ReportingInstance ?? "",
        Count = item.Count.ZeroAsAbsent(),
    };
}
