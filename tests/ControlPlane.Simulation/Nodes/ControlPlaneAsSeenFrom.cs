using ControlPlane.Agent.Protocol;
using ControlPlane.Domain.Agents;

namespace ControlPlane.Simulation.Nodes;

/// <summary>The control plane as an agent calls it.</summary>
internal sealed class ControlPlaneAsSeenFrom(Machine machine, Simulation simulation) : IControlPlane
{
    // As the product's client has them.
    private static readonly TimeSpan DesiredTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ResolveTimeout = TimeSpan.FromSeconds(3);

    private readonly ServerChoice server = new(machine, simulation);

    public Task<ReportReply> ReportAsync(NodeReport report, CancellationToken cancellationToken) =>
        server.CallAsync(replica => replica.ReportAsync(machine.Name, report), ReportTimeout, cancellationToken);

    public Task<DesiredState> GetDesiredAsync(long after, string store, CancellationToken cancellationToken) =>
        server.CallAsync(replica => replica.DesiredAsync(machine.Name, after, store), DesiredTimeout, cancellationToken);

    public async Task<ImageReply> ResolveImageAsync(ImageReport report, CancellationToken cancellationToken)
    {
        try
        {
            ImageReply reply = await server.CallAsync(replica => replica.ResolveImageAsync(machine.Name, report), ResolveTimeout, cancellationToken);
            simulation.Images.NoteAnswer(report.PodUid, hasCome: true);
            return reply;
        }
        catch (ControlPlaneException)
        {
            simulation.Images.NoteAnswer(report.PodUid, hasCome: false);
            throw;
        }
    }
}
