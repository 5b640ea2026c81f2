using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class UpdateTests
{
    [Fact]
    public void Update_OfNothing_HasNothingWrong()
    {
        Resource[] objects = [Objects.Deployment(), Objects.ReplicaSet(), Objects.Pod(), new Secret { Metadata = Objects.Meta("login"), Immutable = true }];

        Assert.All(objects, item => Assert.Empty(Errors(item, item)));
    }

    [Fact]
    public void Selector_OfAWorkload_NeverChanges()
    {
        LabelSelector other = new() { MatchExpressions = [new() { Key = "app", Operator = "Exists" }] };

        FieldError[] errors =
        [
            .. Errors(Objects.Deployment(spec => spec with { Selector = other }), Objects.Deployment()),
            .. Errors(Objects.ReplicaSet(spec => spec with { Selector = other }), Objects.ReplicaSet()),
        ];

        Assert.Equal(["spec.selector", "spec.selector"], errors.Select(error => error.Field));
        Assert.All(errors, error => Assert.Contains("field is immutable", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Scopes_OfAQuota_NeverChange_AndTheirOrderMeansNothing()
    {
        ResourceQuota stored = new() { Metadata = Objects.Meta("q"), Spec = new() { Scopes = ["NotBestEffort", "Terminating"] } };

        Assert.Empty(Errors(stored with { Spec = new() { Scopes = ["Terminating", "NotBestEffort"] } }, stored));
        Assert.Equal("spec.scopes", Assert.Single(Errors(stored with { Spec = new() { Scopes = ["Terminating"] } }, stored)).Field);
    }

    [Fact]
    public void Pod_MayChangeItsImageAndGainAToleration()
    {
        Pod updated = Objects.Pod(spec => spec with
        {
            Containers = [spec.Containers[0] with { Image = "hello:2", ImagePullPolicy = "IfNotPresent" }],
            Tolerations = [new Toleration { Operator = "Exists" }],
        });

        Assert.Empty(Errors(updated, Objects.Pod()));
    }

    /// <summary>That is a binding's.</summary>
    [Fact]
    public void Pod_MayNotBeGivenToANode() => Assert.Equal("spec", Assert.Single(Errors(Objects.Pod(spec => spec with { NodeName = "node-1" }), Objects.Pod())).Field);

    [Fact]
    public void Pod_MayChangeNothingElse()
    {
        FieldError error = Assert.Single(Errors(Objects.PodOf(container => container with { Args = ["x"] }), Objects.Pod()));

        Assert.Equal("spec", error.Field);
        Assert.StartsWith("Forbidden: pod updates may not change fields other than `spec.containers[*].image`", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pod_MayChangeTheImagesOfItsInitContainersAndNeitherAddNorRemoveOne()
    {
        Pod With(params string[] images) =>
            Objects.Pod(spec => spec with { InitContainers = [.. images.Select((image, index) => new Container { Name = $"init{index}", Image = image, ImagePullPolicy = "Always" })] });

        Assert.Empty(Errors(With("hello:2"), With("hello:1")));
        FieldError error = Assert.Single(Errors(With("hello:1", "hello:1"), With("hello:1")));
        Assert.Equal(("spec.initContainers", "Forbidden: pod updates may not add or remove containers"), (error.Field, error.Message));
    }

    [Fact]
    public void Pod_KeepsItsAccount()
    {
        Pod robot = Objects.Pod(spec => spec with { ServiceAccountName = "robot" });

        Assert.Equal("spec", Assert.Single(Errors(Objects.Pod(), robot)).Field);
        Assert.Empty(Errors(robot, robot));
    }

    /// <summary>A pod that was stored before pods had accounts gets the default one with its next change, whatever that is.</summary>
    [Fact]
    public void Pod_ThatWasStoredWithoutAnAccount_MayGetTheDefaultOne()
    {
        Pod complete = (Pod)ResourceRules.WithDefaults(Objects.Pod());
        Pod stored = complete with { Spec = complete.Spec with { ServiceAccountName = null, ServiceAccount = null } };

        Assert.Empty(ResourceRules.ValidateUpdate(complete, stored));
    }

    [Fact]
    public void Pod_OnceBound_StaysOnItsNode() => Assert.Equal(
        "spec.nodeName",
        Assert.Single(Errors(Objects.Pod(spec => spec with { NodeName = "b" }), Objects.Pod(spec => spec with { NodeName = "a" }))).Field);

    [Fact]
    public void Pod_LosesNoToleration() => Assert.Equal(
        "spec.tolerations",
        Assert.Single(Errors(Objects.Pod(), Objects.Pod(spec => spec with { Tolerations = [new Toleration { Operator = "Exists" }] }))).Field);

    [Fact]
    public void Pod_GainsNoContainer() => Assert.Equal(
        "spec.containers",
        Assert.Single(Errors(Objects.Pod(spec => spec with { Containers = [.. spec.Containers, new() { Name = "b", Image = "b" }] }), Objects.Pod())).Field);

    [Fact]
    public void Secret_ThatIsImmutable_KeepsItsValuesAndItsMark()
    {
        Secret stored = new() { Metadata = Objects.Meta("login"), Immutable = true, StringData = ValueMap.Of(("a", "b")) };

        Assert.Equal(["immutable", "data"], Errors(stored with { Immutable = null, StringData = default }, stored).Select(error => error.Field));
        Assert.Equal(["type"], Errors(stored with { Type = "other" }, stored).Select(error => error.Field));
    }

    [Fact]
    public void ConfigMap_ThatIsImmutable_KeepsItsValuesAndItsMark()
    {
        ConfigMap stored = new() { Metadata = Objects.Meta("settings"), Immutable = true, Data = ValueMap.Of(("a", "b")) };

        Assert.Equal(["immutable", "data"], Errors(stored with { Immutable = null, Data = default }, stored).Select(error => error.Field));
        Assert.Equal(["binaryData"], Errors(stored with { BinaryData = ValueMap.Of(("c", "")) }, stored).Select(error => error.Field));
        Assert.Empty(Errors(stored with { Metadata = stored.Metadata with { Labels = ValueMap.Of(("l", "v")) } }, stored));
    }

    [Fact]
    public void ConfigMap_MayChangeAndBecomeImmutable()
    {
        ConfigMap stored = new() { Metadata = Objects.Meta("settings"), Data = ValueMap.Of(("a", "b")) };

        Assert.Empty(Errors(stored with { Immutable = true, Data = ValueMap.Of(("a", "c")) }, stored));
    }

    private static IReadOnlyList<FieldError> Errors(Resource updated, Resource stored) =>
        ResourceRules.ValidateUpdate(ResourceRules.WithDefaults(updated), ResourceRules.WithDefaults(stored));
}
