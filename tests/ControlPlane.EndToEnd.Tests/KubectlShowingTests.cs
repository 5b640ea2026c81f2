using System.Text.RegularExpressions;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>What either kubectl shows: each output of <c>get</c>, every kind described, a Deployment's revisions, and how it is told what is not served. Without pods that run.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class KubectlShowingTests(SharedProduct shared)
{
    private static readonly string Web = File.ReadAllText(Clone.Example("hello.yaml")).Replace("replicas: 3", "replicas: 0", StringComparison.Ordinal);

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Outputs(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("outputs"));
        await kubectl.CreateAsync(Web);

        await kubectl.SaysAsync("hello 0/0 0 0", "get", "deployments");
        await kubectl.SaysAsync("hello hello:v1 app=hello", "get", "deployments", "-o", "wide");
        await kubectl.SaysAsync("apiVersion: apps/v1\nkind: Deployment\n", "get", "deployment", "hello", "-o", "yaml");
        await kubectl.SaysAsync("\"kind\": \"Deployment\"", "get", "deployment", "hello", "-o", "json");
        await kubectl.SaysAsync("deployment.apps/hello", "get", "all", "-o", "name");
        await kubectl.SaysAsync($"{kubectl.Namespace} hello", "get", "deployments", "-A", "--field-selector", $"metadata.namespace={kubectl.Namespace}");
        await kubectl.SaysAsync("\"kind\":\"DeploymentList\"", "get", "--raw", $"/apis/apps/v1/namespaces/{kubectl.Namespace}/deployments");
        await kubectl.RefusesAsync("deployments.apps \"gone\" not found", "get", "deployment", "gone");
        await kubectl.SaysAsync("DESCRIPTION:", "explain", "pods.spec.containers");
        await kubectl.SaysAsync("setWeight", "explain", "rolloutpolicies.spec.strategy.canary.steps");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task EveryKind_IsDescribed(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("described"));
        await kubectl.CreateAsync(
            Web,
            """{"apiVersion":"v1","kind":"Service","metadata":{"name":"hello"},"spec":{"selector":{"app":"hello"},"ports":[{"port":80,"targetPort":"http"}]}}""",
            """{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"port":80}]}]}""",
            """{"apiVersion":"v1","kind":"Event","metadata":{"name":"tried"},"involvedObject":{"kind":"Deployment","name":"hello"},"reason":"Tried","message":"it was tried","type":"Normal"}""",
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"key"},"stringData":{"a":"b"}}""",
            """{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"quota"},"spec":{"hard":{"secrets":"5"}}}""",
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"waiting"},"spec":{"nodeSelector":{"is":"nowhere"},"initContainers":[{"name":"first","image":"hello:v1"}],"containers":[{"name":"c","image":"hello:v1"}]}}""",
            """{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"budget"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"hello"}}}}""",
            """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"leader"},"spec":{"holderIdentity":"me"}}""",
            """{"apiVersion":"rollouts.controlplane.dev/v1","kind":"RolloutPolicy","metadata":{"name":"careful"},"spec":{"targetRef":{"name":"hello"}}}""");
        await kubectl.OkAsync("wait", "--for=condition=Available", "deployment/hello", "--timeout=150s");

        string[] kinds = (await kubectl.OkAsync("api-resources", "--verbs=get,list", "-o", "name")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(kinds.Length >= 17, string.Join(' ', kinds));

        // Other tests' namespaces come and go: one that goes between the list and its own description fails it.
        string named = string.Join(',', kinds.Where(kind => kind != "namespaces"));
        string[] expected =
        [
            @"RollingUpdateStrategy: +0 max unavailable, 1 max surge", @"Controlled By: +Deployment/hello", @"TargetPort: +http/TCP", @"Addresses: +10\.0\.0\.1", @"Message: +it was tried", @"a: +1 bytes",
            @"secrets +1 +5", @"Init Containers:\n  first:", @"FailedScheduling", @"Min available: +1", @"Holder Identity: +me", @"kube-root-ca\.crt", @"Name: +default\n", @"Allocatable:", @"Kind: +RolloutPolicy",
        ];
        await shared.Product.EventuallyAsync("all is described", TimeSpan.FromSeconds(90), async () =>
        {
            string described = await kubectl.OkAsync("describe", named);
            return expected.FirstOrDefault(pattern => !Regex.IsMatch(described, pattern)) is { } missing ? $"{missing} is not in\n{described}" : null;
        });
        Assert.Matches($"^Name: +{kubectl.Namespace}\n", await kubectl.OkAsync("describe", "namespace", kubectl.Namespace));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Revisions(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("revisions"));
        await kubectl.CreateAsync(Web);
        foreach (string image in new[] { "hello:v2", "hello:v3" })
        {
            await kubectl.SaysAsync("successfully rolled out", "rollout", "status", "deployment/hello", "--timeout=150s");
            await kubectl.OkAsync("set", "image", "deployment/hello", $"hello={image}");
        }

        await kubectl.SaysAsync("deployment \"hello\" successfully rolled out", "rollout", "status", "deployment/hello", "--timeout=150s");
        await kubectl.SaysAsync("1 created with hello:v1, by admin with kubectl", "rollout", "history", "deployment/hello");
        await kubectl.SaysAsync("deployment.apps/hello with revision #2", "rollout", "history", "deployment/hello", "--revision=2");
        await kubectl.SaysAsync("Image:\thello:v2", "rollout", "history", "deployment/hello", "--revision=2");
        await kubectl.SaysAsync("deployment.apps/hello rolled back", "rollout", "undo", "deployment/hello", "--to-revision=1");
        await kubectl.SaysAsync("hello:v1", "get", "deployment", "hello", "-o", "jsonpath={.spec.template.spec.containers[0].image}");
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await kubectl.SaysAsync("\n4 back to revision 1: image of hello from hello:v3 to hello:v1", "rollout", "history", "deployment/hello");
        await kubectl.RefusesAsync("unable to find specified revision 9 in history", "rollout", "undo", "deployment/hello", "--to-revision=9");
        await kubectl.SaysAsync("deployment.apps/hello paused", "rollout", "pause", "deployment/hello");
        await kubectl.RefusesAsync("deployments.apps \"hello\" is already paused", "rollout", "pause", "deployment/hello");
        await kubectl.RefusesAsync("cannot rollback a paused deployment", "rollout", "undo", "deployment/hello");
        await kubectl.SaysAsync("deployment.apps/hello resumed", "rollout", "resume", "deployment/hello");
        await kubectl.SaysAsync("deployment.apps/hello restarted", "rollout", "restart", "deployment/hello");
        await kubectl.SaysAsync("deployment.apps/hello scaled", "scale", "deployment/hello", "--current-replicas=0", "--replicas=0");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task WhatIsNotServed_IsSaid(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("refused"));
        await kubectl.CreateAsync(
            Web,
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"waiting"},"spec":{"nodeSelector":{"is":"nowhere"},"containers":[{"name":"c","image":"hello:v1"}]}}""");
        bool isOld = version == "1.20";

        await kubectl.RefusesAsync("the server doesn't have a resource type \"horizontalpodautoscalers\"", "get", "horizontalpodautoscalers");
        await kubectl.RefusesAsync(isOld ? "the server could not find the requested resource" : "failed to create autoscaling/v2 HPA", "autoscale", "deployment", "hello", "--max=3");
        await kubectl.RefusesAsync("Metrics API not available", "top", "nodes");
        await kubectl.RefusesAsync("Metrics API not available", "top", "pods");
        await kubectl.RefusesAsync("the server could not find the requested resource", "create", "job", "once", "--image=hello:v1");
        await kubectl.RefusesAsync("spec.containers[0].stdin", "run", "talk", "-i", "--image=hello:v1", "--pod-running-timeout=2s");
        await kubectl.RefusesAsync("the server could not find the requested resource", "cluster-info", "dump");
        await kubectl.RefusesAsync("ephemeral containers are disabled for this cluster", "debug", "waiting", "--image=hello:v1");
        if (!isOld)
        {
            await kubectl.RefusesAsync("the server could not find the requested resource", "create", "token", "default");
        }
    }
}
