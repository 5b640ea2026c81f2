using ControlPlane.Agent.Pods;

namespace ControlPlane.Agent.Tests.Deciding;

public sealed class ImageNameTests
{
    [Theory]
    [InlineData("hello", "docker.io", "library/hello", "latest")]
    [InlineData("hello:v1", "docker.io", "library/hello", "v1")]
    [InlineData("team/hello:v1", "docker.io", "team/hello", "v1")]
    [InlineData("docker.io/hello", "docker.io", "library/hello", "latest")]
    [InlineData("index.docker.io/team/hello", "docker.io", "team/hello", "latest")]
    [InlineData("localhost/hello", "localhost", "hello", "latest")]
    [InlineData("127.0.0.1:5000/a/b:v2", "127.0.0.1:5000", "a/b", "v2")]
    [InlineData("registry:5000/hello", "registry:5000", "hello", "latest")]
    [InlineData("ghcr.io/team/hello@sha256:abc", "ghcr.io", "team/hello", "sha256:abc")]
    [InlineData("ghcr.io/team/hello:v1@sha256:abc", "ghcr.io", "team/hello", "sha256:abc")]
    public void Parse_TakesTheNameApart(string image, string registry, string repository, string reference)
    {
        ImageName name = ImageName.Parse(image);

        Assert.Equal((registry, repository, reference), (name.Registry, name.Repository, name.Reference));
    }

    [Theory]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("registry-1.docker.io", "docker.io")]
    [InlineData("http://127.0.0.1:5000", "127.0.0.1:5000")]
    [InlineData("ghcr.io/v2/", "ghcr.io")]
    public void NormalizeRegistry_IsTheNameInImages(string registry, string expected) =>
        Assert.Equal(expected, ImageName.NormalizeRegistry(registry));

    [Theory]
    [InlineData("hello", null, "Always")]
    [InlineData("hello:latest", "", "Always")]
    [InlineData("hello:v1", null, "IfNotPresent")]
    [InlineData("hello@sha256:abc", null, "IfNotPresent")]
    [InlineData("hello:latest", "Never", "Never")]
    public void PullPolicy_IsAlwaysForLatestUnlessGiven(string image, string? policy, string expected) =>
        Assert.Equal(expected, ImageName.PullPolicyOf(image, policy));

    [Theory]
    [InlineData("hello:v1", "hello@sha256:1")]
    [InlineData("hello", "hello@sha256:1")]
    [InlineData("host:5000/team/hello", "host:5000/team/hello@sha256:1")]
    [InlineData("host:5000/team/hello:v1", "host:5000/team/hello@sha256:1")]
    [InlineData("hello:v1@sha256:2", "hello@sha256:1")]
    public void WithDigest_KeepsTheRepositoryAsItWasWritten(string image, string expected) => Assert.Equal(expected, ImageName.WithDigest(image, "sha256:1"));
}
