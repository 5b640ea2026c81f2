using System.Globalization;
using System.Text.Json;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>A Deployment's life: created, rolled to a new template, deleted; as often as asked, of which one phase is reported.</summary>
internal static class LifeCycle
{
    public const string Name = "load";

    /// <summary>Hollow nodes take any image.</summary>
    private const string NextImage = "hollow:v2";

    private const string Probe = """ "readinessProbe":{"exec":{"command":["ready"]},"periodSeconds":1}, """;

    /// <summary>A phase that takes longer has failed.</summary>
    private static readonly TimeSpan PhaseTimeout = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using Rig rig = await Rig.StartAsync(options, cancellationToken);
        RowWrites postgres = new(rig.ConnectionString);
        Figures figures = new($"{options.Name}: {options.Pods} pods, {options.Nodes} hollow nodes, {options.Repeat} times");

        await RepeatAsync(
            rig, options, (phase, act) => phase == options.Name ? Phase.MeasureAsync(rig, postgres, options, figures, act, cancellationToken) : act(), cancellationToken);
        return figures;
    }

    /// <summary>A Deployment's whole life, as often as asked.</summary>
    /// <param name="rig">Where.</param>
    /// <param name="options">How large, and how often.</param>
    /// <param name="phase">Runs what it is given, and measures it or not; by the names <c>create</c>, <c>roll</c>, <c>delete</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task RepeatAsync(Rig rig, BenchOptions options, Func<string, Func<Task>, Task> phase, CancellationToken cancellationToken)
    {
        // Once unmeasured, with few pods: nobody starts production with a cold process.
        await CycleAsync(rig, options with { Pods = Math.Min(options.Pods, 200) }, (_, act) => act(), cancellationToken);
        for (int i = 0; i < options.Repeat; i++)
        {
            await CycleAsync(rig, options, phase, cancellationToken);
        }
    }

    private static async Task CycleAsync(Rig rig, BenchOptions options, Func<string, Func<Task>, Task> phase, CancellationToken cancellationToken)
    {
        await phase("create", () => WithinAsync(token => CreateAsync(rig.Client, options, token)));
        if (options.Name is "roll" or Scaling.Name)
        {
            await phase("roll", () => WithinAsync(token => RollAsync(rig.Client, options.Pods, NextImage, token)));
        }

        await phase("delete", () => WithinAsync(token => DeleteWithPodsAsync(rig.Client, token)));

        async Task WithinAsync(Func<CancellationToken, Task> act)
        {
            using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            late.CancelAfter(PhaseTimeout);
            try
            {
                await act(late.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new BenchException($"{options.Pods} pods: a phase is not done after {PhaseTimeout.TotalMinutes:0} minutes");
            }
        }
    }

    /// <summary>Declares the Deployment, and returns when all its pods are available.</summary>
    public static Task CreateAsync(Client client, BenchOptions options, CancellationToken cancellationToken) =>
        CreateAsync(client, Manifest(Name, options.Pods, options), options.Pods, cancellationToken);

    /// <summary>The same, declared otherwise.</summary>
    public static async Task CreateAsync(Client client, string manifest, int pods, CancellationToken cancellationToken)
    {
        await client.SendAsync(HttpMethod.Post, Client.Deployments, manifest, "application/json", cancellationToken);
        await client.WaitForDeploymentAsync(Name, deployment => Count(deployment, "availableReplicas") == pods, cancellationToken);
    }

    /// <summary>Declares another image, and returns when all pods run it and none is left of the others.</summary>
    public static Task RollAsync(Client client, int pods, string image, CancellationToken cancellationToken) => RollAsync(client, Name, pods, image, cancellationToken);

    /// <summary>The same of another Deployment.</summary>
    public static async Task RollAsync(Client client, string name, int pods, string image, CancellationToken cancellationToken)
    {
        string patch = $$$"""{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"{{{image}}}"}]} } } }""";
        await client.SendAsync(HttpMethod.Patch, $"{Client.Deployments}/{name}", patch, "application/strategic-merge-patch+json", cancellationToken);
        await client.WaitForDeploymentAsync(name, deployment => IsWhole(deployment, pods), cancellationToken);
    }

    /// <summary>Deletes the Deployment, and returns when no pod is left.</summary>
    public static async Task DeleteWithPodsAsync(Client client, CancellationToken cancellationToken)
    {
        await DeleteAsync(client, Name, cancellationToken);
        await WaitForNoPodAsync(client, cancellationToken);
    }

    public static Task DeleteAsync(Client client, string name, CancellationToken cancellationToken) => client.SendAsync(
        HttpMethod.Delete, $"{Client.Deployments}/{name}", """{"propagationPolicy":"Background"}""", "application/json", cancellationToken);

    public static async Task WaitForNoPodAsync(Client client, CancellationToken cancellationToken)
    {
        while (await client.CountPodsAsync(cancellationToken) > 0)
        {
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>A Deployment of so many pods with one small container each, which has a readiness probe where readiness is to be delayed.</summary>
    public static string Manifest(string name, int pods, BenchOptions options) => $$$$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{{{name}}}}}"},
         "spec":{"replicas":{{{{{pods.ToString(CultureInfo.InvariantCulture)}}}}},"selector":{"matchLabels":{"app":"{{{{{name}}}}}"}},
                 "template":{"metadata":{"labels":{"app":"{{{{{name}}}}}"}},
                             "spec":{"containers":[{"name":"main","image":"hollow:v1","ports":[{"containerPort":8080}],{{{{{(options.ReadyDelay > 0 ? Probe : "")}}}}}
                                                    "resources":{"requests":{"cpu":"10m","memory":"16Mi"}}}]}}}}
        """;

    /// <summary>Whether it has so many pods, all of its newest template, all available, and none else.</summary>
    public static bool IsWhole(JsonElement deployment, int pods) =>
        IsObserved(deployment)
        && Count(deployment, "updatedReplicas") == pods && Count(deployment, "replicas") == pods && Count(deployment, "availableReplicas") == pods;

    private static bool IsObserved(JsonElement deployment) =>
        deployment.TryGetProperty("status", out JsonElement status)
        && status.TryGetProperty("observedGeneration", out JsonElement observed)
        && observed.GetInt64() == deployment.GetProperty("metadata").GetProperty("generation").GetInt64();

    /// <summary>A number of its status; 0 while it is absent.</summary>
    public static long Count(JsonElement deployment, string name) =>
        deployment.TryGetProperty("status", out JsonElement status) && status.TryGetProperty(name, out JsonElement count) ? count.GetInt64() : 0;
}
