using System.Net;
using ControlPlane.Launcher.Output;
using ControlPlane.Launcher.Processes;

namespace ControlPlane.Launcher.Starting;

/// <summary>The whole story: PostgreSQL, the API, the agents, the gateways; ready; then stopped the other way round.</summary>
internal sealed class Launch(LauncherOptions options, Terminal terminal, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>A first start makes a cluster and migrates it; a busy machine takes a while.</summary>
    private static readonly TimeSpan ServeTimeout = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan NodesTimeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan GatewaysTimeout = TimeSpan.FromSeconds(60);

    /// <summary>A child that dies this often before it ever served will not be mended by starting it again.</summary>
    private const int DeathsBeforeServingMax = 4;

    /// <summary>
    /// With several agents on one machine, one that is killed stands for a lost host: it stays away long enough for its pods to be replaced
    /// elsewhere (30 s), and then comes back. A single agent is started again at once, and adopts its pods.
    /// </summary>
    private static readonly TimeSpan LostHostDelay = TimeSpan.FromSeconds(40);

    /// <summary>Stopped from the last to the first.</summary>
    private readonly List<IReadOnlyList<Supervised>> started = [];
    private readonly List<RotatingLog> logs = [];

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    /// <exception cref="LauncherException">It cannot be started as asked, or supervising failed.</exception>
    public async Task RunAsync(CancellationToken stop, CancellationToken hurry)
    {
        using DataFolder data = DataFolder.Open(options.DataFolder);
        try
        {
            await StartAsync(data, stop);
            await await Task.WhenAny(started.SelectMany(group => group).Select(child => child.Running)).WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            terminal.Say(options.LeavesPods ? "stopping; the pods' containers keep running" : "stopping everything, pods too; records stay");
        }
        finally
        {
            await StopAsync(hurry);
        }

        terminal.Say("stopped");
    }

    private async Task StartAsync(DataFolder data, CancellationToken stop)
    {
        await Orphans.StopAsync(data, terminal, time, stop);
        int httpPort = Ports.Claim(options.HttpPort, IPAddress.Loopback, "--port");
        int httpsPort = Ports.Claim(options.HttpsPort, IPAddress.Any, "--tls-port");
        ContainerRuntime runtime = await ContainerRuntime.ChooseAsync(options.Runtime, stop);
        terminal.Say($"runtime: {runtime.Kind} ({runtime.Why})");

        Programs programs = new(options, data);
        Task sample = runtime.Kind == "docker" && options.MakesSample ? SampleImages.MakeAsync(options, data, terminal, stop) : Task.CompletedTask;
        try
        {
            string connectionString = options.ConnectionString ?? await StartPostgresAsync(data, stop);
            await StartApiAsync(programs.Api(connectionString, httpPort, httpsPort), data, httpPort, stop);
            await Kubeconfig.WriteAsync(data, httpsPort, stop);
            await StartAgentsAsync(programs, data, runtime, httpsPort, stop);
            await StartGatewaysAsync(programs, data, httpsPort, stop);
        }
        finally
        {
            await sample.WaitAsync(stop);
        }

        terminal.Say($"ready https://127.0.0.1:{httpsPort} kubeconfig={data.Show(data.Kubeconfig)}");
        terminal.Say(WhatToTry(data, httpPort));
    }

    private async Task<string> StartPostgresAsync(DataFolder data, CancellationToken stop)
    {
        await PrivatePostgres.EnsureInstalledAsync(options.Root, terminal, stop);
        LogFileLogger logger = new(OutputOf("postgres", data), time);
        PrivatePostgres first = await PrivatePostgres.StartAsync(data, logger, stop);
        terminal.Say($"postgresql: a private cluster in {first.Folder}");
        PrivatePostgres? waiting = first;
        await SuperviseAsync(
            ["postgresql"],
            async (_, cancellation) => Interlocked.Exchange(ref waiting, null) ?? await PrivatePostgres.StartAsync(data, logger, cancellation),
            new RestartPolicy(),
            stop);
        return first.ConnectionString;
    }

    private async Task StartApiAsync(ChildSpec spec, DataFolder data, int httpPort, CancellationToken stop)
    {
        ChildOutput output = OutputOf(spec.Name, data);
        IReadOnlyList<Supervised> api = await SuperviseAsync(
            [spec.Name], (_, _) => Task.FromResult<IService>(ChildProcess.Start(spec, data, output)), new RestartPolicy(), stop);
        await WaitAsync(
            "the API does not serve",
            ServeTimeout,
            () => api[0].Deaths >= DeathsBeforeServingMax
                ? throw new LauncherException($"the API ends as soon as it is started; see {logs[^1].Path}")
                : ApiProbe.WhyNotServingAsync(httpPort, stop),
            stop);
    }

    private async Task StartAgentsAsync(Programs programs, DataFolder data, ContainerRuntime runtime, int httpsPort, CancellationToken stop)
    {
        string[] nodes = [.. Enumerable.Range(1, options.Nodes).Select(Programs.NodeName)];
        ChildSpec[] specs = [.. nodes.Select((_, i) => programs.Agent(i + 1, runtime, httpsPort))];
        ChildOutput[] outputs = [.. nodes.Select(node => OutputOf(node, data))];
        await SuperviseAsync(
            nodes,
            (i, _) => Task.FromResult<IService>(ChildProcess.Start(specs[i], data, outputs[i])),
            new RestartPolicy(KilledDelay: options.Nodes > 1 ? LostHostDelay : null),
            stop);
        using ApiProbe probe = await ApiProbe.OpenAsync(data, httpsPort, stop);
        await WaitAsync("the nodes do not join", NodesTimeout, () => probe.WhyNotReadyAsync(nodes, stop), stop);
    }

    /// <summary>Started after the agents, which make the nodes' tokens, but stopped after them, too: pods end while their requests can still be carried.</summary>
    private async Task StartGatewaysAsync(Programs programs, DataFolder data, int httpsPort, CancellationToken stop)
    {
        ChildSpec[] specs = [.. Enumerable.Range(1, options.Nodes).Select(index => programs.Gateway(index, httpsPort))];
        ChildOutput[] outputs = [.. specs.Select(spec => OutputOf(spec.Name, data))];
        string[] routes = [.. Enumerable.Range(1, options.Nodes).Select(index => data.RoutesOf(Programs.NodeName(index)))];

        // What an earlier start left has its time; what this start writes, another one. A missing file has one, too.
        DateTime[] before = [.. routes.Select(File.GetLastWriteTimeUtc)];
        await SuperviseAsync(
            [.. specs.Select(spec => spec.Name)],
            (i, _) => Task.FromResult<IService>(ChildProcess.Start(specs[i], data, outputs[i])),
            new RestartPolicy(),
            stop,
            groupsStoppedBefore: 1);
        await WaitAsync(
            "the gateways do not listen",
            GatewaysTimeout,
            () =>
            {
                string[] missing = [.. specs.Where((_, i) => File.GetLastWriteTimeUtc(routes[i]) == before[i]).Select(spec => spec.Name)];
                return Task.FromResult(missing.Length == 0 ? null : $"without routes: {string.Join(", ", missing)}");
            },
            stop);
    }

    /// <summary>Starts a group of services that are stopped together: before all groups that were started earlier, except for the last so many.</summary>
    private async Task<IReadOnlyList<Supervised>> SuperviseAsync(
        string[] names, Func<int, CancellationToken, Task<IService>> start, RestartPolicy policy, CancellationToken stop, int groupsStoppedBefore = 0)
    {
        List<Supervised> group = [];
        started.Insert(started.Count - groupsStoppedBefore, group);
        for (int i = 0; i < names.Length; i++)
        {
            int index = i;
            group.Add(await Supervised.StartAsync(names[i], cancellation => start(index, cancellation), policy, terminal, time, stop));
        }

        return group;
    }

    private ChildOutput OutputOf(string name, DataFolder data)
    {
        RotatingLog log = new(data.LogFileOf(name));
        logs.Add(log);
        return new ChildOutput(name, log, terminal, time);
    }

    /// <summary>Asks until the answer is "nothing is in the way".</summary>
    /// <exception cref="LauncherException">It took too long; the message has the last answer.</exception>
    private async Task WaitAsync(string failure, TimeSpan timeout, Func<Task<string?>> ask, CancellationToken stop)
    {
        long start = time.GetTimestamp();
        while (await ask() is { } trouble)
        {
            if (time.GetElapsedTime(start) > timeout)
            {
                throw new LauncherException($"{failure} after {timeout.TotalSeconds:0} s: {trouble}; see {logs[^1].Path}");
            }

            await Task.Delay(PollInterval, time, stop);
        }
    }

    /// <summary>Agents, then the gateways, then the API, then PostgreSQL; each group at once. One that fails to stop does not keep the others from it.</summary>
    private async Task StopAsync(CancellationToken hurry)
    {
        List<Task> stops = [];
        foreach (IReadOnlyList<Supervised> group in Enumerable.Reverse(started))
        {
            Task all = Task.WhenAll(group.Select(child => child.StopAsync(hurry)));
            stops.Add(all);
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (Supervised child in started.SelectMany(group => group))
        {
            await child.DisposeAsync();
        }

        logs.ForEach(log => log.Dispose());
        await Task.WhenAll(stops);
    }

    private string WhatToTry(DataFolder data, int httpPort) => $"""

        Try:
          export KUBECONFIG={data.Kubeconfig}
          kubectl apply -f {Path.Combine(options.Root, "examples", "hello.yaml")}
          kubectl get deployments,replicasets,pods,nodes -o wide
          kubectl set image deployment/hello hello=hello:v2
          kubectl rollout status deployment/hello
        Swagger UI: http://127.0.0.1:{httpPort}/swagger (the token is in {data.Show(data.AdminToken)})
        Logs: {Path.GetDirectoryName(data.LogFileOf("api"))}. Ctrl-C stops everything.
        """;
}
