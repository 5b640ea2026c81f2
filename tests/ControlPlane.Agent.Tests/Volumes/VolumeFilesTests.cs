using System.Text;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Tests.Volumes;

public class VolumeFilesTests
{
    private static readonly ContainerConfiguration Configuration = new("default",
    [
        new EnvironmentContent { Kind = "ConfigMap", Namespace = "default", Name = "settings", Values = ValueMap.Of(("a", "1"), ("b", "2")), Bytes = ValueMap.Of(("c", "eHl6")) },
        new EnvironmentContent { Kind = "Secret", Namespace = "default", Name = "login", Values = ValueMap.Of(("password", "s3cret"), ("raw", "?")), Bytes = ValueMap.Of(("raw", "eHl6")) },
        new EnvironmentContent { Kind = "Secret", Namespace = "other", Name = "elsewhere", Values = ValueMap.Of(("a", "1")) },
    ]);

    private static readonly NodeValues Node = new("node-1", "10.0.0.7", new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromValue(4), ["memory"] = Quantity.Parse("8Gi") }.ToValueMap());

    /// <summary>A volume's source, and its files: path=content, and the mode where it is not 0644.</summary>
    [Theory]
    [InlineData("""{"configMap": {"name": "settings"}}""", "a=1 b=2 c=xyz")]
    [InlineData("""{"configMap": {"name": "settings", "items": [{"key": "b", "path": "x/y", "mode": 256}], "defaultMode": 384}}""", "x/y=2(400)")]
    [InlineData("""{"configMap": {"name": "settings", "items": [{"key": "gone", "path": "x"}], "optional": true}}""", "")]
    [InlineData("""{"configMap": {"name": "gone", "optional": true}}""", "")]
    [InlineData("""{"secret": {"secretName": "login", "defaultMode": 256}}""", "password=s3cret(400) raw=xyz(400)")]
    [InlineData("""{"secret": {"secretName": "elsewhere"}}""", "")]
    [InlineData("""{"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}, {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}, {"path": "tier", "fieldRef": {"fieldPath": "metadata.labels['tier']"}}]}}""", "labels=app=\"we\\\"b\"\\ntier=\"1\"\\n name=web tier=1")]
    [InlineData("""{"projected": {"sources": [{"configMap": {"name": "settings"}}, {"secret": {"name": "login", "items": [{"key": "password", "path": "a"}]}}], "defaultMode": 256}}""", "a=s3cret(400) b=2(400) c=xyz(400)")]
    [InlineData("""{"downwardAPI": {"items": [{"path": "cpu", "resourceFieldRef": {"containerName": "web", "resource": "limits.cpu", "divisor": "1m"}}]}}""", "cpu=500")]
    [InlineData("""{"projected": {"sources": [{"downwardAPI": {"items": [{"path": "memory", "resourceFieldRef": {"containerName": "web", "resource": "limits.memory", "divisor": "1Gi"}}]}}]}}""", "memory=8")]
    [InlineData("""{"emptyDir": {}}""", "")]
    public void Volume_HasTheFilesOfItsSource(string source, string expected)
    {
        Pod pod = new() { Metadata = new() { Namespace = "default", Name = "web", Labels = ValueMap.Of(("tier", "1"), ("app", "we\"b")) } };
        pod = pod with { Spec = new PodSpec { Containers = [new Container { Name = "web", Resources = new() { Limits = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("500m") }.ToValueMap() } }] } };

        IReadOnlyList<VolumeFile> files = VolumeFiles.Of(ResourceJson.Deserialize<Volume>(source), pod, Configuration, Node);

        Assert.Equal(expected, string.Join(' ', files.Select(Text)));
    }

    /// <summary>A volume's source, and what keeps its pod from starting.</summary>
    [Theory]
    [InlineData("""{"configMap": {"name": "settings"}}""", false, null)]
    [InlineData("""{"configMap": {"name": "gone"}}""", false, "MountVolume.SetUp failed for volume \"v\" : configmap \"gone\" not found")]
    [InlineData("""{"configMap": {"name": "gone", "optional": true}}""", false, null)]
    [InlineData("""{"configMap": {"name": "settings", "items": [{"key": "c", "path": "p"}]}}""", false, null)]
    [InlineData("""{"configMap": {"name": "settings", "items": [{"key": "d", "path": "p"}]}}""", false, "MountVolume.SetUp failed for volume \"v\" : configmap references non-existent config key: d")]
    [InlineData("""{"secret": {"secretName": "login", "items": [{"key": "d", "path": "p"}]}}""", false, "MountVolume.SetUp failed for volume \"v\" : references non-existent secret key: d")]
    [InlineData("""{"secret": {"secretName": "login", "items": [{"key": "d", "path": "p"}], "optional": true}}""", false, null)]
    [InlineData("""{"secret": {"secretName": "gone"}}""", false, "MountVolume.SetUp failed for volume \"v\" : secret \"gone\" not found")]
    [InlineData("""{"secret": {"secretName": "gone", "optional": true}}""", true, "MountVolume.SetUp failed for volume \"v\" : secret \"gone\" is not known while the control plane is away")]
    [InlineData("""{"projected": {"sources": [{"configMap": {"name": "settings"}}, {"secret": {"name": "gone"}}]}}""", false, "MountVolume.SetUp failed for volume \"v\" : secret \"gone\" not found")]
    public void MissingSource_IsSaidAsTheKubeletDoes(string source, bool isRemembered, string? problem)
    {
        Pod pod = new() { Spec = new() { Volumes = [ResourceJson.Deserialize<Volume>(source) with { Name = "v" }] } };

        Assert.Equal(problem, Configuration.VolumeProblemOf(pod, isRemembered));
    }

    private static string Text(VolumeFile file)
    {
        string mode = file.Mode == 420 ? "" : $"({Convert.ToString(file.Mode, 8)})";
        return $"{file.Path}={Encoding.UTF8.GetString(file.Content.Span).Replace("\n", "\\n", StringComparison.Ordinal)}{mode}";
    }
}
