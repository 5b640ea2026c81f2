using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Configs;

/// <summary>Every place of a pod's spec in which a ConfigMap or a Secret is named.</summary>
public sealed class ConfigNamesTests
{
    [Theory]
    [InlineData("ConfigMap", "x")]
    [InlineData("Secret", "x")]
    [InlineData("ConfigMap", "")]
    [InlineData("ConfigMap", null)]
    public void Renamed_EachReference_OfItsKindAlone(string kind, string? name)
    {
        PodSpec spec = Named(name);

        PodSpec renamed = ConfigNames.Renamed(spec, (asked, known) => asked == kind ? known + "-copy" : known);

        string? map = string.IsNullOrEmpty(name) || kind == "Secret" ? name : "x-copy";
        string? secret = string.IsNullOrEmpty(name) || kind == "ConfigMap" ? name : "x-copy";
        Assert.Equal(Named(map, secret), renamed);
    }

    [Fact]
    public void Renamed_ASpecThatNamesNothing_IsTheSame()
    {
        PodSpec spec = new()
        {
            InitContainers = [new Container { Name = "i", Env = [new EnvVar { Name = "A", Value = "b" }] }],
            Containers =
            [
                new Container
                {
                    Name = "c",
                    EnvFrom = [new EnvFromSource { Prefix = "P_" }],
                    Env = [new EnvVar { Name = "IP", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "status.podIP" } } }],
                },
            ],
            Volumes = [new Volume { Name = "v", EmptyDir = new EmptyDirVolumeSource() }, new Volume { Name = "p", Projected = new ProjectedVolumeSource { Sources = [new VolumeProjection()] } }],
        };

        Assert.Equal(spec, ConfigNames.Renamed(spec, (_, _) => throw new InvalidOperationException("there is nothing to ask about")));
    }

    private static PodSpec Named(string? name) => Named(name, name);

    private static PodSpec Named(string? map, string? secret) => new()
    {
        InitContainers = [Naming("i", map, secret)],
        Containers = [Naming("c", map, secret), new Container { Name = "plain" }],
        Volumes =
        [
            new Volume { Name = "a", ConfigMap = new ConfigMapVolumeSource { Name = map, Optional = true } },
            new Volume { Name = "b", Secret = new SecretVolumeSource { SecretName = secret, DefaultMode = 256 } },
            new Volume
            {
                Name = "c",
                Projected = new ProjectedVolumeSource
                {
                    DefaultMode = 256,
                    Sources = [new VolumeProjection { ConfigMap = new ConfigMapProjection { Name = map } }, new VolumeProjection { Secret = new SecretProjection { Name = secret } }],
                },
            },
        ],
    };

    private static Container Naming(string name, string? map, string? secret) => new()
    {
        Name = name,
        EnvFrom = [new EnvFromSource { Prefix = "P_", ConfigMapRef = new ConfigMapEnvSource { Name = map } }, new EnvFromSource { SecretRef = new SecretEnvSource { Name = secret, Optional = true } }],
        Env =
        [
            new EnvVar { Name = "M", ValueFrom = new EnvVarSource { ConfigMapKeyRef = new ConfigMapKeySelector { Name = map, Key = "k" } } },
            new EnvVar { Name = "S", ValueFrom = new EnvVarSource { SecretKeyRef = new SecretKeySelector { Name = secret, Key = "k" } } },
        ],
    };
}
