using System.Globalization;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Endpoint = ControlPlane.Domain.Resources.Endpoint;

namespace ControlPlane.Api.Wire.Tables;

/// <summary>Endpoints and slices: the first few addresses, and how many there are more.</summary>
internal static class EndpointsTable
{
    private const int ShownMax = 3;
    private const string None = "<none>";
    private const string Unset = "<unset>";

    public static TableDefinition OfEndpoints { get; } = TableDefinition.Of<Endpoints>(
        [TableColumn.NameColumn, TableColumn.Text("Endpoints", "Addresses that are ready."), TableColumn.Age],
        (endpoints, now) => [endpoints.Name, First([.. endpoints.Subsets.SelectMany(AddressesOf)], None), Ages.Since(endpoints.Metadata.CreationTimestamp, now)]);

    public static TableDefinition OfSlices { get; } = TableDefinition.Of<EndpointSlice>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("AddressType", "IPv4."),
            TableColumn.Text("Ports", "The ports of each endpoint."),
            TableColumn.Text("Endpoints", "The endpoints' addresses."),
            TableColumn.Age,
        ],
        (slice, now) =>
        [
            slice.Name,
            slice.AddressType ?? "",
            First([.. slice.Ports.Select(port => port.Port?.ToString(CultureInfo.InvariantCulture) ?? "*")], Unset),
            First([.. slice.Endpoints.SelectMany((Endpoint endpoint) => endpoint.Addresses)], Unset),
            Ages.Since(slice.Metadata.CreationTimestamp, now),
        ]);

    private static IEnumerable<string> AddressesOf(EndpointSubset subset) => subset.Ports.IsEmpty
        ? subset.Addresses.Select(address => address.Ip)
        : subset.Ports.SelectMany(port => subset.Addresses.Select(address => $"{address.Ip}:{port.Port}"));

    private static string First(ValueList<string> items, string none) =>
        items.IsEmpty ? none
        : items.Count <= ShownMax ? string.Join(',', items)
        : $"{string.Join(',', items.Take(ShownMax))} + {items.Count - ShownMax} more...";
}
