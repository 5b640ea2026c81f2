using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>ConfigMaps and Secrets as kubectl makes and shows them, and as containers get them, on the process runtime.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class ConfigurationTests(SharedProduct shared)
{
    private const string Reader = """
        apiVersion: v1
        kind: Pod
        metadata: {name: reader}
        spec:
          restartPolicy: Never
          containers:
          - name: main
            image: hello:v1
            command: [sh, -c, 'echo "$COLOR $login_user $PASSWORD ${ABSENT-none}"']
            envFrom:
            - {prefix: login_, secretRef: {name: login}}
            env:
            - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: login, key: password}}}
            - {name: ABSENT, valueFrom: {secretKeyRef: {name: nowhere, key: x, optional: true}}}
        """;

    private const string Painter = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: painter, annotations: {controlplane.dev/roll-on-config-change: "true"}}
        spec:
          replicas: 1
          selector: {matchLabels: {app: painter}}
          template:
            metadata: {labels: {app: painter}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: hello:v1
                command: [sh, -c, 'echo "$COLOR"; exec sleep 600']
                env:
                - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
        """;

    private const string Lease = """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"leader"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}}""";

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ConfigMapAndLease_AreMadeShownAndKept(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("configuration"));

        await kubectl.OkAsync("create", "configmap", "settings", "--from-literal=color=blue", "--from-literal=empty=");
        Assert.Matches(@"^NAME +DATA +AGE\nsettings +2 +[\dms]+\n$", await kubectl.OkAsync("get", "cm", "settings"));
        Assert.Contains("color:\n----\nblue\n", await kubectl.OkAsync("describe", "configmap", "settings"), StringComparison.Ordinal);
        await kubectl.OkAsync("patch", "configmap", "settings", "--type=merge", "-p", """{"immutable":true,"binaryData":{"bytes":"AP8="}}""");
        CommandResult refused = await kubectl.RunAsync("patch", "configmap", "settings", "-p", """{"data":{"color":"red"}}""");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("data: Forbidden: field is immutable when `immutable` is set", refused.Errors, StringComparison.Ordinal);

        (await kubectl.RunWithInputAsync(Lease, "create", "-f", "-")).OrThrow();
        Assert.Matches(@"^NAME +HOLDER +AGE\nleader +me +[\dms]+\n$", await kubectl.OkAsync("get", "leases"));
        Assert.Contains("Holder Identity:", await kubectl.OkAsync("describe", "lease", "leader"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_OfConfigMapsAndSecrets_AreWaitedForAndTaken()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("variables"));
        await kubectl.OkAsync("create", "secret", "generic", "login", "--from-literal=user=ann", "--from-literal=password=s3cret");
        (await kubectl.RunWithInputAsync(Reader, "apply", "-f", "-")).OrThrow();
        await WaitsAsync(kubectl, "CreateContainerConfigError: configmap \"settings\" not found");
        await kubectl.OkAsync("create", "configmap", "settings", "--from-literal=shape=round");
        await WaitsAsync(kubectl, $"CreateContainerConfigError: couldn't find key color in ConfigMap {kubectl.Namespace}/settings");

        await kubectl.OkAsync("patch", "configmap", "settings", "-p", """{"data":{"color":"blue"}}""");

        await shared.Product.EventuallyAsync(
            "the pod has read its variables",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "pod", "reader", "-o", "jsonpath={.status.phase}") is var phase && phase == "Succeeded" ? null : phase);
        Assert.Equal("blue ann s3cret none\n", await kubectl.OkAsync("logs", "reader"));
        string described = await kubectl.OkAsync("describe", "pod", "reader");
        Assert.Matches(@"PASSWORD: +<set to the key 'password' in secret 'login'>", described);
        Assert.Contains("Error: configmap \"settings\" not found", described, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ContentOfAConfigMap_RollsAnAnnotatedDeployment_AndAnUndoBringsTheOldOneBack()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("content"));
        await kubectl.OkAsync("create", "configmap", "settings", "--from-literal=color=blue");
        (await kubectl.RunWithInputAsync(Painter, "apply", "-f", "-")).OrThrow();
        await PaintsAsync(kubectl, "blue");

        await kubectl.OkAsync("patch", "configmap", "settings", "-p", """{"data":{"color":"green"}}""");
        await PaintsAsync(kubectl, "green");
        Assert.Matches(@"2 +content of configmap/settings, by system:reconciler", await kubectl.OkAsync("rollout", "history", "deployment/painter"));

        await kubectl.OkAsync("rollout", "undo", "deployment/painter");
        await PaintsAsync(kubectl, "blue");
        (await kubectl.RunWithInputAsync(Painter, "apply", "-f", "-")).OrThrow();
        await PaintsAsync(kubectl, "green");
    }

    /// <summary>Waits until the one pod that there is has started with a colour.</summary>
    private Task<TimeSpan> PaintsAsync(Kubectl kubectl, string color) => shared.Product.EventuallyAsync(
        $"the painter paints {color}",
        TimeSpan.FromSeconds(90),
        async () => await kubectl.RunAsync("logs", "-l", "app=painter", "--tail=-1") is { ExitCode: 0 } seen && seen.Output == color + "\n" ? null : "not yet");

    private Task<TimeSpan> WaitsAsync(Kubectl kubectl, string why) => shared.Product.EventuallyAsync(
        why,
        TimeSpan.FromSeconds(90),
        async () => await kubectl.OkAsync(
            "get", "pod", "reader", "-o", "jsonpath={range .status.containerStatuses[*]}{.state.waiting.reason}: {.state.waiting.message}{end}") is var seen && seen == why ? null : seen);
}
