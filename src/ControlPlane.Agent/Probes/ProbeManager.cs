using System.Collections.Concurrent;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Probes;

/// <summary>A running container that may have probes.</summary>
internal sealed record ProbeTarget(Pod Pod, Container Container, ObservedContainer Running, string NodeAddress);

/// <summary>Keeps one loop for each probe of each running container, and says what they have found.</summary>
internal sealed class ProbeManager(ProbeRunner runner, EventBuffer events, Signals signals, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ContainerProbes> probed = new(StringComparer.Ordinal);

    /// <summary>By container id; those without probes are not in it.</summary>
    public ValueMap<ProbeVerdict> Verdicts =>
        probed.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Verdict)).ToValueMap();

    /// <summary>True while some readiness probe has not answered for the first time.</summary>
    public bool HasUnanswered => probed.Values.Any(probes => !probes.HasAnswered);

    /// <summary>Begins the probes of containers that are new, ends those of containers that are gone.</summary>
    public async Task SyncAsync(IEnumerable<ProbeTarget> targets)
    {
        HashSet<string> present = new(StringComparer.Ordinal);
        foreach (ProbeTarget target in targets)
        {
            Container container = target.Container;
            if (container is { StartupProbe: null, LivenessProbe: null, ReadinessProbe: null })
            {
                continue;
            }

            present.Add(target.Running.Id);
            if (probed.TryGetValue(target.Running.Id, out ContainerProbes? known))
            {
                known.IsEnding = target.Pod.Metadata.IsDeleting;
            }
            else
            {
                probed[target.Running.Id] = new ContainerProbes(target, runner, events, signals, time);
            }
        }

        foreach (string gone in probed.Keys.Where(id => !present.Contains(id)).Order(StringComparer.Ordinal).ToList())
        {
            if (probed.TryRemove(gone, out ContainerProbes? ended))
            {
                await ended.DisposeAsync();
            }
        }
    }

    /// <summary>Ends all probes and waits for their loops.</summary>
    public async Task StopAsync()
    {
        foreach (ContainerProbes probes in probed.Values)
        {
            await probes.DisposeAsync();
        }

        probed.Clear();
    }
}
