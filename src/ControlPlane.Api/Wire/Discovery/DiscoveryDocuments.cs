using System.Text.Json.Nodes;
using ControlPlane.Api.Kinds;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Discovery;

/// <summary>
/// The documents by which a client learns what is served (Kubernetes API concepts, discovery): plain, one for each group,
/// and aggregated, one for all.
/// </summary>
internal static class DiscoveryDocuments
{
    /// <summary>The groups that have a name, in name order, each with its versions; the first is the one that clients should prefer.</summary>
    public static IReadOnlyList<(string Group, IReadOnlyList<string> Versions)> Groups { get; } =
    [
        .. ServedKinds.Listed.Where(served => served.Kind.Group.Length > 0).GroupBy(served => served.Kind.Group, served => served.Kind.Version).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, (IReadOnlyList<string>)[.. group.Distinct().Order(StringComparer.Ordinal)])),
    ];

    /// <summary><c>/api</c>.</summary>
    public static JsonObject ApiVersions(string serverAddress) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = serverAddress }),
    };

    /// <summary><c>/apis</c>.</summary>
    public static JsonObject GroupList() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. Groups.Select(group => GroupBody(group.Group, group.Versions))]),
    };

    /// <summary><c>/apis/{group}</c>.</summary>
    public static JsonObject Group(string group, IReadOnlyList<string> versions)
    {
        JsonObject document = new() { ["kind"] = "APIGroup", ["apiVersion"] = "v1" };
        foreach ((string name, JsonNode? value) in GroupBody(group, versions).ToList())
        {
            document[name] = value?.DeepClone();
        }

        return document;
    }

    /// <summary><c>/api/v1</c>, <c>/apis/{group}/{version}</c>.</summary>
    public static JsonObject ResourceList(string group, string version)
    {
        JsonArray resources = [];
        foreach (ServedKind served in Served(group, version))
        {
            ResourceKind kind = served.Kind;
            JsonObject resource = Resource(kind.Plural, kind.Singular, kind.IsNamespaced, kind.Kind, served.Verbs);
            AddNames(resource, kind);
            resources.Add(resource);
            foreach (ServedSubresource subresource in served.Subresources)
            {
                JsonObject entry = Resource($"{kind.Plural}/{subresource.Name}", "", kind.IsNamespaced, subresource.Kind, subresource.Verbs);
                if (subresource.Group is not null)
                {
                    entry["group"] = subresource.Group;
                    entry["version"] = subresource.Version;
                }

                resources.Add(entry);
            }
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    /// <summary>The aggregated form of <c>/api</c> (the core group) or <c>/apis</c> (all others).</summary>
    /// <param name="isCore">True for <c>/api</c>.</param>
    /// <param name="version">The discovery API's own version that the client asked for: <c>v2</c> or <c>v2beta1</c>.</param>
    public static JsonObject Aggregated(bool isCore, string version)
    {
        IEnumerable<(string Group, IReadOnlyList<string> Versions)> groups = isCore ? [("", ["v1"])] : Groups;
        return new JsonObject
        {
            ["kind"] = "APIGroupDiscoveryList",
            ["apiVersion"] = $"apidiscovery.k8s.io/{version}",
            ["metadata"] = new JsonObject(),
            ["items"] = new JsonArray([.. groups.Select(group => AggregatedGroup(group.Group, group.Versions))]),
        };
    }

    private static IEnumerable<ServedKind> Served(string group, string version) =>
        ServedKinds.Listed.Where(served => served.Kind.Group == group && served.Kind.Version == version).OrderBy(served => served.Kind.Plural, StringComparer.Ordinal);

    private static JsonObject GroupBody(string group, IReadOnlyList<string> versions)
    {
        JsonObject Version(string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
        return new JsonObject { ["name"] = group, ["versions"] = new JsonArray([.. versions.Select(Version)]), ["preferredVersion"] = Version(versions[0]) };
    }

    private static JsonObject Resource(string name, string singular, bool isNamespaced, string kind, IEnumerable<string> verbs) => new()
    {
        ["name"] = name,
        ["singularName"] = singular,
        ["namespaced"] = isNamespaced,
        ["kind"] = kind,
        ["verbs"] = Strings(verbs),
    };

    private static JsonObject AggregatedGroup(string group, IReadOnlyList<string> versions)
    {
        JsonObject metadata = [];
        if (group.Length > 0)
        {
            metadata["name"] = group;
        }

        return new JsonObject { ["metadata"] = metadata, ["versions"] = new JsonArray([.. versions.Select(version => AggregatedVersion(group, version))]) };
    }

    private static JsonObject AggregatedVersion(string group, string version)
    {
        JsonArray resources = [];
        foreach (ServedKind served in Served(group, version))
        {
            ResourceKind kind = served.Kind;
            JsonObject resource = new()
            {
                ["resource"] = kind.Plural,
                ["responseKind"] = GroupVersionKind(kind.Group, kind.Version, kind.Kind),
                ["scope"] = kind.IsNamespaced ? "Namespaced" : "Cluster",
                ["singularResource"] = kind.Singular,
                ["verbs"] = Strings(served.Verbs),
            };
            AddNames(resource, kind);
            if (!served.Subresources.IsEmpty)
            {
                resource["subresources"] = new JsonArray([.. served.Subresources.Select(subresource => new JsonObject
                {
                    ["subresource"] = subresource.Name,
                    ["responseKind"] = GroupVersionKind(subresource.Group ?? kind.Group, subresource.Version ?? kind.Version, subresource.Kind),
                    ["verbs"] = Strings(subresource.Verbs),
                })]);
            }

            resources.Add(resource);
        }

        return new JsonObject { ["version"] = version, ["resources"] = resources, ["freshness"] = "Current" };
    }

    private static void AddNames(JsonObject resource, ResourceKind kind)
    {
        if (!kind.ShortNames.IsEmpty)
        {
            resource["shortNames"] = Strings(kind.ShortNames);
        }

        if (!kind.Categories.IsEmpty)
        {
            resource["categories"] = Strings(kind.Categories);
        }
    }

    private static JsonObject GroupVersionKind(string group, string version, string kind) =>
        new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
