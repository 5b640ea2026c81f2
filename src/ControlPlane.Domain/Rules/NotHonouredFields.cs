using System.Text.Json;
using ControlPlane.Domain.Rules.Validation;

namespace ControlPlane.Domain.Rules;

/// <summary>
/// The fields of Kubernetes' PodSpec and ServiceSpec that nothing here acts on. Each is accepted where it asks for nothing (absent, empty, and the values
/// listed) and refused otherwise: a container never runs with less isolation or less storage than was asked for.
/// </summary>
internal static class NotHonouredFields
{
    private const string Remove = "remove it";
    private const string OnlyCpuAndMemory = "nodes account for cpu and memory only";
    private const string NoProfiles = "nodes have no profiles of their own; use RuntimeDefault";

    /// <summary>Paths from the pod's spec: <c>[]</c> is each element, <c>*</c> each member, <c>[*]</c> each key. The first line that fits a field decides.</summary>
    private static readonly Line[] Table =
    [
        new("initContainers[].restartPolicy", Anything, ""),
        .. HonouredAt("volumes[]", "name", "configMap", "secret", "hostPath", "downwardAPI", "projected"),
        new("volumes[].emptyDir.medium", Only("Memory"), "use the node's disk or Memory"),
        new("volumes[].emptyDir", Anything, ""),
        new("volumes[].*", Nothing, "the volumes are configMap, secret, emptyDir, hostPath, downwardAPI and projected"),
        new("volumes[].downwardAPI.items[].resourceFieldRef.resource", IsAccounted, OnlyCpuAndMemory),
        .. HonouredAt("volumes[].projected.sources[]", "configMap", "secret", "downwardAPI"),
        new("volumes[].projected.sources[].*", Nothing, "pods get no credentials for the API; remove it"),
        new("volumes[].projected.sources[].downwardAPI.items[].resourceFieldRef.resource", IsAccounted, OnlyCpuAndMemory),
        new("ephemeralContainers", Nothing, Remove),
        new("activeDeadlineSeconds", Nothing, "delete the pod when its time is over"),
        new("hostPID", Only(false), Remove),
        new("hostIPC", Only(false), Remove),
        new("hostUsers", Only(true), Remove),
        new("securityContext.supplementalGroupsPolicy", Only("Merge"), "the groups of the image's user are kept; remove it"),
        new("securityContext.seccompProfile.type", Except("Localhost"), NoProfiles),
        new("securityContext.sysctls", Nothing, Remove),
        new("securityContext.seLinuxOptions", Nothing, Remove),
        new("securityContext.seLinuxChangePolicy", Nothing, Remove),
        new("securityContext.windowsOptions", Nothing, Remove),
        new("securityContext.appArmorProfile", Nothing, Remove),
        new("hostnameOverride", Nothing, "use hostname instead"),
        new("schedulerName", Only("default-scheduler"), Remove),
        new("schedulingGates", Nothing, Remove),
        new("preemptionPolicy", Only("PreemptLowerPriority", "Never"), Remove),
        new("readinessGates", Nothing, "use the container's readinessProbe instead"),
        new("runtimeClassName", Nothing, Remove),
        new("overhead", Nothing, Remove),
        new("os", Only("""{"name":"linux"}"""), Remove),
        new("resources.*", Nothing, "set the containers' resources instead"),
        new("resourceClaims", Nothing, Remove),
        new("workloadRef", Nothing, Remove),
        new("containers[].env[].valueFrom.fieldRef", Anything, ""),
        new("containers[].env[].valueFrom.resourceFieldRef.resource", IsAccounted, OnlyCpuAndMemory),
        new("containers[].env[].valueFrom.resourceFieldRef", Anything, ""),
        new("containers[].env[].valueFrom.configMapKeyRef", Anything, ""),
        new("containers[].env[].valueFrom.secretKeyRef", Anything, ""),
        new("containers[].env[].valueFrom.*", Nothing, "give the value in env, or from a fieldRef, a resourceFieldRef, a ConfigMap or a Secret"),
        new("containers[].ports[].protocol", Only("TCP", "UDP"), "use TCP or UDP"),
        new("containers[].ports[].hostIP", Nothing, "ports are published on the node's own address; remove it"),
        new("containers[].resources.claims", Nothing, Remove),
        new("containers[].resources.limits[*]", Anything, "", "cpu", "memory"),
        new("containers[].resources.limits[*]", Nothing, "only cpu and memory are limited"),
        new("containers[].resources.requests[*]", Anything, "", "cpu", "memory"),
        new("containers[].resources.requests[*]", Nothing, "only cpu and memory are scheduled"),
        new("containers[].resizePolicy", Nothing, Remove),
        new("containers[].restartPolicy", Nothing, "set the pod's restartPolicy instead"),
        new("containers[].restartPolicyRules", Nothing, "set the pod's restartPolicy instead"),
        new("containers[].volumeMounts[].mountPropagation", Only("None"), Remove),
        new("containers[].volumeMounts[].recursiveReadOnly", Only("Disabled"), Remove),
        new("containers[].volumeDevices", Nothing, Remove),
        .. OfProbe("livenessProbe"),
        .. OfProbe("readinessProbe"),
        .. OfProbe("startupProbe"),
        new("containers[].lifecycle.postStart.tcpSocket", Nothing, "use exec, httpGet or sleep"),
        new("containers[].lifecycle.preStop.tcpSocket", Nothing, "use exec, httpGet or sleep"),
        new("containers[].lifecycle.stopSignal", Nothing, "let the program act on SIGTERM, or tell it from a preStop hook"),
        new("containers[].securityContext.procMount", Only("Default"), Remove),
        new("containers[].securityContext.seccompProfile.type", Except("Localhost"), NoProfiles),
        new("containers[].securityContext.seLinuxOptions", Nothing, Remove),
        new("containers[].securityContext.windowsOptions", Nothing, Remove),
        new("containers[].securityContext.appArmorProfile", Nothing, Remove),
        new("containers[].stdin", Only(false), Remove),
        new("containers[].stdinOnce", Only(false), Remove),
        new("containers[].tty", Only(false), Remove),
    ];

    /// <summary>The table, with what it says of a container said of an init container too.</summary>
    private static readonly Line[] PodTable =
    [
        .. Table,
        .. Table.Where(line => line.Path.StartsWith("containers[].", StringComparison.Ordinal)).Select(line => line with { Path = $"initC{line.Path[1..]}" }),
    ];

    /// <summary>Paths from a Service's spec. None of these has anything behind it here: load balancers, names of other hosts, a second address.</summary>
    private static readonly Line[] ServiceTable =
    [
        new("type", Only("ClusterIP", "NodePort"), "use NodePort to be reached from outside"),
        new("externalIPs", Nothing, "use type NodePort instead"),
        new("externalName", Nothing, "clients can use that name themselves; remove it"),
        new("loadBalancerIP", Nothing, Remove),
        new("loadBalancerSourceRanges", Nothing, Remove),
        new("loadBalancerClass", Nothing, Remove),
        new("allocateLoadBalancerNodePorts", Only(true), Remove),
        new("healthCheckNodePort", Nothing, Remove),
        new("externalTrafficPolicy", Only("Cluster"), "requests are carried to the endpoints of all nodes; remove it"),
        new("internalTrafficPolicy", Only("Cluster"), "requests are carried to the endpoints of all nodes; remove it"),
        new("trafficDistribution", Nothing, "requests are carried to the endpoints of all nodes; remove it"),
        new("ipFamilies", Only("""["IPv4"]"""), "Services have one IPv4 address"),
        new("ipFamilyPolicy", Only("SingleStack", "PreferDualStack"), "Services have one IPv4 address"),
        new("ports[].protocol", Only("TCP"), "use TCP"),
    ];

    /// <summary>Every path of the table.</summary>
    public static IEnumerable<string> Paths => PodTable.Select(line => line.Path);

    /// <summary>The fields of a pod's spec that ask for what nobody does.</summary>
    /// <param name="podSpec">The spec as JSON, after defaults.</param>
    /// <param name="path">Where the spec stands in its object.</param>
    public static IEnumerable<FieldError> Errors(JsonElement podSpec, string path) => Errors(PodTable, podSpec, path);

    /// <summary>The fields of a Service's spec that ask for what nobody does.</summary>
    /// <param name="serviceSpec">The spec as JSON, after defaults.</param>
    /// <param name="path">Where the spec stands in its object.</param>
    public static IEnumerable<FieldError> ErrorsOfService(JsonElement serviceSpec, string path) => Errors(ServiceTable, serviceSpec, path);

    private static IEnumerable<FieldError> Errors(Line[] table, JsonElement spec, string path)
    {
        HashSet<string> decided = new(StringComparer.Ordinal);
        foreach (Line line in table)
        {
            foreach ((string at, string name, JsonElement value) in JsonFields.Find(spec, path, line.Path))
            {
                if (line.Names.Length > 0 && !line.Names.Contains(name) || !decided.Add(at))
                {
                    continue;
                }

                if (!IsEmpty(value) && !line.IsHonoured(value))
                {
                    FieldProblem problem = FieldProblem.Forbidden($"{name} is not honoured by this control plane; {line.Hint}");
                    yield return new FieldError(at, problem.Reason, problem.Message);
                }
            }
        }
    }

    private static IEnumerable<Line> HonouredAt(string path, params string[] names) => names.Select(name => new Line($"{path}.{name}", Anything, ""));

    private static Line[] OfProbe(string probe) =>
    [
        new($"containers[].{probe}.terminationGracePeriodSeconds", Nothing, "set the pod's terminationGracePeriodSeconds instead"),
    ];

    private static bool Nothing(JsonElement value) => false;

    private static bool Anything(JsonElement value) => true;

    private static Func<JsonElement, bool> Only(params string[] accepted) =>
        value => accepted.Contains(value.ValueKind == JsonValueKind.String ? value.GetString() : Compact(value), StringComparer.Ordinal);

    /// <summary>A resource that no node here has; one that Kubernetes does not know either has an error of its own.</summary>
    private static bool IsAccounted(JsonElement value) => value.GetString()?.EndsWith(".ephemeral-storage", StringComparison.Ordinal) != true;

    private static Func<JsonElement, bool> Except(string refused) => value => value.GetString() != refused;

    private static Func<JsonElement, bool> Only(bool accepted) => value => value.ValueKind == (accepted ? JsonValueKind.True : JsonValueKind.False);

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.String => value.GetString()!.Length == 0,
        _ => false,
    };

    private static string Compact(JsonElement value) => JsonSerializer.Serialize(value);

    /// <param name="IsHonoured">Whether a value that says something may stand here.</param>
    /// <param name="Hint">What to do instead.</param>
    /// <param name="Names">Where given, the only names of members or keys that the line is about.</param>
    private sealed record Line(string Path, Func<JsonElement, bool> IsHonoured, string Hint, params string[] Names);
}
