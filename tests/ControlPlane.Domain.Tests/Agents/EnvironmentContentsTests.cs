using System.Text;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Agents;

public class EnvironmentContentsTests
{
    private static readonly ConfigMap Settings = new()
    {
        Metadata = new() { Namespace = "default", Name = "settings" },
        Data = ValueMap.Of(("a", "1"), ("b", "2")),
        BinaryData = ValueMap.Of(("c", "/w==")),
    };

    private static readonly Secret Login = new()
    {
        Metadata = new() { Namespace = "default", Name = "login" },
        Data = ValueMap.Of(("text", Convert.ToBase64String(Encoding.UTF8.GetBytes("pässword"))), ("raw", "/w==")),
    };

    /// <summary>A volume, and what its node is told for it: kind/name, the keys of its texts, and of what text cannot hold.</summary>
    [Theory]
    [InlineData("""{"configMap": {"name": "settings"}}""", "ConfigMap/settings a,b c")]
    [InlineData("""{"configMap": {"name": "settings", "items": [{"key": "b", "path": "p"}, {"key": "c", "path": "q"}]}}""", "ConfigMap/settings b c")]
    [InlineData("""{"secret": {"secretName": "login"}}""", "Secret/login raw,text raw")]
    [InlineData("""{"secret": {"secretName": "login", "items": [{"key": "text", "path": "p"}]}}""", "Secret/login text ")]
    [InlineData("""{"projected": {"sources": [{"secret": {"name": "login", "items": [{"key": "raw", "path": "p"}]}}, {"configMap": {"name": "settings", "items": [{"key": "a", "path": "p"}]}}]}}""", "ConfigMap/settings a ; Secret/login raw raw")]
    [InlineData("""{"configMap": {"name": "absent"}}""", "")]
    [InlineData("""{"emptyDir": {}}""", "")]
    public void Volume_BringsWhatItsFilesComeFrom(string source, string told)
    {
        Volume volume = ResourceJson.Deserialize<Volume>(source) with { Name = "v" };
        Pod pod = new() { Metadata = new() { Namespace = "default", Name = "p" }, Spec = new() { Volumes = [volume], Containers = [new() { Name = "c" }] } };

        ValueList<EnvironmentContent> contents = EnvironmentContents.For([pod], Find);

        Assert.Equal(told, string.Join("; ", contents.Select(content => $"{content.Kind}/{content.Name} {Keys(content.Values)} {Keys(content.Bytes)}")));
        Assert.Equal(told.Contains("login", StringComparison.Ordinal), EnvironmentContents.Uses(pod, Login));
        Assert.Equal(told.Contains("settings", StringComparison.Ordinal), EnvironmentContents.Uses(pod, Settings));
    }

    private static string Keys(ValueMap<string> values) => string.Join(',', values.Keys.Order(StringComparer.Ordinal));

    private static Resource? Find(string kind, ObjectKey key) =>
        (kind, key.Name) == ("ConfigMap", "settings") ? Settings : (kind, key.Name) == ("Secret", "login") ? Login : null;
}
