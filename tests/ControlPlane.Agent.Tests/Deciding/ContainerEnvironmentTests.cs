using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Tests.Deciding;

public sealed class ContainerEnvironmentTests
{
    [Theory]
    [InlineData("$(NAME)", "web")]
    [InlineData("http://$(NAME).$(SPACE):80/", "http://web.home:80/")]
    [InlineData("$$(NAME)", "$(NAME)")]
    [InlineData("$$$(NAME)", "$web")]
    [InlineData("$(UNKNOWN)", "$(UNKNOWN)")]
    [InlineData("$NAME ${NAME}", "$NAME ${NAME}")]
    [InlineData("$(NAME", "$(NAME")]
    [InlineData("100$", "100$")]
    [InlineData("", "")]
    public void Expand_ReplacesWhatIsKnown(string text, string expected) =>
        Assert.Equal(expected, Of(new() { Name = "NAME", Value = "web" }, new() { Name = "SPACE", Value = "home" }).Expand(text));

    [Fact]
    public void Value_MayUseVariablesAboveItOnly()
    {
        ContainerEnvironment environment = Of(
            new() { Name = "EARLY", Value = "$(LATE)" }, new() { Name = "LATE", Value = "x" }, new() { Name = "BOTH", Value = "$(EARLY)-$(LATE)" });

        Assert.Equal("$(LATE)", environment.Values["EARLY"]);
        Assert.Equal("$(LATE)-x", environment.Values["BOTH"]);
    }

    [Theory]
    [InlineData("metadata.name", "web")]
    [InlineData("metadata.namespace", "default")]
    [InlineData("metadata.uid", "uid-1")]
    [InlineData("metadata.labels['app']", "hello")]
    [InlineData("metadata.labels['none']", "")]
    [InlineData("metadata.annotations['example.com/note']", "kept")]
    [InlineData("spec.nodeName", "node-1")]
    [InlineData("spec.serviceAccountName", "default")]
    [InlineData("status.hostIP", "10.0.0.7")]
    [InlineData("status.podIP", "10.0.0.7")]
    public void FieldRef_IsThePodsOwnValue(string path, string expected) =>
        Assert.Equal(expected, Of(new EnvVar { Name = "FIELD", ValueFrom = new() { FieldRef = new() { FieldPath = path } } }).Values["FIELD"]);

    private static ContainerEnvironment Of(params EnvVar[] variables)
    {
        Pod pod = Given.Pod();
        pod = pod with
        {
            Metadata = pod.Metadata with
            {
                Labels = pod.Metadata.Labels.SetItem("app", "hello"),
                Annotations = pod.Metadata.Annotations.SetItem("example.com/note", "kept"),
            },
        };
        return ContainerEnvironment.Of(pod, new Container { Name = "c", Env = [.. variables] }, "node-1", "10.0.0.7");
    }
}
