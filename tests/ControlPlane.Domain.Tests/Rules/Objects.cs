using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Rules;

/// <summary>Small valid objects, which each test changes in the one place it is about.</summary>
internal static class Objects
{
    public static Deployment Deployment(Func<DeploymentSpec, DeploymentSpec>? change = null)
    {
        DeploymentSpec spec = new()
        {
            Selector = new LabelSelector { MatchLabels = ValueMap.Of(("app", "hello")) },
            Template = Template(),
        };
        return new Deployment { Metadata = Meta("hello"), Spec = change is null ? spec : change(spec) };
    }

    public static ReplicaSet ReplicaSet(Func<ReplicaSetSpec, ReplicaSetSpec>? change = null)
    {
        ReplicaSetSpec spec = new()
        {
            Selector = new LabelSelector { MatchLabels = ValueMap.Of(("app", "hello")) },
            Template = Template(),
        };
        return new ReplicaSet { Metadata = Meta("hello"), Spec = change is null ? spec : change(spec) };
    }

    public static Pod Pod(Func<PodSpec, PodSpec>? change = null)
    {
        PodSpec spec = Template().Spec;
        return new Pod { Metadata = Meta("hello"), Spec = change is null ? spec : change(spec) };
    }

    /// <summary>A pod whose one container is changed.</summary>
    public static Pod PodOf(Func<Container, Container> change) => Pod(spec => spec with { Containers = [change(spec.Containers[0])] });

    public static PodTemplateSpec Template() => new()
    {
        Metadata = new ObjectMeta { Labels = ValueMap.Of(("app", "hello")) },
        Spec = new PodSpec { Containers = [new Container { Name = "web", Image = "hello:1" }] },
    };

    public static ObjectMeta Meta(string name) => new() { Name = name, Namespace = "default" };

    public static ValueMap<Quantity> Quantities(params ReadOnlySpan<(string Name, string Amount)> amounts)
    {
        ValueMap<Quantity> map = default;
        foreach ((string name, string amount) in amounts)
        {
            map = map.SetItem(name, Quantity.Parse(amount));
        }

        return map;
    }
}
