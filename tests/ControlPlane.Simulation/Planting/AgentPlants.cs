using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Simulation.Planting;

/// <summary>Puts something between an agent and its engine.</summary>
internal sealed class RuntimePlant(Func<IContainerRuntime, IContainerRuntime> change) : Plant
{
    public override IContainerRuntime OnRuntime(IContainerRuntime runtime) => change(runtime);
}

/// <summary>Every container looks as if this store had ordered it long ago, and nothing is remembered of the life before.</summary>
internal sealed class UnknownPlant : Plant
{
    public override IContainerRuntime OnRuntime(IContainerRuntime runtime) => new RelabelledRuntime(runtime, () => lastIdentity);

    public override IControlPlane OnControlPlane(IControlPlane controlPlane) =>
        new ChangedControlPlane(controlPlane, reply => reply with { StoreIdentity = lastIdentity = reply.StoreIdentity });

    public override IDesiredMemory OnMemory(IDesiredMemory memory) => new NoMemory();

    private string lastIdentity = "";

    private sealed class NoMemory : IDesiredMemory
    {
        public Task<DesiredState?> LoadAsync(CancellationToken cancellationToken) => Task.FromResult<DesiredState?>(null);

        public Task SaveAsync(DesiredState state, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>Takes the deletion marks off what a node is told.</summary>
internal sealed class KeepPlant : Plant
{
    public override IControlPlane OnControlPlane(IControlPlane controlPlane) =>
        new ChangedControlPlane(controlPlane, static reply => reply with { Pods = reply.Pods.Select(Unmarked).ToValueList() });

    private static Pod Unmarked(Pod pod) =>
        pod with { Metadata = pod.Metadata with { DeletionTimestamp = null, DeletionGracePeriodSeconds = null } };
}

internal sealed class ChangedControlPlane(IControlPlane inner, Func<DesiredState, DesiredState> change) : IControlPlane
{
    public Task<ReportReply> ReportAsync(NodeReport report, CancellationToken cancellationToken) => inner.ReportAsync(report, cancellationToken);

    public Task<ImageReply> ResolveImageAsync(ImageReport report, CancellationToken cancellationToken) => inner.ResolveImageAsync(report, cancellationToken);

    public async Task<DesiredState> GetDesiredAsync(long after, string store, CancellationToken cancellationToken) =>
        change(await inner.GetDesiredAsync(after, store, cancellationToken));
}

/// <summary>Passes everything on.</summary>
internal abstract class RuntimeDecorator(IContainerRuntime inner) : IContainerRuntime
{
    protected IContainerRuntime Inner => inner;

    public string Name => inner.Name;

    public bool SharesNetwork => inner.SharesNetwork;

    public bool MountsVolumes => inner.MountsVolumes;

    public Task<string> GetVersionAsync(CancellationToken cancellationToken) => inner.GetVersionAsync(cancellationToken);

    public virtual Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    public Task WatchAsync(Action onChange, CancellationToken cancellationToken) => inner.WatchAsync(onChange, cancellationToken);

    public Task<bool> HasImageAsync(string image, CancellationToken cancellationToken) => inner.HasImageAsync(image, cancellationToken);

    public Task<string?> ResolveImageAsync(string image, CancellationToken cancellationToken) => inner.ResolveImageAsync(image, cancellationToken);

    public Task PullAsync(string image, RegistryLogin? login, CancellationToken cancellationToken) => inner.PullAsync(image, login, cancellationToken);

    public virtual Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken) => inner.CreateAsync(request, cancellationToken);

    public Task<string> CreateSandboxAsync(SandboxRequest request, CancellationToken cancellationToken) => inner.CreateSandboxAsync(request, cancellationToken);

    public virtual Task StartAsync(string id, CancellationToken cancellationToken) => inner.StartAsync(id, cancellationToken);

    public Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken) => inner.StopAsync(id, grace, cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => inner.RemoveAsync(id, cancellationToken);

    public Task<ExecResult> ExecAsync(string id, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        inner.ExecAsync(id, command, cancellationToken);

    public Task CopyLogsAsync(string id, LogOptions options, Stream target, CancellationToken cancellationToken) =>
        inner.CopyLogsAsync(id, options, target, cancellationToken);

    public Task CleanAsync(CancellationToken cancellationToken) => inner.CleanAsync(cancellationToken);
}

/// <summary>Knows only what was made through it.</summary>
internal sealed class ForgetfulRuntime(IContainerRuntime inner) : RuntimeDecorator(inner)
{
    private readonly HashSet<string> own = new(StringComparer.Ordinal);

    public override async Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await Inner.ListAsync(cancellationToken)).Where(container => own.Contains(container.Id))];

    public override async Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken)
    {
        string id = await Inner.CreateAsync(request, cancellationToken);
        own.Add(id);
        return id;
    }
}

/// <summary>Makes and starts two of everything.</summary>
internal sealed class DoubleStartRuntime(IContainerRuntime inner) : RuntimeDecorator(inner)
{
    public override async Task<string> CreateAsync(ContainerRequest request, CancellationToken cancellationToken)
    {
        string twin = await Inner.CreateAsync(request, cancellationToken);
        await Inner.StartAsync(twin, cancellationToken);
        return await Inner.CreateAsync(request, cancellationToken);
    }
}

/// <summary>Shows containers as ordered by the store that now speaks, at its first revision.</summary>
internal sealed class RelabelledRuntime(IContainerRuntime inner, Func<string> identity) : RuntimeDecorator(inner)
{
    public override async Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken) =>
    [
        .. (await Inner.ListAsync(cancellationToken))
            .Select(container => container with { Identity = container.Identity with { StoreIdentity = identity(), BornAtRevision = 1 } }),
    ];
}
