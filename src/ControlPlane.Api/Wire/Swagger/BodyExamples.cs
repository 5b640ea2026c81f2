using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.OpenApi;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Swagger;

/// <summary>Bodies that work as they stand, for the first try from the page: a Deployment, what its plan would be asked with, and its actions.</summary>
internal static class BodyExamples
{
    private const string Hello = """
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

    private const string NextHello = "hello:2";

    /// <summary>The example for a request's body; null where there is none.</summary>
    public static JsonNode? For(Operation operation) => operation switch
    {
        { Method: not "post" } => null,
        { Type: var type } when type == typeof(RolloutActionOptions) => Options(operation),
        { Type: var type } when type == typeof(PromotionOptions) => new JsonObject
        {
            ["apiVersion"] = RolloutView.GroupVersion,
            ["kind"] = nameof(PromotionOptions),
            ["toNamespace"] = "production",
            ["revision"] = 1,
        },
        { Type: var type } when type == typeof(Deployment) => operation.Path.EndsWith("/plan", StringComparison.Ordinal) ? Next() : JsonNode.Parse(Hello),
        _ => null,
    };

    /// <summary>The Deployment with another image: what there is to plan.</summary>
    private static JsonNode Next()
    {
        JsonNode next = JsonNode.Parse(Hello)!;
        next["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = NextHello;
        return next;
    }

    /// <summary>Each action with no option but its own. Never an empty object, which the document would not show.</summary>
    private static JsonObject Options(Operation operation)
    {
        JsonObject options = new() { ["apiVersion"] = RolloutView.GroupVersion, ["kind"] = nameof(RolloutActionOptions) };
        switch (operation.Path[(operation.Path.LastIndexOf('/') + 1)..])
        {
            case "rollback":
                options["toRevision"] = 0;
                break;
            case "promote":
                options["full"] = false;
                break;
        }

        return options;
    }
}
