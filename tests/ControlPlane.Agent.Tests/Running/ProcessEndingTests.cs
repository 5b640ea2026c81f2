using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Runtimes.Process;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>What is left of a container of the process runtime when it is removed: nothing.</summary>
public sealed class ProcessEndingTests : IDisposable
{
    private readonly TemporaryFolder folder = new("ending");

    public void Dispose() => folder.Dispose();

    /// <summary>As an agent does that is told to exit, and to stop its pods, while one of them starts.</summary>
    [Fact]
    public async Task A_container_that_is_removed_while_it_starts_leaves_no_process()
    {
        AgentOptions options = new()
        {
            Servers = [new Uri("http://127.0.0.1:1")],
            TokenFile = "",
            NodeName = "node-1",
            DataFolder = folder.Path,
            Catalogue = ValueMap.Of(("shell", "sh")),
        };
        ProcessRuntime runtime = new(options, new ImageCatalogue(options.Catalogue), NodeNetwork.OfProcesses("127.0.0.1"), TimeProvider.System, NullLogger<ProcessRuntime>.Instance);
        Container container = new() { Name = "c", Image = "shell", Args = ["-c", "sleep 300 & sleep 300"] };
        Pod pod = new() { Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid" }, Spec = new PodSpec { Containers = [container] } };
        ContainerIdentity identity = new()
        {
            PodUid = pod.Uid,
            PodNamespace = pod.Namespace,
            PodName = pod.Name,
            Container = container.Name,
            StoreIdentity = "store",
            BornAtRevision = 1,
        };
        string id = await runtime.CreateAsync(new ContainerRequest { Identity = identity, Pod = pod, Container = container, Image = "shell" }, CancellationToken.None);

        // It may have started before the cancellation is looked at.
        Exception? ended = await Record.ExceptionAsync(() => runtime.StartAsync(id, new CancellationToken(canceled: true)));
        Assert.True(ended is null or OperationCanceledException, $"{ended}");

        await runtime.RemoveAsync(id, CancellationToken.None);

        Assert.Empty(await FolderProcesses.EndLeftAsync(folder.Path));
    }
}
