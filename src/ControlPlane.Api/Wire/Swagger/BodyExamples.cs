using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.OpenApi;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Swagger;

/// <summary>A Deployment that works as it stands, for the first try from the page.</summary>
internal static class DeploymentExample
{
    private const string Example = """
        {
          "apiVersion": "apps/v1",
          "kind": "Deployment",
          "metadata": { "name": "hello" },
          "spec": {
            "replicas": 3,
            "selector": { "matchLabels": { "app": "hello" } },
            "template": {
              "metadata": { "labels": { "app": "hello" } },
              "spec": {
                "containers": [
                  { "name": "hello", "image": "hello:1", "imagePullPolicy": "IfNotPresent", "ports": [{ "containerPort": 8080 }] }
                ]
              }
            }
          }
        }
        """;

    /// <summary>The example for a request's body; null where there is none.</summary>
    public static JsonNode? For(Operation operation) =>
        operation.Type == typeof(Deployment) && operation.Method == "post" ? JsonNode.Parse(Example) : null;
}
