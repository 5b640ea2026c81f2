using System.Globalization;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Tests.Planning.Quotas;
using CsCheck;

namespace ControlPlane.Domain.Tests.Planning.Oracle;

/// <summary>
/// The planners and <see cref="KubernetesModel"/> go through the same random story, told by users (images, replicas, bounds, pauses) and by the cluster
/// (pods get ready, fail, vanish; a quota leaves room or none; time passes). After each pass of the planners and turn of the model they must agree in every number they show, and come to
/// rest together. Rollback on failure, which Kubernetes doesn't have, is turned off.
/// </summary>
[Trait(RunLength.Trait, RunLength.Long)]
public sealed class OracleTests
{
    private static readonly int Stories = RunLength.Of(quick: 150, usual: 5_000, whenLong: 200_000);

    private static readonly Gen<string> Allowance = Gen.OneOf(
        Gen.Int[0, 4].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        Gen.Int[0, 4].Select(quarters => $"{quarters * 25}%"));

    private static readonly Gen<ModelSpec> Beginnings = Gen.Select(
        Gen.Int[0, 10], Gen.Int[0, 3], Allowance, Allowance, Gen.Int[-1, 2], Gen.Bool,
        (replicas, strategy, surge, unavailable, limit, hasDeadline) => new ModelSpec
        {
            Replicas = replicas,
            Recreate = strategy == 0,
            MaxSurge = surge,
            MaxUnavailable = unavailable,
            HistoryLimit = limit < 0 ? null : limit,
            DeadlineSeconds = hasDeadline ? 600 : null,
        });

    private static readonly Gen<int> Count = Gen.Int[1, 6];

    private static readonly Gen<string> Image = Gen.Int[1, 4].Select(version => $"hello:{version}");

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (3, Image.Select<string, Step>(image => new Step.Declare(spec => spec with { Image = image }, $"image {image}"))),
        (1, Gen.Const<Step>(new Step.Declare(spec => spec with { Image = ModelSpec.Unstorable }, "an image without a name"))),
        (3, Gen.Int[0, 12].Select<int, Step>(replicas => new Step.Declare(spec => spec with { Replicas = replicas }, $"replicas {replicas}"))),
        (1, Gen.Select(Allowance, Allowance).Select<(string, string), Step>(both =>
            new Step.Declare(spec => spec with { MaxSurge = both.Item1, MaxUnavailable = both.Item2 }, $"surge {both.Item1}, unavailable {both.Item2}"))),
        (1, Gen.Bool.Select<bool, Step>(recreate => new Step.Declare(spec => spec with { Recreate = recreate }, recreate ? "recreate" : "rolling update"))),
        (1, Gen.Bool.Select<bool, Step>(slow => new Step.Declare(spec => spec with { MinReadySeconds = slow ? ModelSpec.Long : 0 }, slow ? "available after a while" : "available at once"))),
        (1, Gen.Int[0, 8].Select<int, Step>(revision => new Step.Declare(spec => spec with { RollbackTo = revision }, $"back to {revision}"))),
        (1, Image.Select<string, Step>(image => new Step.TakeName(image))),
        (1, Gen.Int[-1, 14].Select<int, Step>(pods => new Step.Limit(pods < 0 ? null : pods))),
        (1, Gen.Bool.Select<bool, Step>(paused => new Step.Declare(spec => spec with { Paused = paused }, paused ? "pause" : "resume"))),
        (6, Gen.Select(Image, Count).Select<(string, int), Step>(which => new Step.GetReady(which.Item1, which.Item2))),
        (2, Gen.Select(Image, Count).Select<(string, int), Step>(which => new Step.Fail(which.Item1, which.Item2))),
        (1, Gen.Select(Image, Count).Select<(string, int), Step>(which => new Step.Vanish(which.Item1, which.Item2))),
        (3, Gen.Const<Step>(new Step.EndTerminating())),
        (4, Gen.OneOf(Gen.Const(100), Gen.Const(200), Gen.Const(600)).Select<int, Step>(seconds => new Step.Wait(seconds))));

    [Fact]
    public void Planners_and_the_naive_model_tell_every_story_alike() =>
        Gen.Select(Beginnings, Steps.Array[1, 40]).Sample(
            (beginning, steps) =>
            {
                Pair pair = new(beginning, new ModelDeviations());
                pair.Compare("the beginning");
                foreach (Step step in steps)
                {
                    pair.Take(step);
                    pair.Compare(step.ToString());
                }
            },
            iter: Stories,
            print: story => $"{story.Item1}\n{string.Join('\n', story.Item2.Select(step => step.ToString()))}");

    /// <summary>By name: a story in which Kubernetes goes another way than the planners, and comes to rest elsewhere where the switch does not say otherwise; the model tells it too with its switch on.</summary>
    public static TheoryData<string> Deviations { get; } = new(Differing.Keys);

    private static Dictionary<string, (ModelDeviations Off, ModelSpec Beginning, Step[] Steps)> Differing => new()
    {
        [nameof(ModelDeviations.RecreateHoldsTheNewOne)] = (
            new ModelDeviations { RecreateHoldsTheNewOne = false },
            new ModelSpec { Replicas = 3, MaxSurge = "1", MaxUnavailable = "0" },
            [
                new Step.GetReady("hello:1", 3), new Step.Wait(100), Declare(spec => spec with { Image = "hello:2" }), new Step.GetReady("hello:2", 1), new Step.Wait(100),
                Declare(spec => spec with { Recreate = true }), new Step.Vanish("hello:2", 1),
            ]),
        [nameof(ModelDeviations.RecreateGoesOnWhenScaled)] = (
            new ModelDeviations { RecreateGoesOnWhenScaled = false },
            new ModelSpec { Replicas = 3, MaxSurge = "1", MaxUnavailable = "0" },
            [new Step.GetReady("hello:1", 3), new Step.Wait(100), Declare(spec => spec with { Image = "hello:2" }), Declare(spec => spec with { Recreate = true, Replicas = 4 })]),
        [nameof(ModelDeviations.OneAloneIsOnRecord)] = (
            new ModelDeviations { OneAloneIsOnRecord = false }, new ModelSpec { Replicas = 3 }, [Declare(spec => spec with { Paused = true }), Declare(spec => spec with { MaxSurge = "2" })]),
        [nameof(ModelDeviations.TerminatingPodsKeepHistory)] = (
            new ModelDeviations { TerminatingPodsKeepHistory = false },
            new ModelSpec { Replicas = 1, MaxSurge = "1", MaxUnavailable = "0", HistoryLimit = 0 },
            [new Step.GetReady("hello:1", 1), new Step.Wait(100), Declare(spec => spec with { Image = "hello:2" }), new Step.GetReady("hello:2", 1), new Step.Wait(100)]),
        [nameof(ModelDeviations.DeclaredAgainStartsTheClock)] = (
            new ModelDeviations { DeclaredAgainStartsTheClock = false },
            new ModelSpec { Replicas = 1, Recreate = true, DeadlineSeconds = 600 },
            [
                new Step.GetReady("hello:1", 1), new Step.Wait(100), Declare(spec => spec with { Image = "hello:2" }), new Step.EndTerminating(), new Step.GetReady("hello:2", 1), new Step.Wait(100),
                Declare(spec => spec with { Image = "hello:1" }),
            ]),
        [nameof(ModelDeviations.RollbackMakesNoReplicaSet)] = (
            new ModelDeviations { RollbackMakesNoReplicaSet = false },
            new ModelSpec { Replicas = 2 },
            [new Step.GetReady("hello:1", 2), Declare(spec => spec with { Paused = true, Image = "hello:2", RollbackTo = 1 }), Declare(spec => spec with { Paused = false })]),
        [nameof(ModelDeviations.EachNewOneStartsTheClock)] = (
            new ModelDeviations { EachNewOneStartsTheClock = false },
            new ModelSpec { Replicas = 1, MaxSurge = "1", MaxUnavailable = "0", DeadlineSeconds = 600 },
            [
                new Step.GetReady("hello:1", 1), new Step.Wait(100), new Step.Limit(1), Declare(spec => spec with { Image = "hello:2" }), new Step.Wait(100),
                Declare(spec => spec with { Image = "hello:3" }),
            ]),
        [nameof(ModelDeviations.FailureIsShownWhileHeld)] = (
            new ModelDeviations { FailureIsShownWhileHeld = false },
            new ModelSpec { Replicas = 2 },
            [new Step.GetReady("hello:1", 2), Declare(spec => spec with { Paused = true }), new Step.Limit(2), Declare(spec => spec with { Replicas = 3 })]),
        [nameof(ModelDeviations.StepsAreTakenTogether)] = (
            new ModelDeviations { StepsAreTakenTogether = false },
            new ModelSpec { Replicas = 4, MaxSurge = "1", MaxUnavailable = "1" },
            [new Step.GetReady("hello:1", 4), new Step.Wait(100), Declare(spec => spec with { Image = "hello:2" })]),
    };

    [Theory]
    [MemberData(nameof(Deviations))]
    public void A_deviation_makes_the_difference_that_it_names(string name)
    {
        (ModelDeviations off, ModelSpec beginning, Step[] steps) = Differing[name];

        Assert.Equal((true, true), Agreement(beginning, steps, new ModelDeviations()));
        Assert.Equal((false, name == nameof(ModelDeviations.StepsAreTakenTogether)), Agreement(beginning, steps, off));
    }

    /// <summary>Whether both tell the same after every turn, and when they have come to rest after the last step.</summary>
    private static (bool OnTheWay, bool AtRest) Agreement(ModelSpec beginning, Step[] steps, ModelDeviations deviations)
    {
        Pair pair = new(beginning, deviations);
        bool onTheWay = true;
        void Look() => onTheWay &= pair.Agree;
        pair.Rest(Look);
        foreach (Step step in steps)
        {
            pair.Take(step);
            pair.Rest(Look);
        }

        return (onTheWay, pair.Agree);
    }

    private static Step.Declare Declare(Func<ModelSpec, ModelSpec> change) => new(change, "a change");

    /// <summary>One thing that happens.</summary>
    private abstract record Step
    {
        public sealed record Declare(Func<ModelSpec, ModelSpec> Change, string Text) : Step
        {
            public override string ToString() => Text;
        }

        public sealed record GetReady(string Image, int Pods) : Step;

        public sealed record Fail(string Image, int Pods) : Step;

        public sealed record Vanish(string Image, int Pods) : Step;

        public sealed record EndTerminating : Step;

        public sealed record Wait(int Seconds) : Step;

        /// <summary>A quota of so many pods, or none.</summary>
        public sealed record Limit(int? Pods) : Step;

        /// <summary>The name that an image's ReplicaSet would have now is taken by another's.</summary>
        public sealed record TakeName(string Image) : Step;
    }

    /// <summary>The same world twice.</summary>
    private sealed class Pair
    {
        /// <summary>Turns within which every world must come to rest.</summary>
        private const int TurnsMax = 100;

        private readonly TestWorld world = new() { Nodes = ["node-1"] };
        private readonly KubernetesModel model;

        public Pair(ModelSpec beginning, ModelDeviations deviations)
        {
            model = new KubernetesModel(beginning, deviations) { Now = world.Now };
            Deployment deployment = Make.Deployment(
                strategy: beginning.Recreate ? "Recreate" : "RollingUpdate",
                minReadySeconds: beginning.MinReadySeconds,
                progressDeadlineSeconds: beginning.DeadlineSeconds,
                revisionHistoryLimit: beginning.HistoryLimit);
            world.Store(deployment);
            world.Policies.Add(Make.Policy(rollbackOnFailure: false));
            Declare();
            world.Store(world.Deployment! with { Metadata = world.Deployment.Metadata with { Generation = model.Generation } });
        }

        public void Take(Step step)
        {
            model.Now = world.Now = world.Now.AddSeconds(1);
            switch (step)
            {
                case Step.Declare declare:
                    model.Declare(declare.Change(model.Spec));
                    Declare();
                    break;
                case Step.TakeName taken:
                    model.TakenNames.Add((taken.Image, model.Collisions));
                    world.TakenNames.Add($"hello-{Templates.Hash(Make.WithImage(world.Deployment!.Spec.Template, taken.Image), world.Status.CollisionCount)}");
                    break;
                case Step.Limit limit:
                    model.PodsMax = limit.Pods;
                    world.Quota = limit.Pods is { } most ? QuotaAccountingTests.Quota("few", ("pods", $"{most}")) : null;
                    break;
                case Step.GetReady ready:
                    Turn(ready.Image, ready.Pods, ModelPod.NotReady, ModelPod.Ready, pod => Make.Ready(pod, world.Now));
                    break;
                case Step.Fail fail:
                    Turn(fail.Image, fail.Pods, ModelPod.Settled, ModelPod.NotReady, pod => Make.NotReady(pod, world.Now));
                    break;
                case Step.Vanish vanish:
                    Turn(vanish.Image, vanish.Pods, ModelPod.Settled, null, null);
                    break;
                case Step.EndTerminating:
                    world.EndTerminating();
                    foreach (ModelReplicaSet replicaSet in model.ReplicaSets)
                    {
                        replicaSet.Terminating = 0;
                    }

                    break;
                case Step.Wait wait:
                    Wait(wait.Seconds);
                    break;
            }
        }

        /// <summary>Whether both tell the same now.</summary>
        public bool Agree => Both is var (model, planners) && model == planners;

        private (string Model, string Planners) Both => (Told(model), Told(world));

        /// <summary>Lets both come to rest, and holds one against the other on the way.</summary>
        public void Compare(string after)
        {
            int turns = 0;
            Rest(() =>
            {
                turns++;
                (string model, string planners) = Both;
                if (model != planners)
                {
                    Assert.Fail($"{turns} turns after {after}\nmodel:    {model}\nplanners: {planners}");
                }
            });
        }

        /// <summary>A pass and a turn each, until both change nothing.</summary>
        public void Rest(Action eachTurn)
        {
            string before = model.ToString();
            for (int turns = 0; turns < TurnsMax; turns++)
            {
                bool isQuiet = world.Pass().Writes.IsEmpty;
                model.Turn();
                eachTurn();
                string now = model.ToString();
                if (isQuiet && now == before)
                {
                    return;
                }

                before = now;
            }

            Assert.Fail($"no rest\nmodel:    {Told(model)}\nplanners: {Told(world)}");
        }

        private void Declare() => world.Change(deployment => deployment with
        {
            Metadata = model.Spec.RollbackTo is { } revision
                ? deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(Rollback.Annotation, $"{revision}") }
                : deployment.Metadata,
            Spec = deployment.Spec with
            {
                MinReadySeconds = model.Spec.MinReadySeconds == 0 ? null : model.Spec.MinReadySeconds,
                Replicas = model.Spec.Replicas,
                Paused = model.Spec.Paused ? true : null,
                Template = Make.WithImage(deployment.Spec.Template, model.Spec.Image),
                Strategy = model.Spec.Recreate ? new DeploymentStrategy { Type = "Recreate" } : new DeploymentStrategy
                {
                    Type = "RollingUpdate",
                    RollingUpdate = new RollingUpdateDeployment { MaxSurge = Allowed(model.Spec.MaxSurge), MaxUnavailable = Allowed(model.Spec.MaxUnavailable) },
                },
            },
        });

        private static IntOrString Allowed(string allowance) =>
            allowance.EndsWith('%') ? new IntOrString(allowance) : new IntOrString(int.Parse(allowance, CultureInfo.InvariantCulture));

        /// <summary>Some pods of an image go from one state to another, or away.</summary>
        private void Turn(string image, int count, ModelPod from, ModelPod? to, Func<Pod, Pod>? change)
        {
            if (model.Find(image) is not { } replicaSet)
            {
                return;
            }

            List<Pod> pods = [.. world.ActivePodsOf(world.ByImage(image)).Where(pod => StateOf(pod) == from).Take(count)];
            foreach (Pod pod in pods)
            {
                replicaSet.Pods.Remove(from);
                if (to is { } state)
                {
                    replicaSet.Pods.Add(state);
                    world.Store(change!(pod));
                }
                else
                {
                    world.RemovePod(pod.Name);
                }
            }
        }

        private void Wait(int seconds)
        {
            model.Now = world.Now = world.Now.AddSeconds(seconds);
            foreach (ModelReplicaSet replicaSet in model.ReplicaSets)
            {
                int ready = replicaSet.Pods.RemoveAll(pod => pod == ModelPod.Ready);
                replicaSet.Pods.AddRange(Enumerable.Repeat(ModelPod.Settled, ready));
            }
        }

        private ModelPod StateOf(Pod pod) => Make.IsAvailable(pod, ModelSpec.Long, world.Now) ? ModelPod.Settled
            : Make.IsReady(pod) ? ModelPod.Ready
            : ModelPod.NotReady;

        private static string Told(KubernetesModel model) => Lines(
            $"{model.Spec.Image} {model.Spec.RollbackTo} generation {model.Generation} ({model.ObservedGeneration}), {model.Collisions} collisions",
            model.Counts,
            model.Progress is { } progress ? $"{progress.Status} {progress.Reason} since {progress.MovedAt:T}" : "",
            $"{(model.IsAvailable == true ? "available" : "unavailable")}{(model.HasReplicaFailure ? ", ReplicaFailure" : "")}",
            model.ReplicaSets.Select(replicaSet => (replicaSet.Image, replicaSet.ToString())));

        private string Told(TestWorld told)
        {
            DeploymentStatus status = told.Status;
            Condition? progress = status.Conditions.FirstOrDefault(condition => condition.Type == "Progressing");
            Deployment deployment = told.Deployment!;
            return Lines(
                $"{deployment.Spec.Template.Spec.Containers[0].Image} {Rollback.Asked(deployment)} generation {deployment.Metadata.Generation} ({status.ObservedGeneration}), {status.CollisionCount ?? 0} collisions",
                new ModelCounts(
                    status.Replicas ?? 0, status.UpdatedReplicas ?? 0, status.ReadyReplicas ?? 0, status.AvailableReplicas ?? 0, status.UnavailableReplicas ?? 0, status.TerminatingReplicas ?? 0),
                progress is null ? "" : $"{progress.Status} {progress.Reason} since {progress.LastUpdateTime:T}",
                $"{(status.Conditions.Any(condition => condition is { Type: "Available", Status: "True" }) ? "available" : "unavailable")}{(status.Conditions.Any(condition => condition is { Type: "ReplicaFailure", Status: "True" }) ? ", ReplicaFailure" : "")}",
                told.ReplicaSets.Select(replicaSet => (ImageOf(replicaSet), Copy(told, replicaSet).ToString())));
        }

        private static string Lines(string declared, ModelCounts counts, string progress, string state, IEnumerable<(string Image, string Text)> replicaSets) =>
            $"{declared} {counts} {progress} {state}\n  {string.Join("\n  ", replicaSets.OrderBy(replicaSet => replicaSet.Image, StringComparer.Ordinal).Select(replicaSet => replicaSet.Text))}";

        private ModelReplicaSet Copy(TestWorld told, ReplicaSet replicaSet)
        {
            ModelReplicaSet copy = new(ImageOf(replicaSet), 0)
            {
                Replicas = replicaSet.Spec.Replicas ?? 1,
                Desired = Revisions.DesiredReplicas(replicaSet) ?? -1,
                Max = Revisions.MaxReplicas(replicaSet) ?? -1,
                Revision = Revisions.Of(replicaSet),
                History = replicaSet.Metadata.Annotations[Revisions.RevisionHistory] ?? "",
                MinReadySeconds = replicaSet.Spec.MinReadySeconds ?? 0,
                IsRefused = replicaSet.Status!.Conditions.Any(condition => condition is { Type: "ReplicaFailure", Status: "True" }),
                Counts = new ModelCounts(
                    replicaSet.Status.Replicas, 0, replicaSet.Status.ReadyReplicas ?? 0, replicaSet.Status.AvailableReplicas ?? 0, 0, replicaSet.Status.TerminatingReplicas ?? 0),
                Terminating = told.Pods.Count(pod => pod.Metadata.IsDeleting && pod.Metadata.Controller?.Uid == replicaSet.Uid),
            };
            copy.Pods.AddRange(told.ActivePodsOf(replicaSet).Select(StateOf));
            return copy;
        }

        private static string ImageOf(ReplicaSet replicaSet) => replicaSet.Spec.Template.Spec.Containers[0].Image!;
    }
}
