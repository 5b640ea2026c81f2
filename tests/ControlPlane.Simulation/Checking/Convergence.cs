using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using ControlPlane.Simulation.Nodes;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Checking;

/// <summary>What must become true once the faults have ended.</summary>
internal static class Convergence
{
    /// <summary>What is not yet as declared; empty when all is.</summary>
    public static IEnumerable<string> Missing(Simulation simulation)
    {
        DatabaseState state = simulation.Database.Backup();
        IEnumerable<string> missing = MissingNodes(state, simulation).Concat(state.All<Deployment>().SelectMany(deployment => MissingOf(state, deployment)));

        // After a restore, what the lost part of history had begun or ended is held on to until a person decides.
        return simulation.WasRestored ? missing : missing.Concat(Leftovers(state, simulation)).Concat(Strays(state, simulation)).Concat(Misrouted(state, simulation));
    }

    /// <summary>Every machine has its Node, one that was deleted too: its agent registers it anew.</summary>
    private static IEnumerable<string> MissingNodes(DatabaseState state, Simulation simulation) =>
        simulation.Machines.Where(machine => state.Find<Node>(new ObjectKey("", machine.Name))?.IsReady() != true).Select(machine => $"{machine.Name} is not ready");

    private static IEnumerable<string> MissingOf(DatabaseState state, Deployment deployment)
    {
        if (deployment.Metadata.IsDeleting)
        {
            return [$"{deployment.Name} is still being deleted"];
        }

        if (deployment.CurrentOf(state.ReplicaSetsOf(deployment)) is { } current && current.IsMarked("Failed"))
        {
            return RollbackRule.MissingOf(state, deployment, current);
        }

        DeploymentStatus status = deployment.Status ?? new DeploymentStatus();
        int wanted = deployment.Replicas();
        int active = state.PodsOf(deployment).Count(Workloads.IsActive);
        bool isDone = status.ObservedGeneration == deployment.Metadata.Generation && active == wanted
            && (status.UpdatedReplicas ?? 0) == wanted && (status.AvailableReplicas ?? 0) == wanted;
        return isDone
            ? []
            :
            [
                $"{deployment.Name} wants {wanted} pods and has {active}, {status.UpdatedReplicas ?? 0} updated, {status.AvailableReplicas ?? 0} available, "
                + $"generation {status.ObservedGeneration} of {deployment.Metadata.Generation}",
            ];
    }

    private static IEnumerable<string> Leftovers(DatabaseState state, Simulation simulation)
    {
        foreach (Pod pod in state.All<Pod>())
        {
            if (pod.Metadata.IsDeleting)
            {
                yield return $"{pod.Name} still terminates on {pod.Spec.NodeName}";
            }
            else if (simulation.Engines.Sum(engine => engine.Running.Count(container => container.Identity.PodUid == pod.Uid)) != 1)
            {
                yield return $"{pod.Name} on {pod.Spec.NodeName} does not run exactly once";
            }
        }
    }

    /// <summary>Each gateway sends to the ready pods of a Service, and to no others.</summary>
    private static IEnumerable<string> Misrouted(DatabaseState state, Simulation simulation)
    {
        string ready = Show(state.All<Pod>().Where(pod => Workloads.IsActive(pod) && Workloads.IsReady(pod)).Select(pod => pod.Name));
        foreach (Machine machine in simulation.Machines)
        {
            IEnumerable<RouteEndpoint> endpoints = machine.Gateway?.Table.Services.SelectMany(service => service.Ports).SelectMany(port => port.Endpoints) ?? [];
            string routed = Show(endpoints.Where(endpoint => endpoint.Ready).Select(endpoint => endpoint.PodName));
            if (routed != ready)
            {
                yield return $"the gateway of {machine.Name} sends to {routed}, and {ready} are ready";
            }
        }

        static string Show(IEnumerable<string> pods) => string.Join(' ', pods.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Strays(DatabaseState state, Simulation simulation)
    {
        HashSet<(string Uid, string? Node)> bound = [.. state.All<Pod>().Select(pod => (pod.Uid, pod.Spec.NodeName))];
        foreach (SimulatedEngine engine in simulation.Engines)
        {
            foreach (ObservedContainer stray in engine.Running.Where(container => !bound.Contains((container.Identity.PodUid, engine.Node))))
            {
                yield return $"{stray.Id} of {stray.Identity.PodName} runs on {engine.Node}, and nobody wants it";
            }
        }
    }
}
