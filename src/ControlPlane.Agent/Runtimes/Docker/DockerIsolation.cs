using System.Globalization;
using ControlPlane.Agent.Pods;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>A container's security context in the engine's words.</summary>
internal static class DockerIsolation
{
    /// <exception cref="ContainerConfigurationException">The container would run as root, and must not.</exception>
    public static void Apply(CreateContainerParameters parameters, ContainerRequest request)
    {
        EffectiveSecurity security = EffectiveSecurity.Of(request.Pod, request.Container);
        if (security.RootProblem(request.Pod, request.Container, request.ImageUser) is { } problem)
        {
            throw new ContainerConfigurationException(problem);
        }

        HostConfig host = parameters.HostConfig ??= new HostConfig();
        parameters.User = UserOf(security, request.ImageUser);
        host.GroupAdd = [.. security.Groups.Select(Text)];
        host.Privileged = security.IsPrivileged;
        host.ReadonlyRootfs = security.HasReadOnlyRootFilesystem;
        host.CapAdd = [.. security.Capabilities.Add];
        host.CapDrop = [.. security.Capabilities.Drop];
        host.SecurityOpt = [.. Options(security)];
    }

    /// <summary>Worked through: user 7 and group 8 are <c>7:8</c>; group 8 alone is <c>app:8</c> with the image's user; neither is empty, which is the image's.</summary>
    private static string UserOf(EffectiveSecurity security, string imageUser)
    {
        string user = security.RunAsUser is { } id ? Text(id) : "";
        if (security.RunAsGroup is not { } group)
        {
            return user;
        }

        string named = imageUser.Split(':')[0] is { Length: > 0 } given ? given : "0";
        return $"{(user.Length > 0 ? user : named)}:{Text(group)}";
    }

    private static IEnumerable<string> Options(EffectiveSecurity security)
    {
        if (!security.MayEscalatePrivileges)
        {
            yield return "no-new-privileges";
        }

        if (security.IsUnconfined)
        {
            yield return "seccomp=unconfined";
        }
    }

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
