using System.Text;
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
    public static ContainerEnvironment Of(
        Pod pod, Container container, IEnumerable<ServiceAddress> services, ValueList<EnvironmentContent> contents, string nodeName, string nodeAddress)
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
                : variable.ValueFrom?.FieldRef is { } field ? FieldOf(pod, field.FieldPath, nodeName, nodeAddress) ?? ""
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
    public string Expand(string text)
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
            else if (close > 0 && values.TryGetValue(text[(i + 2)..close], out string? value))
            {
                result.Append(value);
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
    private static string? FieldOf(Pod pod, string path, string nodeName, string nodeAddress) => path switch
    {
        "spec.nodeName" => nodeName,
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "default",
        "status.hostIP" or "status.hostIPs" or "status.podIP" or "status.podIPs" => nodeAddress,
        _ => PodFieldValues.Of(pod, path),
    };
}
