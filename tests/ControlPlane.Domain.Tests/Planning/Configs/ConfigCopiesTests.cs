using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Configs;

/// <summary>The copies themselves: what they are named, what is in them, whose they are, and when they go.</summary>
public sealed class ConfigCopiesTests
{
    private readonly TestWorld world = new();

    [Fact]
    public void ACopy_HoldsAllOfTheContent_AndIsTheDeployments()
    {
        ConfigMap settings = Map("settings", "blue") with { BinaryData = ValueMap.Of(("logo", "aGk=")) };
        world.StoreConfig(settings);
        world.Store(Referring("settings"));

        Write.Create made = Assert.Single(world.Plan().Writes.OfType<Write.Create>(), write => write.Object is ConfigMap);

        ConfigMap copy = (ConfigMap)made.Object;
        Assert.Equal(("v1", "ConfigMap", true), (copy.ApiVersion, copy.Kind, copy.Immutable));
        Assert.Equal((settings.Data, settings.BinaryData), (copy.Data, copy.BinaryData));
        Assert.Equal((TestWorld.Namespace, (DateTimeOffset?)world.Now), (copy.Namespace, copy.Metadata.CreationTimestamp));
        Assert.NotEmpty(copy.Uid);
        OwnerReference owner = Assert.Single(copy.Metadata.OwnerReferences);
        Assert.Equal((world.Deployment!.Uid, true, null), (owner.Uid, owner.Controller, owner.BlockOwnerDeletion));
    }

    /// <summary>A name has at most 253 characters, the hash's among them.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(240)]
    [InlineData(253)]
    public void ACopysName_IsAtMostAsLongAsANameMayBe(int length)
    {
        string name = new('s', length);
        world.StoreConfig(Map(name, "blue"));

        string copy = Assert.Single(ConfigRevisions.Of(Referring(name), [], world.FindConfig)!.Copies).Name;

        string hash = copy[(copy.LastIndexOf('-') + 1)..];
        Assert.Equal($"{name[..Math.Min(length, 253 - hash.Length - 1)]}-{hash}", copy);
        Assert.InRange(hash.Length, 5, 10);
    }

    /// <summary>Of one name and content, but of two kinds, or of two Deployments: each has its own.</summary>
    [Fact]
    public void Copies_OfOtherKindsAndForOthers_HaveOtherNames()
    {
        world.StoreConfig(Map("settings", "blue"));
        Deployment deployment = Referring("settings");
        Deployment another = deployment with { Metadata = deployment.Metadata with { Uid = "another-uid" } };

        Assert.NotEqual(ConfigRevisions.Of(deployment, [], world.FindConfig)!.Copies[0].Name, ConfigRevisions.Of(another, [], world.FindConfig)!.Copies[0].Name);
    }

    [Fact]
    public void AReferenceToACopy_StaysAsItIs_UnlessItIsAnothers()
    {
        Deployment deployment = Referring("settings-copied");
        ConfigMap copy = Map("settings-copied", "blue") with
        {
            Metadata = new ObjectMeta
            {
                Name = "settings-copied",
                Namespace = TestWorld.Namespace,
                Uid = "copy-uid",
                Annotations = ValueMap.Of((ConfigRevisions.CopyOf, "settings")),
                OwnerReferences = [Make.Owner("Deployment", deployment)],
            },
        };
        world.StoreConfig(copy);
        Assert.Equal((deployment, 0), ConfigRevisions.Of(deployment, [], world.FindConfig) is { } own ? (own.Effective, own.Copies.Count) : default);

        world.StoreConfig(copy with { Metadata = copy.Metadata with { OwnerReferences = [Make.Owner("Deployment", deployment) with { Uid = "another" }] } });
        Assert.Single(ConfigRevisions.Of(deployment, [], world.FindConfig)!.Copies);

        world.StoreConfig(copy with { Metadata = copy.Metadata with { Annotations = default } });
        Assert.Single(ConfigRevisions.Of(deployment, [], world.FindConfig)!.Copies);
    }

    /// <summary>Several in one template: by kind, then by name, each once however often it is referred to.</summary>
    [Fact]
    public void Copies_AreInOrder_AndAChangeNamesThoseThatAreOthers()
    {
        foreach (string name in new[] { "b", "a" })
        {
            world.StoreConfig(Map(name, "blue"));
        }

        Deployment deployment = Referring("b", "a", "b");
        ConfiguredDeployment first = ConfigRevisions.Of(deployment, [], world.FindConfig)!;
        Assert.Equal(["a", "b"], first.Copies.Select(copy => copy.Source.Name));
        Assert.Equal("", first.ChangeSince(first.Effective.Spec.Template));
        Assert.Equal("content of configmap/a, configmap/b", first.ChangeSince(deployment.Spec.Template));

        world.StoreConfig(Map("b", "green"));
        ConfiguredDeployment second = ConfigRevisions.Of(deployment, [], world.FindConfig)!;
        Assert.Equal("content of configmap/b", second.ChangeSince(first.Effective.Spec.Template));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("True", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void TheAnnotation_IsTrueOrNothing(string? value, bool isOn)
    {
        Deployment deployment = Referring("settings");
        ValueMap<string> annotations = value is null ? default : ValueMap.Of((ConfigRevisions.Annotation, value));
        deployment = deployment with { Metadata = deployment.Metadata with { Annotations = annotations } };

        Assert.Equal(isOn, ConfigRevisions.AreOn(deployment));
        Assert.Equal(isOn, ConfigRevisions.Of(deployment, [], world.FindConfig) is not null);
    }

    /// <summary>Nobody refers to a copy any more: it goes at once, unless it is going already or a finalizer holds it; what only looks like one stays.</summary>
    [Theory]
    [InlineData("unused", true)]
    [InlineData("leaving", false)]
    [InlineData("held", false)]
    [InlineData("used", false)]
    [InlineData("declared", false)]
    public void ACopy_GoesWithTheLastReference(string state, bool goes)
    {
        ConfigMap copy = Map("copy", "blue");
        copy = copy with
        {
            Metadata = copy.Metadata with
            {
                DeletionTimestamp = state == "leaving" ? Make.Start : null,
                Finalizers = state == "held" ? ["example.com/hold"] : [],
            },
        };
        Deployment deployment = Referring(state == "declared" ? "copy" : "settings");
        world.Store(deployment);
        WorkloadSnapshot snapshot = world.Snapshot() with { ConfigCopies = [copy], Configured = null };

        PodTemplateSpec[] templates = state == "used" ? [Referring("copy").Spec.Template] : [];
        Write[] writes = [.. ConfigRevisions.Writes(snapshot, templates, new List<Resource>())];

        Assert.Equal(goes ? [Write.Remove.Of(copy)] : [], writes);
    }

    private static ConfigMap Map(string name, string color) => new()
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Data = ValueMap.Of(("color", color)),
        Metadata = new ObjectMeta { Name = name, Namespace = TestWorld.Namespace, Uid = name + "-uid" },
    };

    private static Deployment Referring(params string[] maps)
    {
        Deployment deployment = Make.Deployment(replicas: 1);
        PodSpec spec = deployment.Spec.Template.Spec;
        spec = spec with { Containers = [spec.Containers[0] with { EnvFrom = [.. maps.Select(map => new EnvFromSource { ConfigMapRef = new ConfigMapEnvSource { Name = map } })] }] };
        return deployment with
        {
            Metadata = deployment.Metadata with { Annotations = ValueMap.Of((ConfigRevisions.Annotation, "true")) },
            Spec = deployment.Spec with { Template = deployment.Spec.Template with { Spec = spec } },
        };
    }
}
