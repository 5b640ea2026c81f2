using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>ReplicaSets of a Deployment as the reconciler would leave them.</summary>
internal static class Revisions
{
    public static async Task AddAsync(ApiServer api, string deploymentPath, int revision, string image, bool isComplete)
    {
        JsonObject deployment = await api.GetAsync(deploymentPath);
        JsonNode template = deployment["spec"]!["template"]!.DeepClone();
        template["spec"]!["containers"]![0]!["image"] = image;
        template["metadata"]!["labels"]!["pod-template-hash"] = $"h{revision}";
        JsonObject replicaSet = new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"web-h{revision}",
                ["labels"] = template["metadata"]!["labels"]!.DeepClone(),
                ["annotations"] = new JsonObject { ["deployment.kubernetes.io/revision"] = $"{revision}" },
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = "apps/v1",
                    ["kind"] = "Deployment",
                    ["name"] = "web",
                    ["uid"] = (string)deployment["metadata"]!["uid"]!,
                    ["controller"] = true,
                }),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = 0,
                ["selector"] = new JsonObject { ["matchLabels"] = template["metadata"]!["labels"]!.DeepClone() },
                ["template"] = template,
            },
        };
        string collection = deploymentPath.Replace("/deployments/web", "/replicasets", StringComparison.Ordinal);
        JsonObject made = await api.PostAsync(collection, replicaSet.ToJsonString());
        if (isComplete)
        {
            made["status"] = new JsonObject { ["replicas"] = 0, ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Complete", ["status"] = "True" }) };
            await api.PutAsync($"{collection}/web-h{revision}/status", made);
        }
    }
}
