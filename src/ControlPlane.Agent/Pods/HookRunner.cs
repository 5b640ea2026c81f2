using ControlPlane.Agent.Probes;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Pods;

/// <summary>Does what a container wants done after its start or before its stop (Kubernetes: container lifecycle hooks).</summary>
internal sealed class HookRunner(IContainerRuntime runtime, AgentOptions options, TimeProvider time) : IDisposable
{
    private readonly ContainerHttp http = new("controlplane-lifecycle");

    /// <summary>Runs one hook to its end; returns why it failed, and null when it did not.</summary>
    public async Task<string?> RunAsync(Pod pod, Container container, string id, LifecycleHandler hook, CancellationToken cancellationToken)
    {
        try
        {
            return hook switch
            {
                { Exec: { } exec } => await ExecAsync(id, exec, cancellationToken),
                { HttpGet: { } get } => await GetAsync(pod, container, id, get, cancellationToken),
                { Sleep: { } sleep } => await SleepAsync(sleep, cancellationToken),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is HttpRequestException or ContainerStartException or RuntimeUnavailableException or UriFormatException)
        {
            return exception.Message;
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<string?> ExecAsync(string id, ExecAction exec, CancellationToken cancellationToken)
    {
        ExecResult result = await runtime.ExecAsync(id, [.. exec.Command], cancellationToken);
        return result.ExitCode == 0 ? null : $"command exited with code {result.ExitCode}: {result.Output.Trim()}";
    }

    /// <summary>Whatever the container answers, it has heard: the kubelet's rule.</summary>
    private async Task<string?> GetAsync(Pod pod, Container container, string id, HttpGetAction get, CancellationToken cancellationToken)
    {
        if ((await runtime.ListAsync(cancellationToken)).FirstOrDefault(seen => seen.Id == id) is not { } running)
        {
            return "the container is gone";
        }

        ProbeTarget target = new(pod, container, running, options.NodeAddress.ToString());
        using HttpResponseMessage? response = await http.GetAsync(target, get, cancellationToken);
        return response is null ? ContainerHttp.NoPort(get.Port) : null;
    }

    private async Task<string?> SleepAsync(SleepAction sleep, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(sleep.Seconds), time, cancellationToken);
        return null;
    }
}
