using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class VolumeRulesTests
{
    /// <summary>A volume as it is written, and as it is kept: written once more it is the same.</summary>
    [Theory]
    [InlineData("""{"name": "a"}""", """{"name":"a","emptyDir":{}}""")]
    [InlineData("""{"name": "a", "emptyDir": {"medium": ""}}""", """{"name":"a","emptyDir":{}}""")]
    [InlineData("""{"name": "a", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}""", """{"name":"a","emptyDir":{"medium":"Memory","sizeLimit":"64Mi"}}""")]
    [InlineData("""{"name": "a", "configMap": {"name": "b"}}""", """{"name":"a","configMap":{"name":"b","defaultMode":420}}""")]
    [InlineData("""{"name": "a", "secret": {"secretName": "b", "defaultMode": 256}}""", """{"name":"a","secret":{"secretName":"b","defaultMode":256}}""")]
    [InlineData("""{"name": "a", "hostPath": {"path": "/b"}}""", """{"name":"a","hostPath":{"path":"/b","type":""}}""")]
    [InlineData(
        """{"name": "a", "downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}}""",
        """{"name":"a","downwardAPI":{"items":[{"path":"l","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.labels"}}],"defaultMode":420}}""")]
    [InlineData(
        """{"name": "a", "projected": {"sources": [{"configMap": {"name": "b"}}, {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}}""",
        """{"name":"a","projected":{"sources":[{"configMap":{"name":"b"}},{"downwardAPI":{"items":[{"path":"n","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}]}}],"defaultMode":420}}""")]
    public void Volume_GetsKubernetesDefaults(string written, string kept)
    {
        Pod pod = WithDefaults(written);

        Assert.Equal(kept, ResourceJson.Serialize(pod.Spec.Volumes[0]));
        Assert.Equal(pod, ResourceRules.WithDefaults(pod));
        Assert.Empty(ResourceRules.ValidateCreate(pod));
    }

    /// <summary>A volume, the field that is wrong, and what is said of it.</summary>
    [Theory]
    [InlineData("""{"name": ""}""", "name", "Required value")]
    [InlineData("""{"name": "a", "configMap": {}}""", "configMap.name", "Required value")]
    [InlineData("""{"name": "a", "secret": {}}""", "secret.secretName", "Required value")]
    [InlineData("""{"name": "a", "secret": {"secretName": "b", "defaultMode": 512}}""", "secret.defaultMode", "Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive")]
    [InlineData("""{"name": "a", "configMap": {"name": "b"}, "emptyDir": {}}""", "configMap", "Forbidden: may not specify more than 1 volume type")]
    [InlineData("""{"name": "a", "configMap": {"name": "b", "items": [{"key": "", "path": "p"}]}}""", "configMap.items[0].key", "Required value")]
    [InlineData("""{"name": "a", "configMap": {"name": "b", "items": [{"key": "k"}]}}""", "configMap.items[0].path", "Required value")]
    [InlineData("""{"name": "a", "configMap": {"name": "b", "items": [{"key": "k", "path": "/p"}]}}""", "configMap.items[0].path", "Invalid value: \"/p\": must be a relative path")]
    [InlineData("""{"name": "a", "configMap": {"name": "b", "items": [{"key": "k", "path": "p/../../q"}]}}""", "configMap.items[0].path", "Invalid value: \"p/../../q\": must not contain '..'")]
    [InlineData("""{"name": "a", "configMap": {"name": "b", "items": [{"key": "k", "path": "..p"}]}}""", "configMap.items[0].path", "Invalid value: \"..p\": must not start with '..'")]
    [InlineData("""{"name": "a", "hostPath": {"path": ""}}""", "hostPath.path", "Required value")]
    [InlineData("""{"name": "a", "hostPath": {"path": "/a/../b"}}""", "hostPath.path", "Invalid value: \"/a/../b\": must not contain '..'")]
    [InlineData("""{"name": "a", "downwardAPI": {"items": [{"path": "p"}]}}""", "downwardAPI.items[0]", "Required value: one of fieldRef and resourceFieldRef is required")]
    [InlineData("""{"name": "a", "downwardAPI": {"items": [{"path": "p", "resourceFieldRef": {"resource": "limits.cpu"}}]}}""", "downwardAPI.items[0].resourceFieldRef.containerName", "Required value")]
    [InlineData("""{"name": "a", "downwardAPI": {"items": [{"path": "p", "resourceFieldRef": {"containerName": "web", "resource": "limits.cpu", "divisor": "2"}}]}}""", "downwardAPI.items[0].resourceFieldRef.divisor", "Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource")]
    [InlineData("""{"name": "a", "projected": {"sources": [{"secret": {"name": "b", "items": [{"key": "k", "path": "p"}]}}, {"configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}}]}}""", "projected.sources[1].configMap", "Invalid value: \"p\": conflicting duplicate paths")]
    [InlineData("""{"name": "a", "projected": {"sources": [{"secret": {"name": "b"}, "configMap": {"name": "c"}}]}}""", "projected.sources[0].configMap", "Forbidden: may not specify more than 1 volume type")]
    public void Volume_ThatIsWrong_IsRefusedAtItsField(string volume, string field, string message)
    {
        FieldError error = Assert.Single(ResourceRules.ValidateCreate(WithDefaults(volume)));

        Assert.Equal(($"spec.volumes[0].{field}", message), (error.Field, error.Message));
    }

    [Fact]
    public void HostPath_OfAnUnknownType_IsRefused() => Assert.StartsWith(
        "Unsupported value: \"Folder\": supported values: \"\", \"DirectoryOrCreate\", \"Directory\"",
        Assert.Single(ResourceRules.ValidateCreate(WithDefaults("""{"name": "a", "hostPath": {"path": "/b", "type": "Folder"}}"""))).Message,
        StringComparison.Ordinal);

    /// <summary>Mounts, the field that is wrong, and what is said of it.</summary>
    [Theory]
    [InlineData("""[{"mountPath": "/a"}]""", "[0].name", "Required value")]
    [InlineData("""[{"name": "b", "mountPath": "/a"}]""", "[0].name", "Not found: \"b\"")]
    [InlineData("""[{"name": "a"}]""", "[0].mountPath", "Required value")]
    [InlineData("""[{"name": "a", "mountPath": "/a:b"}]""", "[0].mountPath", "Invalid value: \"/a:b\": must not contain ':'")]
    [InlineData("""[{"name": "a", "mountPath": "b"}]""", "[0].mountPath", "Invalid value: \"b\": must be an absolute path")]
    [InlineData("""[{"name": "a", "mountPath": "/a"}, {"name": "a", "mountPath": "/a"}]""", "[1].mountPath", "Invalid value: \"/a\": must be unique")]
    [InlineData("""[{"name": "a", "mountPath": "/a", "subPath": "../b"}]""", "[0].subPath", "Invalid value: \"../b\": must not contain '..'")]
    [InlineData("""[{"name": "a", "mountPath": "/a", "subPath": "/b"}]""", "[0].subPath", "Invalid value: \"/b\": must be a relative path")]
    public void Mount_ThatIsWrong_IsRefusedAtItsField(string mounts, string field, string message)
    {
        Pod pod = (Pod)ResourceRules.WithDefaults(PodOf("""[{"name": "a", "configMap": {"name": "c"}}]""", mounts));

        FieldError error = Assert.Single(ResourceRules.ValidateCreate(pod));

        Assert.Equal(($"spec.containers[0].volumeMounts{field}", message), (error.Field, error.Message));
    }

    /// <summary>
    /// Who mounts what of one volume (<c>!</c> init container, <c>+</c> sidecar; <c>:ro</c> read-only; <c>$</c> an expression), and who could put a symbolic link where the container w mounts a part.
    /// </summary>
    [Theory]
    [InlineData("emptyDir", "w=a", null)]
    [InlineData("emptyDir", "w=a other=a", null)]
    [InlineData("emptyDir", "w=a/b other=a/b/c", "w")]
    [InlineData("emptyDir", "w=a other=b", null)]
    [InlineData("emptyDir", "w=a other=", "other")]
    [InlineData("emptyDir", "w=a other=:ro", null)]
    [InlineData("emptyDir", "w=a/b other=a", "other")]
    [InlineData("emptyDir", "w=a/b other=./a/", "other")]
    [InlineData("emptyDir", "w=a w=", null)]
    [InlineData("emptyDir", "!other= w=a", null)]
    [InlineData("emptyDir", "+other= w=a", "other")]
    [InlineData("emptyDir", "!other= +w=a", "other")]
    [InlineData("emptyDir", "!w=a other=", null)]
    [InlineData("emptyDir", "+other= !w=a", "other")]
    [InlineData("emptyDir", "w=$(P) other=$(P)", null)]
    [InlineData("emptyDir", "w=$(P)/b other=a", "other")]
    [InlineData("emptyDir", "w=a/b other=$(P)", "other")]
    [InlineData("emptyDir", "w=a/b other=c-$(P)/b", null)]
    [InlineData("hostPath", "w=a", null)]
    [InlineData("hostPath", "w=a other=b", null)]
    [InlineData("hostPath", "w=a w=", "w")]
    [InlineData("hostPath", "!other= w=a", "other")]
    public void Part_ThatAnotherContainerCouldRedirect_IsRefused(string source, string mounts, string? other)
    {
        Pod pod = PodOf($$"""[{"name": "v", "{{source}}": {{(source == "hostPath" ? """{"path": "/data"}""" : "{}")}} }]""", "[]");
        Dictionary<string, Container> made = [];
        foreach ((string word, int index) in mounts.Split(' ').Select((word, index) => (word, index)))
        {
            (string who, string path) = (word.Split('=')[0], word.Split('=')[1]);
            Container container = made.GetValueOrDefault(who) ?? new Container { Name = who.TrimStart('!', '+'), Image = "hello:1", RestartPolicy = who[0] == '+' ? "Always" : null };
            string part = path.Replace(":ro", "", StringComparison.Ordinal);
            bool isExpression = part.Contains('$', StringComparison.Ordinal);
            VolumeMount mount = new() { Name = "v", MountPath = $"/{index}", ReadOnly = path.EndsWith(":ro", StringComparison.Ordinal), SubPath = isExpression ? null : part, SubPathExpr = isExpression ? part : null };
            made[who] = container with { VolumeMounts = container.VolumeMounts.Add(mount) };
        }

        pod = pod with
        {
            Spec = pod.Spec with
            {
                InitContainers = [.. made.Where(entry => entry.Key[0] is '!' or '+').Select(entry => entry.Value)],
                Containers = [.. made.Where(entry => entry.Key[0] is not ('!' or '+')).Select(entry => entry.Value).DefaultIfEmpty(new Container { Name = "main", Image = "hello:1" })],
            },
        };
        IReadOnlyList<FieldError> errors = ResourceRules.ValidateCreate(ResourceRules.WithDefaults(pod));

        Assert.Equal(other is null ? 0 : 1, errors.Count);
        Assert.Contains(other is null ? "" : $"while the container {other}, which may run", errors.FirstOrDefault()?.Message ?? "", StringComparison.Ordinal);
    }

    /// <summary>Each part is a tmpfs of its own, so nothing may be seen in two of them.</summary>
    [Theory]
    [InlineData("""{"mountPath": "/a", "subPath": "a"}, {"mountPath": "/b", "subPath": "./a/"}, {"mountPath": "/c", "subPath": "b/c"}, {"mountPath": "/d", "subPath": "ab"}""")]
    [InlineData("""{"mountPath": "/a", "subPath": "a"}, {"mountPath": "/b"}""", 0)]
    [InlineData("""{"mountPath": "/a", "subPath": "a"}, {"mountPath": "/b", "readOnly": true, "subPath": ""}""", 0)]
    [InlineData("""{"mountPath": "/a", "subPath": "a/b"}, {"mountPath": "/b", "subPath": "a"}""", 0, 1)]
    [InlineData("""{"mountPath": "/a", "subPathExpr": "$(POD)"}""", 0)]
    [InlineData("""{"mountPath": "/a", "subPath": "a"}, {"mountPath": "/b", "subPathExpr": "$(POD)"}""", 1)]
    public void Part_OfAVolumeInMemory_HasNothingInCommonWithAnother(string mounts, params int[] refused)
    {
        Pod pod = PodOf("""[{"name": "v", "emptyDir": {"medium": "Memory"}}]""", $"[{mounts.Replace("\"mountPath\"", "\"name\": \"v\", \"mountPath\"", StringComparison.Ordinal)}]");

        IReadOnlyList<FieldError> errors = ResourceRules.ValidateCreate(ResourceRules.WithDefaults(pod));

        Assert.All(errors, error => Assert.Contains("a part of a volume in memory is not honoured", error.Message, StringComparison.Ordinal));
        Assert.Equal(refused.Select(index => $"spec.containers[0].volumeMounts[{index}]"), errors.Select(error => error.Field[..error.Field.LastIndexOf('.')]));
    }

    [Fact]
    public void Part_NamedTwice_IsRefused()
    {
        FieldError error = Assert.Single(ResourceRules.ValidateCreate(ResourceRules.WithDefaults(
            PodOf("""[{"name": "a", "emptyDir": {}}]""", """[{"name": "a", "mountPath": "/a", "subPath": "b", "subPathExpr": "$(C)"}]"""))));

        Assert.Equal(("spec.containers[0].volumeMounts[0].subPathExpr", "Invalid value: \"$(C)\": subPathExpr and subPath are mutually exclusive"), (error.Field, error.Message));
    }

    [Fact]
    public void Volumes_OfOneName_AreRefused()
    {
        FieldError error = Assert.Single(ResourceRules.ValidateCreate(ResourceRules.WithDefaults(PodOf("""[{"name": "a"}, {"name": "a"}]""", "[]"))));

        Assert.Equal(("spec.volumes[1].name", "Duplicate value: \"a\""), (error.Field, error.Message));
    }

    private static Pod WithDefaults(string volume) => (Pod)ResourceRules.WithDefaults(PodOf($"[{volume}]", "[]"));

    private static Pod PodOf(string volumes, string mounts) => new()
    {
        Metadata = Objects.Meta("hello"),
        Spec = ResourceJson.Deserialize<PodSpec>($$"""{"volumes": {{volumes}}, "containers": [{"name": "web", "image": "hello:1", "volumeMounts": {{mounts}} }] }"""),
    };
}
