using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

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

    /// <summary>What is named, its unit, and the value: rounded up, 0 where nothing is requested, the node's where nothing is limited.</summary>
    [Theory]
    [InlineData(null, "limits.cpu", "0", "2")]
    [InlineData(null, "limits.cpu", "1m", "1500")]
    [InlineData(null, "limits.memory", "1", "104857600")]
    [InlineData(null, "limits.memory", "1M", "105")]
    [InlineData(null, "requests.cpu", "1", "1")]
    [InlineData(null, "requests.memory", "1Mi", "0")]
    [InlineData("other", "limits.cpu", "1", "4")]
    [InlineData("other", "limits.memory", "1Gi", "8")]
    public void ResourceFieldRef_IsWhatTheContainerAsksFor(string? container, string resource, string divisor, string expected)
    {
        ResourceFieldSelector selector = new() { ContainerName = container, Resource = resource, Divisor = Quantity.Parse(divisor) };

        Assert.Equal(expected, Of(Limited(selector)).Values["FIELD"]);
    }

    [Fact]
    public void ResourceFieldRef_OfNoContainerOfThePod_CannotBeConfigured() => Assert.Equal(
        "container gone not found",
        Assert.Throws<ContainerConfigurationException>(() => Of(Limited(new() { ContainerName = "gone", Resource = "limits.cpu" }))).Message);

    /// <summary>A part of a volume as it is written, and as it is mounted, or why it cannot be.</summary>
    [Theory]
    [InlineData("$(NAME)", "web")]
    [InlineData("logs/a-$(NAME)/./$(SPACE)", "logs/a-web/home")]
    [InlineData("$(GONE)", "missing value for \"GONE\"")]
    [InlineData("$(SLASH)", "subPathExpr $(SLASH): \"a/b\" is no step of a path")]
    [InlineData("x/$(UP)", "subPathExpr x/$(UP): \"..\" is no step of a path")]
    public void SubPathExpr_IsMadeOfVariables(string expression, string expected)
    {
        ContainerEnvironment environment = Of(
            new() { Name = "NAME", Value = "web" }, new() { Name = "SPACE", Value = "home" }, new() { Name = "SLASH", Value = "a/b" }, new() { Name = "UP", Value = ".." });
        Container container = new() { VolumeMounts = [new VolumeMount { Name = "v", MountPath = "/v", SubPathExpr = expression }] };

        string? seen;
        try
        {
            seen = SubPathExpressions.Expand(container, environment).VolumeMounts[0].SubPath;
        }
        catch (ContainerConfigurationException exception)
        {
            seen = exception.Message;
        }

        Assert.True(SubPathExpressions.AreIn(container));
        Assert.Equal(expected, seen);
    }

    [Fact]
    public void Services_AreToldAsTheKubeletDoes()
    {
        ContainerEnvironment environment = Of();

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["MY_DB_SERVICE_HOST"] = "127.96.0.11",
                ["MY_DB_SERVICE_PORT"] = "5432",
                ["MY_DB_SERVICE_PORT_SQL_MAIN"] = "5432",
                ["MY_DB_SERVICE_PORT_METRICS"] = "9187",
                ["MY_DB_PORT"] = "tcp://127.96.0.11:5432",
                ["MY_DB_PORT_5432_TCP"] = "tcp://127.96.0.11:5432",
                ["MY_DB_PORT_5432_TCP_PROTO"] = "tcp",
                ["MY_DB_PORT_5432_TCP_PORT"] = "5432",
                ["MY_DB_PORT_5432_TCP_ADDR"] = "127.96.0.11",
                ["MY_DB_PORT_9187_TCP"] = "tcp://127.96.0.11:9187",
                ["MY_DB_PORT_9187_TCP_PROTO"] = "tcp",
                ["MY_DB_PORT_9187_TCP_PORT"] = "9187",
                ["MY_DB_PORT_9187_TCP_ADDR"] = "127.96.0.11",
            },
            environment.Values);
    }

    [Fact]
    public void Services_TheContainersOwnVariables_MayUseThemAndWin()
    {
        ContainerEnvironment environment = Of(
            new() { Name = "URL", Value = "db://$(MY_DB_SERVICE_HOST):$(MY_DB_SERVICE_PORT)" }, new() { Name = "MY_DB_SERVICE_PORT", Value = "1" });

        Assert.Equal(("db://127.96.0.11:5432", "1"), (environment.Values["URL"], environment.Values["MY_DB_SERVICE_PORT"]));
    }

    [Fact]
    public void Keys_OfConfigMapsAndSecrets_AreTakenAsTheyAre()
    {
        ContainerEnvironment environment = Of(
            new() { Name = "GREETING", ValueFrom = new() { ConfigMapKeyRef = new() { Name = "settings", Key = "greeting" } } },
            new() { Name = "PASSWORD", ValueFrom = new() { SecretKeyRef = new() { Name = "login", Key = "password" } } },
            new() { Name = "NO_KEY", ValueFrom = new() { SecretKeyRef = new() { Name = "login", Key = "none", Optional = true } } },
            new() { Name = "NO_OBJECT", ValueFrom = new() { ConfigMapKeyRef = new() { Name = "none", Key = "x", Optional = true } } },
            new() { Name = "BOTH", Value = "$(GREETING) $(PASSWORD)$(NO_KEY)" });

        Assert.Equal("hi $(PASSWORD)", environment.Values["GREETING"]);
        Assert.Equal("s3cret", environment.Values["PASSWORD"]);
        Assert.Equal("hi $(PASSWORD) s3cret$(NO_KEY)", environment.Values["BOTH"]);
        Assert.DoesNotContain("NO_KEY", environment.Values.Keys);
        Assert.DoesNotContain("NO_OBJECT", environment.Values.Keys);
    }

    [Fact]
    public void EnvFrom_BringsEveryKeyWithItsPrefix_TheLaterWinsAndEnvOverAll()
    {
        Container container = new()
        {
            Name = "c",
            EnvFrom =
            [
                new() { ConfigMapRef = new() { Name = "settings" } },
                new() { Prefix = "L_", SecretRef = new() { Name = "login" } },
                new() { SecretRef = new() { Name = "login" } },
                new() { ConfigMapRef = new() { Name = "none", Optional = true } },
            ],
            Env = [new() { Name = "user", Value = "own of $(L_user)" }],
        };

        IReadOnlyDictionary<string, string> values = Of(container).Values;

        Assert.Equal(
            [("L_password", "s3cret"), ("L_user", "ann"), ("greeting", "hi $(PASSWORD)"), ("password", "s3cret"), ("user", "own of ann")],
            values.Where(entry => !entry.Key.StartsWith("MY_DB", StringComparison.Ordinal)).Select(entry => (entry.Key, entry.Value)).OrderBy(entry => entry.Key, StringComparer.Ordinal));
    }

    private static ValueList<EnvironmentContent> Contents =>
    [
        new() { Kind = "ConfigMap", Namespace = "default", Name = "settings", Values = ValueMap.Of(("greeting", "hi $(PASSWORD)"), ("user", "nobody")) },
        new() { Kind = "Secret", Namespace = "default", Name = "login", Values = ValueMap.Of(("password", "s3cret"), ("user", "ann")) },
        new() { Kind = "ConfigMap", Namespace = "elsewhere", Name = "none", Values = ValueMap.Of(("x", "of another namespace")) },
    ];

    private static ServiceAddress Database => new()
    {
        Namespace = "default",
        Name = "my-db",
        ClusterIP = "127.96.0.11",
        Ports = [new ServicePort { Name = "sql-main", Port = 5432, Protocol = "TCP" }, new ServicePort { Name = "metrics", Port = 9187 }],
    };

    private static NodeValues Node => new("node-1", "10.0.0.7", new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromValue(4), ["memory"] = Quantity.Parse("8Gi") }.ToValueMap());

    private static Container Limited(ResourceFieldSelector selector) => new()
    {
        Name = "c",
        Resources = new() { Limits = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("1500m"), ["memory"] = Quantity.Parse("100Mi") }.ToValueMap(), Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("250m") }.ToValueMap() },
        Env = [new() { Name = "FIELD", ValueFrom = new() { ResourceFieldRef = selector } }],
    };

    private static ContainerEnvironment Of(params EnvVar[] variables) => Of(new Container { Name = "c", Env = [.. variables] });

    private static ContainerEnvironment Of(Container container)
    {
        Pod pod = Given.Pod();
        pod = pod with
        {
            Metadata = pod.Metadata with
            {
                Labels = pod.Metadata.Labels.SetItem("app", "hello"),
                Annotations = pod.Metadata.Annotations.SetItem("example.com/note", "kept"),
            },
            Spec = pod.Spec with { Containers = [container, new Container { Name = "other" }] },
        };
        return ContainerEnvironment.Of(pod, container, [Database], Contents, Node);
    }
}
