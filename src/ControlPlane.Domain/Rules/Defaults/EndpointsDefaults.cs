using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of Endpoints and EndpointSlices: ports are TCP ports.</summary>
internal static class EndpointsDefaults
{
    private const string Tcp = "TCP";

    public static Endpoints Apply(Endpoints endpoints) => endpoints with
    {
        Subsets =
        [
            .. endpoints.Subsets.Select(subset => subset with
            {
                Ports = [.. subset.Ports.Select(port => port with { Name = port.Name.EmptyAsAbsent(), Protocol = port.Protocol.EmptyAsAbsent() ?? Tcp })],
            }),
        ],
    };

    public static EndpointSlice Apply(EndpointSlice slice) => slice with
    {
        AddressType = slice.AddressType.EmptyAsAbsent(),
        Ports = [.. slice.Ports.Select(port => port with { Name = port.Name ?? "", Protocol = port.Protocol.EmptyAsAbsent() ?? Tcp })],
    };
}
