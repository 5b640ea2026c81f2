using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Tests.Probing;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>A node with an engine, a registry and a control plane that answers as a test says; by default with what the node said.</summary>
internal sealed class ImageBench : IControlPlane, IDesiredMemory, IDisposable
{
    private readonly DesiredHolder desired;
    private readonly ScriptedRuntime runtime = new((_, _) => throw new NotSupportedException());
    private PodImages? images;

    public ImageBench()
    {
        Signals signals = new();
        desired = new DesiredHolder(this, signals, TimeProvider.System, NullLogger<DesiredHolder>.Instance);
        Events = new EventBuffer(TimeProvider.System, signals.Report);
    }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Dictionary<string, string?> Registry => runtime.Registry;

    public Dictionary<string, string?> Present => runtime.Present;

    public Func<ImageReport, string> Answer { get; init; } = said => said.Resolved;

    /// <summary>What the control plane knows already of some names, whatever the node says.</summary>
    public Dictionary<string, string> Agreed { get; } = [];

    public List<ImageReport> Asked { get; } = [];

    public List<string> Pulled => runtime.Pulled;

    public EventBuffer Events { get; }

    public ScriptedRuntime Runtime => runtime;

    public DesiredHolder Desired => desired;

    /// <summary>All of one life of the agent.</summary>
    public PodImages Images => images ??= new PodImages(
        runtime, new ImageAgreement(runtime, this, desired, Events, Time, NullLogger<ImageAgreement>.Instance), desired, Events, Time, NullLogger<PodImages>.Instance);

    public async Task<string?> GetAsync(string image = "hello:v1", string? policy = null, bool isOfRevision = true)
    {
        Pod pod = Given.Pod(image: image);
        pod = isOfRevision ? OfRevision(pod) : pod;
        return await Images.GetAsync(pod, pod.Spec.Containers[0] with { ImagePullPolicy = policy }, ahead: null, CancellationToken.None);
    }

    /// <summary>Starts the containers of a revision's pod, each once the one before has ended, in one life of the agent.</summary>
    public async Task<List<string?>> StartAsync(Pod pod)
    {
        pod = OfRevision(pod);
        List<string?> started = [];
        foreach (Container container in pod.Spec.AllContainers())
        {
            started.Add(await Images.GetAsync(pod, container, ahead: null, CancellationToken.None));
        }

        return started;
    }

    public async Task TellAsync(string image, string resolved) => await desired.AcceptAsync(
        new DesiredState { StoreIdentity = Given.Store, Revision = 1, ResolvedImages = [new ResolvedImage("uid-1", image, resolved)] }, CancellationToken.None);

    public void Dispose() => images?.Dispose();

    Task<ImageReply> IControlPlane.ResolveImageAsync(ImageReport report, CancellationToken cancellationToken)
    {
        Asked.Add(report);
        return Task.FromResult(new ImageReply(Agreed.GetValueOrDefault(report.Image) ?? Answer(report))
        {
            Others = report.Others.Select(said => KeyValuePair.Create(said.Key, Agreed.GetValueOrDefault(said.Key) ?? said.Value)).ToValueMap(),
        });
    }

    Task<ReportReply> IControlPlane.ReportAsync(NodeReport report, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<DesiredState> IControlPlane.GetDesiredAsync(long after, string store, CancellationToken cancellationToken) => throw new NotSupportedException();

    public static Pod OfRevision(Pod pod) =>
        pod with { Metadata = pod.Metadata with { OwnerReferences = [new OwnerReference { Kind = "ReplicaSet", Name = "web-1", Uid = "owner", Controller = true }] } };

    Task<DesiredState?> IDesiredMemory.LoadAsync(CancellationToken cancellationToken) => Task.FromResult<DesiredState?>(null);

    Task IDesiredMemory.SaveAsync(DesiredState state, CancellationToken cancellationToken) => Task.CompletedTask;
}
