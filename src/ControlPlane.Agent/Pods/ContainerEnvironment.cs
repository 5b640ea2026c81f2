using System.Text;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>A container's variables with the pod's own values filled in, and <c>$(NAME)</c> in commands and values replaced.</summary>
internal sealed class ContainerEnvironment
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    private ContainerEnvironment()
    {
    }

    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>
    /// The variables of Services first, then those of <c>envFrom</c>, then <c>env</c>: each may use those before it, and wins over them. A value from a ConfigMap
    /// or a Secret is taken as it is.
    /// </summary>
    /// <exception cref="ContainerConfigurationException">A variable is about a container that the pod does not have.</exception>
    public static ContainerEnvironment Of(
        Pod pod, Container container, IEnumerable<ServiceAddress> services, ValueList<EnvironmentContent> contents, NodeValues node)
    {
        ContainerEnvironment environment = new();
        foreach ((string name, string value) in services.SelectMany(service => service.Variables()))
        {
            environment.values[name] = value;
        }

        ContainerConfiguration configuration = new(pod.Namespace, contents);
        foreach ((string name, string value) in container.EnvFrom.SelectMany(configuration.VariablesOf))
        {
            environment.values[name] = value;
        }

        foreach (EnvVar variable in container.Env)
        {
            string? value = EnvironmentReference.Of(variable) is { } reference ? configuration.ValueOf(reference)
                : variable.ValueFrom?.FieldRef is { } field ? FieldOf(pod, field.FieldPath, node) ?? ""
                : variable.ValueFrom?.ResourceFieldRef is { } resource ? ContainerResourceValues.Of(pod, resource, container.Name, node)
                    ?? throw new ContainerConfigurationException($"container {resource.ContainerName} not found")
                : environment.Expand(variable.Value ?? "");
            if (value is not null)
            {
                environment.values[variable.Name] = value;
            }
        }

        return environment;
    }

    /// <summary>
    /// Replaces <c>$(NAME)</c> by the variable's value; <c>$$</c> is a single <c>$</c>, and a name that is not known stays as it is written
    /// (Kubernetes: dependent environment variables).
    /// </summary>
    public string Expand(string text) => Expand(text, name => $"$({name})");

    /// <summary>As above; a name that is not known stands for what it is answered with.</summary>
    public string Expand(string text, Func<string, string> unknown)
    {
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            int close = text[i + 1] == '(' ? text.IndexOf(')', i + 2) : -1;
            if (text[i + 1] == '$')
            {
                result.Append('$');
                i++;
            }
            else if (close > 0)
            {
                string name = text[(i + 2)..close];
                result.Append(values.TryGetValue(name, out string? value) ? value : unknown(name));
                i = close;
            }
            else
            {
                result.Append('$');
            }
        }

        return result.ToString();
    }

    /// <summary>The values of the pod that a variable may take; null for one that does not exist.</summary>
    private static string? FieldOf(Pod pod, string path, NodeValues node) => path switch
    {
        "spec.nodeName" => node.Name,
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "default",
        "status.hostIP" or "status.hostIPs" or "status.podIP" or "status.podIPs" => node.Address,
        _ => PodFieldValues.Of(pod, path),
    };
}
