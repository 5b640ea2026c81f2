using ControlPlane.Agent.Runtimes;
using ControlPlane.Agent.Runtimes.Docker;
using ControlPlane.Domain.Resources;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Tests.Deciding;

/// <summary>What Docker Engine is asked for a container's isolation.</summary>
public class DockerIsolationTests
{
    /// <summary>Each case: the pod's and the container's security context, the image's user, and what the engine is asked for.</summary>
    public static TheoryData<string, string, string, string, string> Cases => new()
    {
        { "nothing is said", "{}", "{}", "app", "" },
        { "a user", "{}", """{"runAsUser": 7}""", "", "User=7" },
        { "the pod's user", """{"runAsUser": 7}""", "{}", "", "User=7" },
        { "the container's user wins", """{"runAsUser": 7}""", """{"runAsUser": 0}""", "", "User=0" },
        { "a user and a group", """{"runAsGroup": 8}""", """{"runAsUser": 7}""", "app", "User=7:8" },
        { "a group of the image's user", "{}", """{"runAsGroup": 8}""", "app:app", "User=app:8" },
        { "a group of root", "{}", """{"runAsGroup": 8}""", "", "User=0:8" },
        { "more groups", """{"supplementalGroups": [9, 10]}""", "{}", "", "GroupAdd=9,10" },
        { "the group of the volumes, with the others", """{"supplementalGroups": [9], "fsGroup": 10}""", "{}", "", "GroupAdd=9,10" },
        { "the group of the volumes, which is one of the others", """{"supplementalGroups": [9], "fsGroup": 9}""", "{}", "", "GroupAdd=9" },
        { "not root, by its number", """{"runAsNonRoot": true}""", "{}", "1000:0", "" },
        { "not root, as it says itself", """{"runAsNonRoot": true}""", """{"runAsUser": 7}""", "", "User=7" },
        { "root for all that the pod says", """{"runAsNonRoot": true}""", """{"runAsNonRoot": false}""", "", "" },
        { "privileged", "{}", """{"privileged": true}""", "", "Privileged=True" },
        { "a root filesystem that cannot be written", "{}", """{"readOnlyRootFilesystem": true}""", "", "ReadonlyRootfs=True" },
        { "no more privileges", "{}", """{"allowPrivilegeEscalation": false}""", "", "SecurityOpt=no-new-privileges" },
        { "capabilities", "{}", """{"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}}""", "", "CapAdd=NET_ADMIN CapDrop=ALL" },
        { "the engine's own profile", """{"seccompProfile": {"type": "RuntimeDefault"}}""", "{}", "", "" },
        { "no profile", """{"seccompProfile": {"type": "Unconfined"}}""", "{}", "", "SecurityOpt=seccomp=unconfined" },
        {
            "the container's profile wins", """{"seccompProfile": {"type": "Unconfined"}}""", """{"seccompProfile": {"type": "RuntimeDefault"}}""", "", ""
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Apply_AsksTheEngine(string name, string pod, string container, string imageUser, string expected)
    {
        CreateContainerParameters parameters = new();

        DockerIsolation.Apply(parameters, Request(pod, container, imageUser));

        Assert.True(expected == Asked(parameters), $"{name}: asked for '{Asked(parameters)}' instead of '{expected}'");
    }

    [Theory]
    [InlineData("{}", "", "container has runAsNonRoot and image will run as root (pod: \"web_default(uid-1)\", container: c)")]
    [InlineData("{}", "0:1000", "container has runAsNonRoot and image will run as root (pod: \"web_default(uid-1)\", container: c)")]
    [InlineData(
        "{}", "app:1000", "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: \"web_default(uid-1)\", container: c)")]
    [InlineData("""{"runAsUser": 0}""", "1000", "container's runAsUser breaks non-root policy (pod: \"web_default(uid-1)\", container: c)")]
    public void Apply_RunAsNonRoot_RefusesRoot(string container, string imageUser, string message)
    {
        ContainerConfigurationException refusal = Assert.Throws<ContainerConfigurationException>(
            () => DockerIsolation.Apply(new CreateContainerParameters(), Request("""{"runAsNonRoot": true}""", container, imageUser)));

        Assert.Equal(message, refusal.Message);
    }

    private static ContainerRequest Request(string podContext, string containerContext, string imageUser)
    {
        Pod pod = Given.Pod();
        Container container = pod.Spec.Containers[0] with { SecurityContext = ResourceJson.Deserialize<SecurityContext>(containerContext) };
        return new ContainerRequest
        {
            Identity = Given.Alive().Identity,
            Pod = pod with { Spec = pod.Spec with { SecurityContext = ResourceJson.Deserialize<PodSecurityContext>(podContext), Containers = [container] } },
            Container = container,
            Image = "hello:v1",
            ImageUser = imageUser,
        };
    }

    private static string Asked(CreateContainerParameters parameters)
    {
        HostConfig host = parameters.HostConfig!;
        (string Name, string Value)[] all =
        [
            ("User", parameters.User ?? ""),
            ("GroupAdd", string.Join(',', host.GroupAdd ?? [])),
            ("Privileged", host.Privileged ? "True" : ""),
            ("ReadonlyRootfs", host.ReadonlyRootfs ? "True" : ""),
            ("SecurityOpt", string.Join(',', host.SecurityOpt ?? [])),
            ("CapAdd", string.Join(',', host.CapAdd ?? [])),
            ("CapDrop", string.Join(',', host.CapDrop ?? [])),
        ];
        return string.Join(' ', all.Where(one => one.Value.Length > 0).Select(one => $"{one.Name}={one.Value}"));
    }
}
