using System.Collections.Concurrent;
using System.Globalization;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>
/// What this node has on the engine. One list call each time; a container is looked at closely only when its state has changed, when an event
/// named it, or when the last look is old.
/// </summary>
internal sealed class DockerInventory(AgentOptions options, DockerClient client, DockerTerminationMessages messages, TimeProvider time)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Look> looks = new(StringComparer.Ordinal);

    /// <summary>Has a container looked at closely the next time.</summary>
    public void Forget(string id) => looks.TryRemove(id, out _);

    public Task<IReadOnlyList<ObservedContainer>> ListAsync(CancellationToken cancellationToken) =>
        DockerCall.RunAsync(ListCoreAsync, time, cancellationToken);

    private async Task<IReadOnlyList<ObservedContainer>> ListCoreAsync(CancellationToken cancellationToken)
    {
        ContainersListParameters parameters = new()
        {
            All = true,
            Filters = new Dictionary<string, IDictionary<string, bool>>
            {
                ["label"] = new Dictionary<string, bool> { [$"{ContainerLabels.Node}={options.NodeName}"] = true },
            },
        };
        IList<ContainerListResponse> listed;
        try
        {
            listed = await client.Containers.ListContainersAsync(parameters, cancellationToken);
        }
        catch (DockerApiException exception)
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }

        List<ObservedContainer> observed = [];
        foreach (ContainerListResponse container in listed)
        {
            if (await LookAsync(container, cancellationToken) is { } seen)
            {
                observed.Add(seen);
            }
        }

        HashSet<string> present = [.. observed.Select(container => container.Id)];
        foreach (string gone in looks.Keys.Where(id => !present.Contains(id)))
        {
            Forget(gone);
        }

        Dictionary<string, string?> addresses = observed.ToDictionary(container => container.Id, container => container.Address);
        return
        [
            .. observed.Select(container => container.NetworkOf is { } holder
                ? container with { Address = addresses.GetValueOrDefault(holder) }
                : container),
        ];
    }

    private async Task<ObservedContainer?> LookAsync(ContainerListResponse listed, CancellationToken cancellationToken)
    {
        if (looks.TryGetValue(listed.ID, out Look? known) && known.State == listed.State && time.GetElapsedTime(known.At) < LookAgainAfter)
        {
            return known.Container;
        }

        long at = time.GetTimestamp();
        try
        {
            ContainerInspectResponse inspected = await client.Containers.InspectContainerAsync(listed.ID, cancellationToken);
            if (ContainerLabels.Read(listed.Labels) is not { } identity || inspected.State is not { } state)
            {
                return null;
            }

            ObservedContainer container = From(inspected, state, listed.Labels, identity);
            if (container.Phase == ContainerPhase.Exited)
            {
                container = container with { Message = await messages.ReadAsync(inspected, listed.Labels, cancellationToken) };
            }

            looks[listed.ID] = new Look(listed.State, at, container);
            return container;
        }
        catch (DockerContainerNotFoundException)
        {
            // Removed since it was listed.
            return null;
        }
        catch (DockerApiException exception)
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
    }

    private static ObservedContainer From(
        ContainerInspectResponse inspected, State state, IDictionary<string, string> labels, ContainerIdentity identity)
    {
        const string Joined = "container:";
        string network = inspected.HostConfig?.NetworkMode ?? "";
        bool isRunning = state.Running;
        string? address = inspected.NetworkSettings?.Networks?.Values.Select(endpoint => endpoint.IPAddress).FirstOrDefault(ip => !string.IsNullOrEmpty(ip));
        return new ObservedContainer
        {
            Id = inspected.ID,
            Identity = identity,
            Image = ContainerLabels.ImageOf(labels),
            ImageId = ContainerLabels.DigestOf(labels) is { Length: > 0 } digest ? digest : inspected.Image ?? "",
            Phase = isRunning ? ContainerPhase.Running : state.Status == "created" ? ContainerPhase.Created : ContainerPhase.Exited,
            StartedAt = Time(state.StartedAt),
            FinishedAt = isRunning ? null : Time(state.FinishedAt),
            ExitCode = (int)state.ExitCode,
            IsOutOfMemory = state.OOMKilled,
            Error = state.Error ?? "",
            Address = address,
            NetworkOf = network.StartsWith(Joined, StringComparison.Ordinal) ? network[Joined.Length..] : null,
            HostPorts = PortsOf(inspected, labels),
        };
    }

    private static ValueList<HostPort> PortsOf(ContainerInspectResponse inspected, IDictionary<string, string> labels)
    {
        IDictionary<string, IList<PortBinding>>? published = inspected.NetworkSettings?.Ports;
        bool isOnHost = inspected.HostConfig?.NetworkMode == DockerNetwork.Host && inspected.State?.Running == true;
        int NodePort(HostPort port) =>
            isOnHost ? port.ContainerPort
            : published is not null
            && published.TryGetValue($"{port.ContainerPort}/{port.Protocol.ToLowerInvariant()}", out IList<PortBinding>? bindings)
            && bindings is [var first, ..]
            && int.TryParse(first.HostPort, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        return
        [
            .. ContainerLabels.PortsOf(labels)
                .Select(port => port with { Port = NodePort(port) })
                .Where(port => port.Port > 0),
        ];
    }

    /// <summary>In whole seconds; null for the engine's "never", which is the year 1.</summary>
    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            && time.Year > 1
            ? new DateTimeOffset(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero)
            : null;

    private sealed record Look(string State, long At, ObservedContainer Container);
}
