using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Configs;

public sealed class ConfigRevisionsTests
{
    private static readonly Author Ann = new("ann", "kubectl/v1.36.0");
    private readonly TestWorld world = new() { StoresJson = true };

    [Fact]
    public void First_rollout_runs_with_immutable_copies_and_leaves_the_declared_template_alone()
    {
        PodTemplateSpec declared = Begin();

        ReplicaSet replicaSet = Assert.Single(world.ReplicaSets);
        EnvironmentReference[] references = [.. EnvironmentReference.Of(new Pod { Spec = replicaSet.Spec.Template.Spec })];
        ConfigMap map = Assert.Single(world.Configs.OfType<ConfigMap>(), config => config.Name != "settings");
        Secret secret = Assert.Single(world.Configs.OfType<Secret>(), config => config.Name != "login");
        Assert.Equal([map.Name, secret.Name, map.Name, secret.Name, map.Name], references.Select(reference => reference.Name));
        Assert.StartsWith("settings-", map.Name, StringComparison.Ordinal);
        Assert.Equal((true, "blue", "settings", world.Deployment!.Uid), (map.Immutable, map.Data["color"], map.Metadata.Annotations[ConfigRevisions.CopyOf], map.Metadata.Controller?.Uid));
        Assert.Equal((true, "cHc=", "example.com/login"), (secret.Immutable, secret.Data["password"], secret.Type));
        Assert.Equal(declared, world.Deployment.Spec.Template);
        Assert.Equal(3, world.AvailablePods);
    }

    [Fact]
    public void Other_content_rolls_and_the_same_content_does_not()
    {
        Begin();
        string first = Assert.Single(world.ReplicaSets).Name;

        world.StoreConfig(Settings("blue") with { Metadata = Settings("blue").Metadata with { Labels = ValueMap.Of(("touched", "yes")) } });
        Assert.Empty(world.Pass().Writes);

        world.StoreConfig(Settings("green"));
        world.Settle();

        ReplicaSet second = Assert.Single(world.ReplicaSets, item => item.Name != first);
        Assert.Equal((3, 0), (world.ActivePodsOf(second).Count(), world.ActivePodsOf(world.ReplicaSets.Single(item => item.Name == first)).Count()));
        Assert.Equal(["blue", "green"], world.Configs.OfType<ConfigMap>().Where(map => map.Name != "settings").Select(map => map.Data["color"]!).Order());
        Assert.Equal("2", second.Metadata.Annotations["deployment.kubernetes.io/revision"]);
    }

    [Fact]
    public void A_revision_of_other_content_is_on_record_with_its_cause()
    {
        Begin();
        world.Now = world.Now.AddSeconds(60);
        world.StoreConfig(Settings("green"));
        world.Settle();

        Assert.Equal([("ann", 1L, "Complete"), ("system:reconciler", 2L, "Complete")], world.Records.Select(record => (record.Spec.StartedBy, record.Status!.Revision!.Value, record.Status.Outcome!)));
        Assert.Equal("content of configmap/settings", world.Records[1].Spec.Change);
        ReplicaSet newest = world.ReplicaSets.Single(item => item.Metadata.Annotations["deployment.kubernetes.io/revision"] == "2");
        Assert.Equal("content of configmap/settings, by system:reconciler", newest.Metadata.Annotations["kubernetes.io/change-cause"]);
    }

    /// <summary>What <c>kubectl rollout undo</c> sends is the old ReplicaSet's template.</summary>
    [Fact]
    public void Rollback_brings_the_old_content_back_and_another_apply_the_new_one()
    {
        PodTemplateSpec declared = Begin();
        ReplicaSet first = Assert.Single(world.ReplicaSets);
        world.StoreConfig(Settings("green"));
        world.Settle();

        ActionOutcome.Done back = Assert.IsType<ActionOutcome.Done>(
            RolloutActions.Apply(new RolloutAction.Rollback(0), world.Snapshot().Deployment!, world.ReplicaSets, world.Now, state: null));
        world.Change(_ => world.Snapshot().Configured!.Restored(back.Deployment));
        world.Settle();
        Assert.Equal(3, world.ActivePodsOf(world.ReplicaSets.Single(item => item.Name == first.Name)).Count());
        Assert.Equal("blue", ColorOf(world.Deployment!.Spec.Template));

        world.Change(deployment => deployment with { Spec = deployment.Spec with { Template = declared } });
        world.Settle();
        Assert.Empty(world.ActivePodsOf(world.ReplicaSets.Single(item => item.Name == first.Name)));
    }

    [Fact]
    public void A_content_that_fails_its_trial_is_rolled_back_to_the_old_one()
    {
        Begin(progressDeadline: 20);
        ReplicaSet first = Assert.Single(world.ReplicaSets);
        world.StoreConfig(Settings("broken"));
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(30);
        world.PassUntilQuiet();
        world.EndTerminating();
        world.PassUntilQuiet();

        Assert.Equal(3, world.ActivePodsOf(world.ReplicaSets.Single(item => item.Name == first.Name)).Count());
        Assert.Equal("ProgressDeadlineExceeded", world.Condition("Progressing").Reason);
    }

    [Fact]
    public void Something_deleted_keeps_the_content_that_was_rolled_out_last()
    {
        Begin();
        world.StoreConfig(Settings("green"));
        world.Settle();

        world.RemoveConfig("ConfigMap", "settings");

        Assert.Empty(world.Pass().Writes);
    }

    [Fact]
    public void Something_that_was_never_there_is_asked_for_by_its_own_name()
    {
        Begin(before: () => world.RemoveConfig("ConfigMap", "settings"));

        Assert.Contains(EnvironmentReference.Of(new Pod { Spec = Assert.Single(world.ReplicaSets).Spec.Template.Spec }), reference => reference is { Kind: "ConfigMap", Name: "settings" });
    }

    [Fact]
    public void Copies_go_with_the_last_revision_that_refers_to_them()
    {
        Begin(historyLimit: 1);
        foreach (string color in new[] { "green", "red", "white" })
        {
            world.StoreConfig(Settings(color));
            world.Settle();
        }

        Assert.Equal(["red", "white"], world.Configs.OfType<ConfigMap>().Where(map => map.Name != "settings").Select(map => map.Data["color"]!).Order());
        Assert.Single(world.Configs.OfType<Secret>(), secret => secret.Name != "login");
    }

    [Fact]
    public void Without_the_annotation_nothing_is_copied_and_nothing_rolls_and_taking_it_away_ends_the_copies()
    {
        Begin(isOn: false);
        world.StoreConfig(Settings("green"));
        Assert.Empty(world.Pass().Writes);
        Assert.Equal(["login", "settings"], world.Configs.Select(config => config.Name));

        world.Change(deployment => deployment with { Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(ConfigRevisions.Annotation, "true") } });
        world.Settle();
        Assert.Equal(4, world.Configs.Count);
        world.Change(deployment => deployment with
        {
            Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.Remove(ConfigRevisions.Annotation) },
            Spec = deployment.Spec with { RevisionHistoryLimit = 0 },
        });
        world.Settle();
        Assert.Equal(["login", "settings"], world.Configs.Select(config => config.Name));
    }

    [Fact]
    public void A_name_that_another_object_has_already_is_not_taken()
    {
        Begin(isOn: false);
        ConfiguredDeployment first = ConfigRevisions.Of(On(world.Deployment!), [], world.FindConfig)!;
        world.StoreConfig(Settings("foreign") with { Metadata = new ObjectMeta { Name = first.Copies[0].Name, Namespace = TestWorld.Namespace, Uid = "foreign" } });

        ConfiguredDeployment second = ConfigRevisions.Of(On(world.Deployment!), [], world.FindConfig)!;

        Assert.NotEqual(first.Copies[0].Name, second.Copies[0].Name);
        Assert.Equal(first.Copies[1], second.Copies[1]);
    }

    /// <summary>What runs is found by the template as it is rolled out, not as it is declared.</summary>
    [Fact]
    public void A_promotion_carries_the_revision_that_runs()
    {
        Begin();
        Deployment target = Make.Deployment() with { Metadata = new ObjectMeta { Name = "hello", Namespace = "production", Uid = "target-uid" } };
        PromotionOptions options = new() { ToNamespace = "production", AllowTags = true };

        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(Promotions.Apply(world.Snapshot().Deployment!, world.ReplicaSets, options, target));

        Assert.Equal(1, done.Revision);
        Assert.IsType<ActionOutcome.NotNow>(Promotions.Apply(world.Deployment!, world.ReplicaSets, options, target));
    }

    [Fact]
    public void A_copy_is_made_from_what_was_read_or_not_at_all()
    {
        world.StoreConfig(Settings("blue"));
        world.StoreConfig(Login);
        world.Store(On(Declared()));

        Plan plan = world.Plan();

        Assert.Contains(plan.Preconditions, precondition => precondition is Precondition.DesiredUnchanged { Key.Name: "settings" });
        Assert.Contains(plan.Preconditions, precondition => precondition is Precondition.DesiredUnchanged { Key.Name: "login" });
    }

    private static Secret Login => new()
    {
        ApiVersion = "v1",
        Kind = "Secret",
        Type = "example.com/login",
        Data = ValueMap.Of(("password", "cHc=")),
        Metadata = new ObjectMeta { Name = "login", Namespace = TestWorld.Namespace, Uid = "login-uid" },
    };

    private static ConfigMap Settings(string color) => new()
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Data = ValueMap.Of(("color", color)),
        Metadata = new ObjectMeta { Name = "settings", Namespace = TestWorld.Namespace, Uid = "settings-uid" },
    };

    private static Deployment On(Deployment deployment) =>
        deployment with { Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(ConfigRevisions.Annotation, "true") } };

    /// <summary>Refers to both in each of the ways in which a pod can.</summary>
    private static Deployment Declared()
    {
        Deployment deployment = Make.Deployment(replicas: 3);
        PodSpec spec = deployment.Spec.Template.Spec;
        return deployment with
        {
            Spec = deployment.Spec with
            {
                Template = deployment.Spec.Template with
                {
                    Spec = spec with
                    {
                        Containers =
                        [
                            spec.Containers[0] with
                            {
                                EnvFrom = [new EnvFromSource { ConfigMapRef = new ConfigMapEnvSource { Name = "settings" } }],
                                Env = [new EnvVar { Name = "PASSWORD", ValueFrom = new EnvVarSource { SecretKeyRef = new SecretKeySelector { Name = "login", Key = "password" } } }],
                            },
                        ],
                        Volumes =
                        [
                            new Volume { Name = "a", ConfigMap = new ConfigMapVolumeSource { Name = "settings" } },
                            new Volume { Name = "b", Secret = new SecretVolumeSource { SecretName = "login" } },
                            new Volume { Name = "c", Projected = new ProjectedVolumeSource { Sources = [new VolumeProjection { ConfigMap = new ConfigMapProjection { Name = "settings" } }] } },
                        ],
                    },
                },
            },
        };
    }

    private PodTemplateSpec Begin(bool isOn = true, int? progressDeadline = null, int? historyLimit = null, Action? before = null)
    {
        world.StoreConfig(Settings("blue"));
        world.StoreConfig(Login);
        before?.Invoke();
        Deployment deployment = Declared();
        deployment = deployment with
        {
            Spec = deployment.Spec with
            {
                ProgressDeadlineSeconds = progressDeadline ?? deployment.Spec.ProgressDeadlineSeconds,
                RevisionHistoryLimit = historyLimit ?? deployment.Spec.RevisionHistoryLimit,
            },
        };
        world.Store(isOn ? On(deployment) : deployment);
        world.Record(before: null, Ann);
        world.Settle();
        return world.Deployment!.Spec.Template;
    }

    private string? ColorOf(PodTemplateSpec template) =>
        EnvironmentReference.Of(new Pod { Spec = template.Spec }).Where(reference => reference.Kind == "ConfigMap").Select(reference => ((ConfigMap)world.FindConfig("ConfigMap", reference.Name)!).Data["color"]).First();
}
