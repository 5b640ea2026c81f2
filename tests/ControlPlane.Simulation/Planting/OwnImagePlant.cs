using ControlPlane.Agent.Protocol;
using ControlPlane.Domain.Agents;

namespace ControlPlane.Simulation.Planting;

/// <summary>An agent asks what its pods' revisions run, and does not listen.</summary>
internal sealed class OwnImagePlant : Plant
{
    public override IControlPlane OnControlPlane(IControlPlane controlPlane) => new Deaf(controlPlane);

    private sealed class Deaf(IControlPlane inner) : IControlPlane
    {
        public Task<ReportReply> ReportAsync(NodeReport report, CancellationToken cancellationToken) => inner.ReportAsync(report, cancellationToken);

        public async Task<DesiredState> GetDesiredAsync(long after, string store, CancellationToken cancellationToken) =>
            await inner.GetDesiredAsync(after, store, cancellationToken) with { ResolvedImages = [] };

        public async Task<ImageReply> ResolveImageAsync(ImageReport report, CancellationToken cancellationToken)
        {
            await inner.ResolveImageAsync(report, cancellationToken);
            return new ImageReply(report.Resolved);
        }
    }
}
