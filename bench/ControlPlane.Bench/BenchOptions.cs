using System.Globalization;
using ControlPlane.Bench.Benchmarks;
using ControlPlane.Bench.Hollow;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench;

/// <summary>What to measure, and how large.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        usage: bench/run NAME [options]

          create    a Deployment of N pods: from its POST until all are available
          roll      its template changed (25 % surge, 25 % unavailable): until all are new and available
          delete    it deleted: until no pod is left
          api       GET one Deployment, 32 at a time; LIST N pods, as JSON and as a Table; ConfigMaps created and patched, 32 at a time; a Deployment's change told to
                    W watchers
          scaling   one pod created, and rolled, at several numbers of pods or of nodes; fails when it takes more than 1.5 times as long at one as at another
          idle      30 s in which nothing happens to N pods
          steady    N pods of which some are being rolled all the time, while people read and write; fails when they wait more than 50 ms (p99), a rollout's first pod
                    is ordered after more than 100 ms (p99), a watch is cut off, or memory or tables grow
          recover   the leader is killed, a standby runs: until a pod is ordered that was asked for meanwhile; fails after more than 5 s
          node-loss a tenth of M nodes vanish: until all their pods' replacements are ordered; fails when one is ordered more than 2 s after its pod was given up.
                    Then half of M more: fails when a single pod is given up, for the brake is to hold
          many-deployments
                    N / 5 Deployments of 5 pods, declared 8 at a time: until all are available
          rolling-update-under-load
                    requests through the gateways of 3 real nodes while a Deployment of 6 processes is rolled, scaled, drained from a node, released as a canary
                    (promoted, aborted) and as a blue-green, every gateway and agent is upgraded, and the leader, PostgreSQL and a gateway are killed, again and
                    again; fails when a request is lost other than at the killed gateway. Then the same without draining: how many are lost then
          canary    the share that a canary gets of each 1,000 requests of a gateway, which fails when it is off by more than 1; and how many requests a bad one
                    has harmed when its analysis aborts it
          docker    a Deployment of N real containers created, rolled and deleted on the engine at DOCKER_HOST; fails when a phase takes more than 1.15 times what the
                    engine takes that is asked by nobody else
          gateway   requests to 2 pods through a node's gateway, through HAProxy, through nginx, and straight to the pods: rate, added latency, processor time

          --pods N          default 1000; of docker 50
          --nodes M         hollow nodes: real agents whose containers are simulated, in a process of their own; default 100
          --watchers W      of api; default 1000
          --repeat R        how often; medians and spreads are printed; default 5
          --json FILE       writes the figures as an array of {name, value, unit, limit, ratio}
          --start-delay MS  how long a simulated container takes to start; default 0, of steady 1000
          --ready-delay MS  how long one has run when its readiness probe succeeds; default 0: there is no probe
          --failures N      how many of a hundred starts end at once with exit code 1; default 0

        of scaling:
          --over WHAT       pods, or nodes; default pods
          --sizes A,B,…     how many of them; default 1000,5000,20000,50000,150000 pods, or 100,500,1000,2000,5000 nodes
          --plot FILE       draws the curves, as SVG

        of steady:
          --rollouts N      Deployments of 50 pods that are being rolled; default 20
          --seconds N       how long; default 1800

        of rolling-update-under-load:
          --requests N      ends when so many were sent; default 500000
          --seconds N       ends after so long, if that is sooner; default 3600
          --rounds N        ends when everything was done so often, whatever was sent by then; default: when the above say
          --rate N          requests a second; default: half of what is carried
          --drain WHICH     on, off, or both one after the other (off with a fifth of the requests); default both
          --runtime KIND    what the pods are: process, or docker: containers of the engine at DOCKER_HOST, which gets the images it needs (examples/hello/make-image);
                            default process
          --kubectl FILE    what drains a node; default: the kubectl that is on the PATH
        """;

    /// <summary>The benchmark of the data path.</summary>
    public const string UnderLoad = "rolling-update-under-load";

    /// <summary>The benchmark of real containers.</summary>
    public const string Docker = "docker";

    public const string OverPods = "pods", OverNodes = "nodes";

    private const int DefaultPods = 1_000;
    private const int DockerPods = 50;

    /// <summary>As an engine takes to start a container.</summary>
    private const int SteadyStartDelay = 1_000;

    private const int SteadySeconds = 1_800;

    private static readonly string[] Names = ["create", "roll", "delete", "api", Scaling.Name, "idle", Steady.Name, "recover", "node-loss", "many-deployments", Docker, UnderLoad, "gateway", "canary"];

    public required string Name { get; init; }

    public int Pods { get; init; } = DefaultPods;

    public int Nodes { get; init; } = 100;

    /// <summary>Watches at once.</summary>
    public int Watchers { get; init; } = 1_000;

    public int Repeat { get; init; } = 5;

    public string? JsonFile { get; init; }

    /// <summary>In milliseconds.</summary>
    public int StartDelay { get; init; }

    /// <summary>In milliseconds; 0 for pods without a probe.</summary>
    public int ReadyDelay { get; init; }

    /// <summary>Of a hundred starts.</summary>
    public int Failures { get; init; }

    /// <summary>Of simulated containers.</summary>
    public HollowBehaviour Behaviour => new(TimeSpan.FromMilliseconds(StartDelay), TimeSpan.FromMilliseconds(ReadyDelay), Failures);

    /// <summary>What a curve is over: <see cref="OverPods"/> or <see cref="OverNodes"/>.</summary>
    public string Over { get; init; } = OverPods;

    /// <summary>The sizes of a curve; null for the benchmark's own.</summary>
    public IReadOnlyList<int>? Sizes { get; init; }

    /// <summary>Where curves are drawn; null for nowhere.</summary>
    public string? PlotFile { get; init; }

    /// <summary>Deployments that are being rolled at a time.</summary>
    public int Rollouts { get; init; } = 20;

    /// <summary>Requests of load.</summary>
    public int Requests { get; init; } = 500_000;

    /// <summary>Seconds of load.</summary>
    public int Seconds { get; init; } = 3_600;

    /// <summary>How often everything is done; null for as often as the requests and the seconds allow.</summary>
    public int? Rounds { get; init; }

    /// <summary>Requests a second; null for half of what is carried.</summary>
    public int? Rate { get; init; }

    /// <summary><c>process</c> or <c>docker</c>.</summary>
    public string Runtime { get; init; } = RealNode.Process;

    /// <summary><c>on</c>, <c>off</c> or <c>both</c>.</summary>
    public string Drain { get; init; } = "both";

    /// <summary>A path, or a name on the PATH.</summary>
    public string Kubectl { get; init; } = "kubectl";

    /// <exception cref="FormatException">An argument is unknown, lacks its value or has a wrong one; the message names it.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || !Names.Contains(arguments[0]))
        {
            throw new FormatException($"expected one of {string.Join(", ", Names)}");
        }

        BenchOptions options = new() { Name = arguments[0] };
        options = options.Name switch
        {
            Docker => options with { Pods = DockerPods },
            Steady.Name => options with { Seconds = SteadySeconds, StartDelay = SteadyStartDelay },
            _ => options,
        };
        for (int i = 1; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count)
            {
                throw new FormatException($"{arguments[i]}: a value is missing, or the option is unknown");
            }

            string value = arguments[i + 1];
            options = arguments[i] switch
            {
                "--pods" => options with { Pods = Number("--pods", value, 1) },
                "--nodes" => options with { Nodes = Number("--nodes", value, 1) },
                "--watchers" => options with { Watchers = Number("--watchers", value, 1) },
                "--repeat" => options with { Repeat = Number("--repeat", value, 1) },
                "--start-delay" => options with { StartDelay = Number("--start-delay", value, 0) },
                "--ready-delay" => options with { ReadyDelay = Number("--ready-delay", value, 0) },
                "--failures" => options with { Failures = Number("--failures", value, 0) },
                "--over" => options with { Over = value is OverPods or OverNodes ? value : throw new FormatException($"--over: expected {OverPods} or {OverNodes}, got '{value}'") },
                "--sizes" => options with { Sizes = [.. value.Split(',').Select(size => Number("--sizes", size, 1))] },
                "--plot" => options with { PlotFile = Path.GetFullPath(value) },
                "--rollouts" => options with { Rollouts = Number("--rollouts", value, 1) },
                "--requests" => options with { Requests = Number("--requests", value, 1) },
                "--seconds" => options with { Seconds = Number("--seconds", value, 1) },
                "--rounds" => options with { Rounds = Number("--rounds", value, 1) },
                "--rate" => options with { Rate = Number("--rate", value, 1) },
                "--drain" => options with { Drain = value is "on" or "off" or "both" ? value : throw new FormatException($"--drain: expected on, off or both, got '{value}'") },
                "--runtime" => options with
                {
                    Runtime = value is RealNode.Process or RealNode.Docker ? value : throw new FormatException($"--runtime: expected {RealNode.Process} or {RealNode.Docker}, got '{value}'"),
                },
                "--kubectl" => options with { Kubectl = value },
                "--json" => options with { JsonFile = Path.GetFullPath(value) },
                var unknown => throw new FormatException($"{unknown}: unknown"),
            };
        }

        return options;
    }

    private static int Number(string name, string text, int least) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
            ? number
            : throw new FormatException($"{name}: expected a number from {least}, got '{text}'");
}
