using System.Globalization;

namespace ControlPlane.Domain.Resources;

/// <summary>
/// That an address or a node's port is taken by a Service, which owns it. Its name is what is taken, so that the store, which has each name once, gives nothing
/// out twice. Stored and not served.
/// </summary>
public sealed record ServiceAllocation : Resource
{
    /// <summary>Whose it is.</summary>
    public ServiceAllocationSpec Spec { get; init => field = value ?? new ServiceAllocationSpec(); } = new();

    /// <summary>The name of an address's allocation.</summary>
    public static string NameOfAddress(string address) => $"ip-{address}";

    /// <summary>The name of a node port's allocation.</summary>
    public static string NameOfNodePort(int port) => $"node-port-{port.ToString(CultureInfo.InvariantCulture)}";
}

/// <summary>Whose an allocation is.</summary>
public sealed record ServiceAllocationSpec
{
    /// <summary>The Service's namespace.</summary>
    public string Namespace { get; init => field = value ?? ""; } = "";

    /// <summary>The Service's name.</summary>
    public string Service { get; init => field = value ?? ""; } = "";
}
