using ControlPlane.Agent.Runtimes.Process;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>What a process of the host is not, and a container that asks for it does not become one.</summary>
public class ProcessIsolationTests
{
    [Theory]
    [InlineData("""{"runAsUser": 7, "runAsGroup": 8}""", "securityContext.runAsUser, securityContext.runAsGroup: ")]
    [InlineData("""{"runAsNonRoot": true}""", "securityContext.runAsNonRoot: ")]
    [InlineData("""{"privileged": true}""", "securityContext.privileged: ")]
    [InlineData("""{"readOnlyRootFilesystem": true}""", "securityContext.readOnlyRootFilesystem: ")]
    [InlineData("""{"allowPrivilegeEscalation": false}""", "securityContext.allowPrivilegeEscalation: false: ")]
    [InlineData("""{"capabilities": {"drop": ["ALL"]}}""", "securityContext.capabilities.drop: ")]
    [InlineData("""{"capabilities": {"add": ["NET_ADMIN"]}}""", "securityContext.capabilities.add: ")]
    [InlineData("""{"seccompProfile": {"type": "RuntimeDefault"}}""", "securityContext.seccompProfile: RuntimeDefault: ")]
    public void ProblemOf_Isolation_NamesTheFieldAndSaysWhy(string context, string begins)
    {
        string? problem = ProcessIsolation.ProblemOf(Given.Pod(), new Container { SecurityContext = ResourceJson.Deserialize<SecurityContext>(context) });

        Assert.StartsWith(begins, problem, StringComparison.Ordinal);
        Assert.Contains("nothing is isolated", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ProblemOf_AFileForTheLastWords_IsNamed() => Assert.StartsWith(
        "terminationMessagePath: ", ProcessIsolation.ProblemOf(Given.Pod(), new Container { TerminationMessagePath = "/last-words" }), StringComparison.Ordinal);

    [Fact]
    public void ProblemOf_ThePodsOwn_CountsForItsContainers()
    {
        Pod pod = Given.Pod();
        pod = pod with { Spec = pod.Spec with { SecurityContext = new PodSecurityContext { SupplementalGroups = [9] } } };

        Assert.StartsWith("securityContext.supplementalGroups: ", ProcessIsolation.ProblemOf(pod, pod.Spec.Containers[0]), StringComparison.Ordinal);
    }

    [Fact]
    public void ProblemOf_Volumes_NamesThem()
    {
        Pod pod = Given.Pod();
        pod = pod with { Spec = pod.Spec with { SecurityContext = new PodSecurityContext { FsGroup = 9 } } };
        Container mounts = new() { VolumeMounts = [new VolumeMount { Name = "v", MountPath = "/v" }] };

        Assert.StartsWith("volumeMounts, securityContext.fsGroup: ", ProcessIsolation.ProblemOf(pod, mounts), StringComparison.Ordinal);
    }

    /// <summary>What a pod asks for beside isolation, and the field that is named for it; none for what processes of the host have anyway.</summary>
    [Theory]
    [InlineData("""{"hostAliases": [{"ip": "10.0.0.9", "hostnames": ["db"]}]}""", "hostAliases")]
    [InlineData("""{"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.9"]}}""", "dnsPolicy: None, dnsConfig")]
    [InlineData("""{"subdomain": "a", "setHostnameAsFQDN": true}""", "setHostnameAsFQDN")]
    [InlineData("""{"hostNetwork": true, "shareProcessNamespace": true, "dnsPolicy": "ClusterFirstWithHostNet", "dnsConfig": {}, "setHostnameAsFQDN": true}""", null)]
    public void ProblemOf_NamesAndNetworks_NamesTheField(string spec, string? field)
    {
        Pod pod = new() { Spec = ResourceJson.Deserialize<PodSpec>(spec) };

        Assert.Equal(field, ProcessIsolation.ProblemOf(pod, new Container())?.Split(": not possible")[0]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"privileged": false, "allowPrivilegeEscalation": true, "readOnlyRootFilesystem": false, "runAsNonRoot": false, "procMount": "Default", "capabilities": {}}""")]
    [InlineData("""{"seccompProfile": {"type": "Unconfined"}}""")]
    public void ProblemOf_WhatAProcessIsAnyway_IsNone(string context) =>
        Assert.Null(ProcessIsolation.ProblemOf(Given.Pod(), new Container { SecurityContext = ResourceJson.Deserialize<SecurityContext>(context) }));
}
