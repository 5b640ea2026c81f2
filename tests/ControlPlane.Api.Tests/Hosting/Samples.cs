using System.Text.Json.Nodes;

namespace ControlPlane.Api.Tests.Hosting;

internal static class Samples
{
    public static string Deployment(string name, int replicas = 1) => $$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{name}}}","labels":{"app":"{{{name}}}"} },
         "spec":{"replicas":{{{replicas}}},"selector":{"matchLabels":{"app":"{{{name}}}"} },
          "template":{"metadata":{"labels":{"app":"{{{name}}}"} },"spec":{"containers":[{"name":"c","image":"hello:1"}]} } } }
        """;

    public static string Pod(string name, string? node = null, string labels = "{}", string finalizers = "[]") => $$"""
        {"metadata":{"name":"{{name}}","labels":{{labels}},"finalizers":{{finalizers}}},
         "spec":{ {{NodeName(node)}}"containers":[{"name":"c","image":"hello:1"}]} }
        """;

    private static string NodeName(string? node) => node is null ? "" : $"\"nodeName\":\"{node}\",";

    public static string Secret(string name) => $$$"""{"metadata":{"name":"{{{name}}}"},"stringData":{"key":"value"}}""";

    public static string NameOf(this JsonNode resource) => (string)resource["metadata"]!["name"]!;

    public static string VersionOf(this JsonNode resource) => (string)resource["metadata"]!["resourceVersion"]!;

    public static IReadOnlyList<string> NamesOf(this JsonNode list) => [.. list["items"]!.AsArray().Select(item => item!.NameOf())];
}
