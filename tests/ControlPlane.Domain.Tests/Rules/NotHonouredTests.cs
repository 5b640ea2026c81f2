using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class NotHonouredTests
{
    /// <summary>A member of the pod's spec, and the field that is refused for it.</summary>
    [Theory]
    [InlineData("""{"initContainers": [{"name": "a", "image": "b"}, {"name": "c", "image": "b", "tty": true}]}""", "initContainers[1].tty")]
    [InlineData("""{"initContainers": [{"name": "a", "image": "b", "resources": {"requests": {"nvidia.com/gpu": "1"}}}]}""", "initContainers[0].resources.requests[nvidia.com/gpu]")]
    [InlineData("""{"volumes": [{"name": "data", "nfs": {"server": "a", "path": "/b"}}]}""", "volumes[0].nfs")]
    [InlineData("""{"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "a"}}]}""", "volumes[0].persistentVolumeClaim")]
    [InlineData("""{"volumes": [{"name": "data", "emptyDir": {"medium": "HugePages"}}]}""", "volumes[0].emptyDir.medium")]
    [InlineData("""{"volumes": [{"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}]}""", "volumes[0].emptyDir.sizeLimit")]
    [InlineData("""{"volumes": [{"name": "data", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}]}""", "volumes[0].projected.sources[0].serviceAccountToken")]
    [InlineData("""{"volumes": [{"name": "data", "emptyDir": {}}], "containers": [{"name": "web", "image": "hello:1", "volumeMounts": [{"name": "data", "mountPath": "/a", "mountPropagation": "Bidirectional"}]}]}""", "containers[0].volumeMounts[0].mountPropagation")]
    [InlineData("""{"volumes": [{"name": "data", "emptyDir": {"medium": "Memory"}}], "containers": [{"name": "web", "image": "hello:1", "volumeMounts": [{"name": "data", "mountPath": "/a", "subPath": "b"}, {"name": "data", "mountPath": "/b"}]}]}""", "containers[0].volumeMounts[0].subPath")]
    [InlineData("""{"volumes": [{"name": "data", "downwardAPI": {"items": [{"path": "a", "resourceFieldRef": {"containerName": "web", "resource": "limits.ephemeral-storage"}}]}}]}""", "volumes[0].downwardAPI.items[0].resourceFieldRef.resource")]
    [InlineData("""{"hostPID": true}""", "hostPID")]
    [InlineData("""{"hostUsers": false}""", "hostUsers")]
    [InlineData("""{"securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1024"}]}}""", "securityContext.sysctls")]
    [InlineData("""{"securityContext": {"supplementalGroupsPolicy": "Strict"}}""", "securityContext.supplementalGroupsPolicy")]
    [InlineData("""{"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}}""", "securityContext.seccompProfile.type")]
    [InlineData("""{"preemptionPolicy": "Sometimes"}""", "preemptionPolicy")]
    [InlineData("""{"schedulerName": "mine"}""", "schedulerName")]
    [InlineData("""{"os": {"name": "windows"}}""", "os")]
    [InlineData("""{"activeDeadlineSeconds": 5}""", "activeDeadlineSeconds")]
    public void PodField_ThatNobodyActsOn_IsRefusedAtItsPath(string member, string field) => AssertRefused(member, "spec." + field);

    [Theory]
    [InlineData("""{"securityContext": {"procMount": "Unmasked"}}""", "securityContext.procMount")]
    [InlineData("""{"securityContext": {"seLinuxOptions": {"level": "s0"}}}""", "securityContext.seLinuxOptions")]
    [InlineData("""{"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}""", "securityContext.appArmorProfile")]
    [InlineData("""{"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}}""", "securityContext.seccompProfile.type")]
    [InlineData("""{"env": [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "requests.ephemeral-storage"}}}]}""", "env[0].valueFrom.resourceFieldRef.resource")]
    [InlineData("""{"ports": [{"containerPort": 80, "protocol": "SCTP"}]}""", "ports[0].protocol")]
    [InlineData("""{"resources": {"requests": {"nvidia.com/gpu": "1"}}}""", "resources.requests[nvidia.com/gpu]")]
    [InlineData("""{"resources": {"requests": {"cpu": "1", "ephemeral-storage": "50Mi"}}}""", "resources.requests[ephemeral-storage]")]
    [InlineData("""{"lifecycle": {"preStop": {"tcpSocket": {"port": 80}}}}""", "lifecycle.preStop.tcpSocket")]
    [InlineData("""{"lifecycle": {"stopSignal": "SIGINT"}}""", "lifecycle.stopSignal")]
    [InlineData("""{"tty": true}""", "tty")]
    public void ContainerField_ThatNobodyActsOn_IsRefusedAtItsPath(string member, string field) =>
        AssertRefused($$"""{"containers": [{{Merge("""{"name": "web", "image": "hello:1"}""", member)}}]}""", "spec.containers[0]." + field);

    [Fact]
    public void NeutralValues_AreTaken()
    {
        const string Neutral = """
            {
              "volumes": [{"name": "nothing"}, {"name": "all", "projected": {"sources": []}}], "initContainers": [{"name": "beside", "image": "hello:1", "restartPolicy": "Always", "startupProbe": {"httpGet": {"port": 80}}, "livenessProbe": {"httpGet": {"port": 80}}}, {"name": "init", "image": "hello:1", "env": [{"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}], "dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.1"], "searches": ["example.com."], "options": [{"name": "ndots", "value": "2"}, {"name": "rotate"}]},
              "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["db", "db.example.com"]}], "subdomain": "web", "setHostnameAsFQDN": true, "shareProcessNamespace": true, "schedulerName": "default-scheduler", "enableServiceLinks": false,
              "automountServiceAccountToken": false, "serviceAccountName": "robot", "serviceAccount": "robot", "hostNetwork": false, "hostUsers": true,
              "preemptionPolicy": "PreemptLowerPriority", "priority": 0, "affinity": {}, "topologySpreadConstraints": [], "os": {"name": "linux"},
              "securityContext": {"runAsNonRoot": false, "runAsUser": 7, "supplementalGroups": [8], "supplementalGroupsPolicy": "Merge", "seccompProfile": {"type": "RuntimeDefault"}}, "nodeSelector": {"a": "b"}, "hostname": "web", "imagePullSecrets": [{"name": "login"}],
              "containers": [{
                "name": "web", "image": "hello:1", "tty": false, "volumeMounts": [{"name": "nothing", "mountPath": "/a", "mountPropagation": "None", "recursiveReadOnly": "Disabled"}], "lifecycle": {"postStart": {"exec": {"command": ["true"]}}, "preStop": {"httpGet": {"port": "http", "scheme": "HTTP"}}}, "envFrom": [{"configMapRef": {"name": "a", "optional": true}}, {"prefix": "P_", "secretRef": {"name": "a"}}],
                "securityContext": {"privileged": false, "allowPrivilegeEscalation": true, "capabilities": {"drop": ["ALL"]}, "procMount": "Default", "readOnlyRootFilesystem": true},
                "terminationMessagePath": "/last-words", "terminationMessagePolicy": "FallbackToLogsOnError",
                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
                "env": [{"name": "A", "value": "x"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
                        {"name": "D", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": false}}},
                        {"name": "E", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}},
                        {"name": "F", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
                        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
                "ports": [{"containerPort": 80, "protocol": "UDP"}], "readinessProbe": {"httpGet": {"port": 80, "host": "localhost"}}
              }]
            }
            """;

        Assert.Empty(ValidationTests.ErrorsOf(Pod(Neutral)));
    }

    [Fact]
    public void Template_NamesTheWholePath()
    {
        FieldError error = Assert.Single(ValidationTests.ErrorsOf(Objects.Deployment(spec => spec with
        {
            Template = spec.Template with
            {
                Spec = new PodSpec { Containers = [spec.Template.Spec.Containers[0] with { SecurityContext = new() { ProcMount = "Unmasked" } }] },
            },
        })));

        Assert.Equal(
            new FieldError(
                "spec.template.spec.containers[0].securityContext.procMount",
                FieldErrorReason.Forbidden,
                "Forbidden: procMount is not honoured by this control plane; remove it"),
            error);
    }

    /// <summary>
    /// A field that is added to a record is either acted on, and then named here, or stands in the table: none can slip through.
    /// The last line of each list holds what asks for nothing that a container here would lack.
    /// </summary>
    [Theory]
    [InlineData(
        typeof(PodSpec),
        "",
        "containers initContainers restartPolicy terminationGracePeriodSeconds nodeSelector nodeName imagePullSecrets hostname tolerations affinity topologySpreadConstraints priority priorityClassName "
        + "serviceAccountName serviceAccount automountServiceAccountToken enableServiceLinks hostNetwork hostAliases dnsPolicy dnsConfig subdomain setHostnameAsFQDN shareProcessNamespace")]
    [InlineData(
        typeof(Container),
        "containers[].",
        "name image command args workingDir env envFrom ports imagePullPolicy terminationMessagePath terminationMessagePolicy volumeMounts")]
    [InlineData(typeof(Container), "initContainers[].", "name image command args workingDir env envFrom ports imagePullPolicy terminationMessagePath terminationMessagePolicy volumeMounts")]
    [InlineData(typeof(Volume), "volumes[].", "")]
    [InlineData(typeof(VolumeProjection), "volumes[].projected.sources[].", "")]
    [InlineData(typeof(VolumeMount), "containers[].volumeMounts[].", "name mountPath readOnly subPath subPathExpr")]
    [InlineData(typeof(ContainerPort), "containers[].ports[].", "name hostPort containerPort")]
    [InlineData(typeof(EnvVarSource), "containers[].env[].valueFrom.", "")]
    [InlineData(typeof(ResourceRequirements), "containers[].resources.", "")]
    [InlineData(typeof(Lifecycle), "containers[].lifecycle.", "postStart preStop")]
    [InlineData(typeof(LifecycleHandler), "containers[].lifecycle.preStop.", "exec httpGet sleep")]
    [InlineData(typeof(LifecycleHandler), "containers[].lifecycle.postStart.", "exec httpGet sleep")]
    [InlineData(
        typeof(SecurityContext),
        "containers[].securityContext.",
        "runAsUser runAsGroup runAsNonRoot privileged readOnlyRootFilesystem allowPrivilegeEscalation capabilities")]
    [InlineData(typeof(PodSecurityContext), "securityContext.", "runAsUser runAsGroup runAsNonRoot supplementalGroups fsGroup fsGroupChangePolicy")]
    [InlineData(
        typeof(Probe),
        "containers[].livenessProbe.",
        "exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold")]
    public void EveryField_IsActedOnOrInTheTable(Type record, string path, string actedOn)
    {
        HashSet<string> known = [.. actedOn.Split(' ')];
        string[] below = [.. NotHonouredFields.Paths.Where(entry => entry.StartsWith(path, StringComparison.Ordinal)).Select(entry => entry[path.Length..])];
        IEnumerable<string> unknown = ResourceJson.Options.GetTypeInfo(record).Properties.Select(property => property.Name)
            .Where(name => !known.Contains(name) && !below.Contains("*") && !below.Any(entry => entry.Split('.', '[')[0] == name));

        Assert.Empty(unknown);
    }

    private static void AssertRefused(string members, string field)
    {
        IReadOnlyList<FieldError> errors = ValidationTests.ErrorsOf(Pod(Merge("""{"containers": [{"name": "web", "image": "hello:1"}]}""", members)));

        Assert.True(errors.Count == 1, $"expected one error, saw {errors.Count}: {string.Join("; ", errors)}");
        Assert.Equal((field, FieldErrorReason.Forbidden), (errors[0].Field, errors[0].Reason));
        Assert.Contains("is not honoured by this control plane", errors[0].Message, StringComparison.Ordinal);
    }

    private static Pod Pod(string spec) => new() { Metadata = Objects.Meta("hello"), Spec = ResourceJson.Deserialize<PodSpec>(spec) };

    /// <summary>Two JSON objects as one; the second wins.</summary>
    private static string Merge(string first, string second)
    {
        System.Text.Json.Nodes.JsonObject merged = System.Text.Json.Nodes.JsonNode.Parse(first)!.AsObject();
        foreach ((string name, System.Text.Json.Nodes.JsonNode? value) in System.Text.Json.Nodes.JsonNode.Parse(second)!.AsObject())
        {
            merged[name] = value?.DeepClone();
        }

        return merged.ToJsonString();
    }
}
