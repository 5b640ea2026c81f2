using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class ValidationTests
{
    [Fact]
    public void ValidObjects_OfEveryKind_HaveNothingWrong()
    {
        ObjectMeta clusterWide = new() { Name = "one" };
        Resource[] objects =
        [
            Objects.Deployment(), Objects.ReplicaSet(), Objects.Pod(),
            new ConfigMap { Metadata = Objects.Meta("settings"), Data = ValueMap.Of(("a.b_c-d", "x")), BinaryData = ValueMap.Of(("e", "eA==")) },
            new ServiceAccount { Metadata = Objects.Meta("robot"), Secrets = [new() { Name = "token" }], ImagePullSecrets = [new() { Name = "login" }], AutomountServiceAccountToken = true },
            new ResourceQuota { Metadata = Objects.Meta("q"), Spec = new() { Hard = Objects.Quantities(("pods", "5"), ("requests.cpu", "1500m"), ("limits.memory", "1Gi"), ("count/deployments.apps", "0"), ("example.com/x", "1"), ("persistentvolumeclaims", "4"), ("requests.storage", "1Gi")) } },
            new Lease { Metadata = Objects.Meta("leader"), Spec = new() { HolderIdentity = "", LeaseDurationSeconds = 1, LeaseTransitions = 0 } },
            new Secret { Metadata = Objects.Meta("login"), StringData = ValueMap.Of(("password", "x")) },
            new Namespace { Metadata = clusterWide }, new Node { Metadata = clusterWide },
            new Event { Metadata = Objects.Meta("hello.1"), InvolvedObject = new() { Namespace = "default" } },
        ];

        Assert.All(objects, item => Assert.Empty(ResourceRules.ValidateCreate(ResourceRules.WithDefaults(item))));
    }

    /// <summary>Each case: what is done to a valid Deployment, and the field and message that must come of it.</summary>
    public static TheoryData<string, Func<DeploymentSpec, DeploymentSpec>, string, string> DeploymentCases => new()
    {
        { "negative replicas", spec => spec with { Replicas = -1 }, "spec.replicas", "Invalid value: -1: must be greater than or equal to 0" },
        { "no selector", spec => spec with { Selector = null }, "spec.selector", "Required value" },
        { "empty selector", spec => spec with { Selector = new() }, "spec.selector", "Invalid value: {}: empty selector is invalid for deployment" },
        {
            "selector that does not match", spec => spec with { Selector = new() { MatchLabels = ValueMap.Of(("app", "other")) } },
            "spec.template.metadata.labels", "Invalid value: {\"app\":\"hello\"}: `selector` does not match template `labels`"
        },
        {
            "selector with a bad operator", spec => spec with { Selector = new() { MatchExpressions = [new() { Key = "app", Operator = "Like" }] } },
            "spec.selector.matchExpressions[0].operator", "Invalid value: \"Like\": not a valid selector operator"
        },
        {
            "both bounds zero", spec => spec with { Strategy = new() { RollingUpdate = new() { MaxSurge = 0, MaxUnavailable = "0%" } } },
            "spec.strategy.rollingUpdate.maxUnavailable", "Invalid value: \"0%\": may not be 0 when `maxSurge` is 0"
        },
        {
            "per cent misspelt", spec => spec with { Strategy = new() { RollingUpdate = new() { MaxSurge = "half" } } },
            "spec.strategy.rollingUpdate.maxSurge",
            "Invalid value: \"half\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
        },
        {
            "more than all unavailable", spec => spec with { Strategy = new() { RollingUpdate = new() { MaxUnavailable = "101%" } } },
            "spec.strategy.rollingUpdate.maxUnavailable", "Invalid value: \"101%\": must not be greater than 100%"
        },
        {
            "rollingUpdate with Recreate", spec => spec with { Strategy = new() { Type = "Recreate", RollingUpdate = new() { MaxSurge = 1 } } },
            "spec.strategy.rollingUpdate", "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        },
        {
            "unknown strategy", spec => spec with { Strategy = new() { Type = "Canary" } },
            "spec.strategy.type", "Unsupported value: \"Canary\": supported values: \"Recreate\", \"RollingUpdate\""
        },
        {
            "deadline within minReadySeconds", spec => spec with { MinReadySeconds = 60, ProgressDeadlineSeconds = 60 },
            "spec.progressDeadlineSeconds", "Invalid value: 60: must be greater than minReadySeconds"
        },
        {
            "pods that end", spec => spec with { Template = spec.Template with { Spec = spec.Template.Spec with { RestartPolicy = "Never" } } },
            "spec.template.spec.restartPolicy", "Unsupported value: \"Never\": supported values: \"Always\""
        },
        {
            "a deadline for pods", spec => spec with { Template = spec.Template with { Spec = spec.Template.Spec with { ActiveDeadlineSeconds = 5 } } },
            "spec.template.spec.activeDeadlineSeconds", "Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"
        },
        {
            "no containers", spec => spec with { Template = spec.Template with { Spec = new PodSpec() } },
            "spec.template.spec.containers", "Required value"
        },
    };

    [Theory]
    [MemberData(nameof(DeploymentCases))]
    public void Deployment_WithOneThingWrong_HasThatErrorAlone(string what, Func<DeploymentSpec, DeploymentSpec> change, string field, string message) =>
        AssertOnly(what, Objects.Deployment(change), field, message);

    public static TheoryData<string, Func<Container, Container>, string, string> ContainerCases => new()
    {
        { "no name", c => c with { Name = "" }, ".name", "Required value" },
        { "no image", c => c with { Image = null }, ".image", "Required value" },
        { "spaces around the image", c => c with { Image = " hello" }, ".image", "Invalid value: \" hello\": must not have leading or trailing whitespace" },
        { "unknown pull policy", c => c with { ImagePullPolicy = "Often" }, ".imagePullPolicy", "Unsupported value: \"Often\": supported values: \"Always\", \"IfNotPresent\", \"Never\"" },
        { "port 0", c => c with { Ports = [new()] }, ".ports[0].containerPort", "Required value" },
        { "port too high", c => c with { Ports = [new() { Number = 65536 }] }, ".ports[0].containerPort", "Invalid value: 65536: must be between 1 and 65535, inclusive" },
        { "negative host port", c => c with { Ports = [new() { Number = 80, HostPort = -1 }] }, ".ports[0].hostPort", "Invalid value: -1: must be between 1 and 65535, inclusive" },
        { "port name with capitals", c => c with { Ports = [new() { Number = 80, Name = "HTTP" }] }, ".ports[0].name", "Invalid value: \"HTTP\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)" },
        { "port name twice", c => c with { Ports = [new() { Number = 80, Name = "http" }, new() { Number = 81, Name = "http" }] }, ".ports[1].name", "Duplicate value: \"http\"" },
        { "host port twice", c => c with { Ports = [new() { Number = 80, HostPort = 80 }, new() { Number = 81, HostPort = 80 }] }, ".ports[1].hostPort", "Duplicate value: \"TCP//80\"" },
        { "variable without a name", c => c with { Env = [new()] }, ".env[0].name", "Required value" },
        { "variable with =", c => c with { Env = [new() { Name = "A=B" }] }, ".env[0].name", "Invalid value: \"A=B\": a valid environment variable name must consist only of printable ASCII characters other than '='" },
        { "variable from two places", c => c with { Env = [new() { Name = "A", Value = "x", ValueFrom = new() { FieldRef = new() { FieldPath = "metadata.name" } } }] }, ".env[0].valueFrom", "Invalid value: \"\": may not be specified when `value` is not empty" },
        { "variable from a key of nothing", c => c with { Env = [new() { Name = "A", ValueFrom = new() { FieldRef = new() { FieldPath = "metadata.labels['']" } } }] }, ".env[0].valueFrom.fieldRef.fieldPath", "Unsupported value: \"metadata.labels['']\": supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\", \"metadata.labels['<key>']\", \"metadata.annotations['<key>']\"" },
        { "negative memory", c => c with { Resources = new() { Requests = Objects.Quantities(("memory", "-1")) } }, ".resources.requests[memory]", "Invalid value: \"-1\": must be greater than or equal to 0" },
        { "request beyond its limit", c => c with { Resources = new() { Requests = Objects.Quantities(("cpu", "2")), Limits = Objects.Quantities(("cpu", "1")) } }, ".resources.requests", "Invalid value: \"2\": must be less than or equal to cpu limit of 1" },
        { "probe of nothing", c => c with { ReadinessProbe = new() }, ".readinessProbe", "Required value: must specify a handler type" },
        { "probe of two things", c => c with { ReadinessProbe = new() { TcpSocket = new() { Port = 80 }, Exec = new() { Command = ["true"] } } }, ".readinessProbe.tcpSocket", "Forbidden: may not specify more than 1 handler type" },
        { "probe of no port", c => c with { ReadinessProbe = new() { HttpGet = new() } }, ".readinessProbe.httpGet.port", "Invalid value: 0: must be between 1 and 65535, inclusive" },
        { "question of no port", c => c with { ReadinessProbe = new() { Grpc = new() } }, ".readinessProbe.grpc.port", "Invalid value: 0: must be between 1 and 65535, inclusive" },
        { "probe of no command", c => c with { ReadinessProbe = new() { Exec = new() } }, ".readinessProbe.exec.command", "Required value" },
        { "two successes of liveness", c => c with { LivenessProbe = new() { TcpSocket = new() { Port = 80 }, SuccessThreshold = 2 } }, ".livenessProbe.successThreshold", "Invalid value: 2: must be 1" },
        { "zero character", c => c with { Args = ["a\0b"] }, ".args[0]", "Invalid value: \"a\\u0000b\": must not contain the character U+0000" },
    };

    [Theory]
    [MemberData(nameof(ContainerCases))]
    public void Container_WithOneThingWrong_HasThatErrorAlone(string what, Func<Container, Container> change, string field, string message) =>
        AssertOnly(what, Objects.PodOf(change), "spec.containers[0]" + field, message);

    [Theory]
    [InlineData("Nginx:UPPER space")]
    [InlineData("Hello")]
    [InlineData("hello:")]
    [InlineData("hello:a:b")]
    [InlineData("hello@sha256:12")]
    [InlineData("http://registry.example.com/hello")]
    [InlineData("hello//world")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void Image_ThatDockerCouldNotPull_IsRefused(string image)
    {
        FieldError error = Assert.Single(ErrorsOf(Objects.PodOf(container => container with { Image = image })));

        Assert.Equal("spec.containers[0].image", error.Field);
        Assert.StartsWith($"Invalid value: \"{image}\": not an image that could be pulled", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("library/hello_world:1.2-rc")]
    [InlineData("localhost:5000/team/hello:V1")]
    [InlineData("REGISTRY/hello")]
    [InlineData("[::1]:5000/hello")]
    [InlineData("registry.example.com/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void Image_ThatDockerCouldPull_IsTaken(string image) =>
        Assert.Empty(ErrorsOf(Objects.PodOf(container => container with { Image = image })));

    public static TheoryData<string, Func<ObjectMeta, ObjectMeta>, string, string> MetaCases => new()
    {
        { "no name", meta => meta with { Name = "" }, "metadata.name", "Required value: name or generateName is required" },
        { "name in capitals", meta => meta with { Name = "Hello" }, "metadata.name", "Invalid value: \"Hello\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')" },
        { "no namespace", meta => meta with { Namespace = "" }, "metadata.namespace", "Required value" },
        { "label key of nothing", meta => meta with { Labels = ValueMap.Of(("a/", "b")) }, "metadata.labels", "Invalid value: \"a/\": name part must be non-empty" },
        { "label value too long", meta => meta with { Labels = ValueMap.Of(("a", new string('b', 64))) }, "metadata.labels", $"Invalid value: \"{new string('b', 64)}\": must be no more than 63 characters" },
        { "too much annotated", meta => meta with { Annotations = ValueMap.Of(("a", new string('b', 256 * 1024))) }, "metadata.annotations", "Too long: may not be more than 262144 bytes" },
        { "a finalizer of nobody", meta => meta with { Finalizers = ["mine"] }, "metadata.finalizers[0]", "Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified" },
        { "an owner without a uid", meta => meta with { OwnerReferences = [new() { ApiVersion = "v1", Kind = "Node", Name = "n" }] }, "metadata.ownerReferences[0].uid", "Invalid value: \"\": must not be empty" },
    };

    [Theory]
    [MemberData(nameof(MetaCases))]
    public void Metadata_WithOneThingWrong_HasThatErrorAlone(string what, Func<ObjectMeta, ObjectMeta> change, string field, string message) =>
        AssertOnly(what, Objects.Deployment() with { Metadata = change(Objects.Meta("hello")) }, field, message);

    [Fact]
    public void Metadata_WithTwoControllers_IsRefused()
    {
        OwnerReference owner = new() { ApiVersion = "v1", Kind = "Node", Name = "a", Uid = "1", Controller = true };
        FieldError error = Assert.Single(ErrorsOf(Objects.Pod() with { Metadata = Objects.Meta("p") with { OwnerReferences = [owner, owner with { Name = "b" }] } }));

        Assert.Equal("metadata.ownerReferences", error.Field);
        Assert.EndsWith("Only one reference can have Controller set to true. Found \"true\" in references for Node/a and Node/b", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What is wrong with where variables come from, the field from the container on, and the message.</summary>
    public static TheoryData<string, Container, string, string> VariableCases => new()
    {
        { "a key without a name", From(new() { SecretKeyRef = new() { Name = "a" } }), "env[0].valueFrom.secretKeyRef.key", "Required value" },
        { "a key that leaves its folder", From(new() { ConfigMapKeyRef = new() { Name = "a", Key = ".." } }), "env[0].valueFrom.configMapKeyRef.key", "Invalid value: \"..\": must not be '..'" },
        { "two sources", new() { EnvFrom = [new() { ConfigMapRef = new() { Name = "a" }, SecretRef = new() { Name = "a" } }] }, "envFrom[0]", "Invalid value: \"\": may not have more than one field specified at a time" },
        { "no source", new() { EnvFrom = [new() { Prefix = "A" }] }, "envFrom[0]", "Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`" },
        { "no object", new() { EnvFrom = [new() { SecretRef = new() }] }, "envFrom[0].secretRef.name", "Required value" },
        { "a prefix with an equals sign", new() { EnvFrom = [new() { Prefix = "A=", ConfigMapRef = new() { Name = "a" } }] }, "envFrom[0].prefix", "Invalid value: \"A=\": a valid environment variable name must consist only of printable ASCII characters other than '='" },
    };

    [Theory]
    [MemberData(nameof(VariableCases))]
    public void Variables_WithOneThingWrong_HaveThatErrorAlone(string what, Container variables, string field, string message) => AssertOnly(
        what, Objects.PodOf(container => container with { Env = variables.Env, EnvFrom = variables.EnvFrom }), "spec.containers[0]." + field, message);

    private const string OnlySidecars = "Forbidden: may not be set for init containers without restartPolicy=Always";

    private static Probe Answers => new() { TcpSocket = new() { Port = 80 } };

    private static Container From(EnvVarSource source) => new() { Env = [new() { Name = "A", ValueFrom = source }] };

    [Fact]
    public void Containers_OfOneName_AreRefused()
    {
        Container container = Objects.Template().Spec.Containers[0];

        AssertOnly("one name twice", Objects.Pod(spec => spec with { Containers = [container, container] }), "spec.containers[1].name", "Duplicate value: \"web\"");
    }

    public static TheoryData<string, Func<Container, Container>, string, string> InitContainerCases => new()
    {
        { "no name", c => c with { Name = "" }, "[0].name", "Required value" },
        { "no image", c => c with { Image = null }, "[0].image", "Required value" },
        { "the name of a container", c => c with { Name = "web" }, "[0].name", "Duplicate value: \"web\"" },
        { "the name of another", c => c with { Name = "other" }, "[1].name", "Duplicate value: \"other\"" },
        { "liveness", c => c with { LivenessProbe = Answers }, "[0].livenessProbe", OnlySidecars },
        { "readiness", c => c with { ReadinessProbe = Answers }, "[0].readinessProbe", OnlySidecars },
        { "startup", c => c with { StartupProbe = Answers }, "[0].startupProbe", OnlySidecars },
        { "lifecycle", c => c with { Lifecycle = new() }, "[0].lifecycle", OnlySidecars },
        { "restarts", c => c with { RestartPolicy = "OnFailure" }, "[0].restartPolicy", "Unsupported value: \"OnFailure\": supported values: \"Always\"" },
        { "a sidecar's probe", c => c with { RestartPolicy = "Always", LivenessProbe = Answers with { SuccessThreshold = 2 } }, "[0].livenessProbe.successThreshold", "Invalid value: 2: must be 1" },
    };

    [Theory]
    [MemberData(nameof(InitContainerCases))]
    public void InitContainer_WithOneThingWrong_HasThatErrorAlone(string what, Func<Container, Container> change, string field, string message)
    {
        Container init = new() { Name = "init", Image = "hello:1" };

        AssertOnly(what, Objects.Pod(spec => spec with { InitContainers = [change(init), init with { Name = "other" }] }), "spec.initContainers" + field, message);
    }

    public static TheoryData<string, Secret, string, string> SecretCases => new()
    {
        { "key with a slash", new() { Data = ValueMap.Of(("a/b", "")) }, "data[a/b]", "Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')" },
        { "plain text in data", new() { Data = ValueMap.Of(("a", "s3cret!")) }, "data[a]", "Invalid value: \"<secret contents redacted>\": must be base64 (plain text goes into stringData)" },
        { "too large", new() { StringData = ValueMap.Of(("a", new string('b', (1024 * 1024) + 1))) }, "data", "Too long: may not be more than 1048576 bytes" },
        { "no docker config", new() { Type = "kubernetes.io/dockerconfigjson" }, "data[.dockerconfigjson]", "Required value" },
        { "docker config that is no JSON", new() { Type = "kubernetes.io/dockerconfigjson", StringData = ValueMap.Of((".dockerconfigjson", "{")) }, "data[.dockerconfigjson]", "Invalid value: \"<secret contents redacted>\": must be a JSON object, such as docker writes it to config.json" },
    };

    [Theory]
    [MemberData(nameof(SecretCases))]
    public void Secret_WithOneThingWrong_HasThatErrorAlone(string what, Secret secret, string field, string message) =>
        AssertOnly(what, secret with { Metadata = Objects.Meta("login") }, field, message);

    public static TheoryData<string, ConfigMap, string, string> ConfigMapCases => new()
    {
        { "key with a slash", new() { BinaryData = ValueMap.Of(("a/b", "")) }, "binaryData[a/b]", "Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')" },
        { "key that leaves a folder", new() { Data = ValueMap.Of(("..", "x")) }, "data[..]", "Invalid value: \"..\": must not be '..'" },
        { "plain text in binaryData", new() { BinaryData = ValueMap.Of(("a", "plain!")) }, "binaryData[a]", "Invalid value: \"plain!\": must be base64 (plain text goes into data)" },
        { "one byte too large", new() { Data = ValueMap.Of(("a", new string('b', (1024 * 1024) - 2))), BinaryData = ValueMap.Of(("c", "YWJj")) }, "data", "Too long: may not be more than 1048576 bytes" },
        { "too large in UTF-8", new() { Data = ValueMap.Of(("a", new string('ä', (512 * 1024) + 1))) }, "data", "Too long: may not be more than 1048576 bytes" },
    };

    [Theory]
    [MemberData(nameof(ConfigMapCases))]
    public void ConfigMap_WithOneThingWrong_HasThatErrorAlone(string what, ConfigMap map, string field, string message) =>
        AssertOnly(what, map with { Metadata = Objects.Meta("settings") }, field, message);

    [Fact]
    public void ConfigMap_OfExactlyOneMebibyte_IsTaken() =>
        Assert.Empty(ErrorsOf(new ConfigMap { Metadata = Objects.Meta("settings"), Data = ValueMap.Of(("a", new string('b', 1024 * 1024))) }));

    [Fact]
    public void ConfigMap_WithAKeyInBothMaps_IsRefusedAtBoth()
    {
        ConfigMap map = new() { Metadata = Objects.Meta("settings"), Data = ValueMap.Of(("a", "x")), BinaryData = ValueMap.Of(("a", "eA==")) };

        Assert.Equal(
            [("data[a]", "Invalid value: \"a\": duplicate of key present in binaryData"), ("binaryData[a]", "Invalid value: \"a\": duplicate of key present in data")],
            ErrorsOf(map).Select(error => (error.Field, error.Message)));
    }

    public static TheoryData<string, ResourceQuotaSpec, string, string> ResourceQuotaCases => new()
    {
        { "no such resource", new() { Hard = Objects.Quantities(("cpus", "1")) }, "spec.hard[cpus]", "Invalid value: \"cpus\": must be a standard resource for quota" },
        { "limits of what has none", new() { Hard = Objects.Quantities(("limits.pods", "1")) }, "spec.hard[limits.pods]", "Invalid value: \"limits.pods\": must be a standard resource for quota" },
        { "fewer than none", new() { Hard = Objects.Quantities(("cpu", "-1")) }, "spec.hard[cpu]", "Invalid value: \"-1\": must be greater than or equal to 0" },
        { "half a pod", new() { Hard = Objects.Quantities(("pods", "1500m")) }, "spec.hard[pods]", "Invalid value: \"1500m\": must be an integer" },
        { "half an object", new() { Hard = Objects.Quantities(("count/secrets", "1500m")) }, "spec.hard[count/secrets]", "Invalid value: \"1500m\": must be an integer" },
        { "no such scope", new() { Scopes = ["Idle"] }, "spec.scopes", "Invalid value: [\"Idle\"]: unsupported scope" },
        { "a scope of pods for other objects", new() { Scopes = ["NotTerminating"], Hard = Objects.Quantities(("services", "1")) }, "spec.scopes", "Invalid value: [\"NotTerminating\"]: unsupported scope applied to resource" },
        { "amounts of what asks for nothing", new() { Scopes = ["BestEffort"], Hard = Objects.Quantities(("cpu", "1")) }, "spec.scopes", "Invalid value: [\"BestEffort\"]: unsupported scope applied to resource" },
        { "scopes that exclude each other", new() { Scopes = ["BestEffort", "NotBestEffort"] }, "spec.scopes", "Invalid value: [\"BestEffort\",\"NotBestEffort\"]: conflicting scopes" },
        { "no such scope to select", Selecting("Idle", "Exists"), "spec.scopeSelector.matchExpressions.scopeName", "Invalid value: \"Idle\": unsupported scope" },
        { "no such operator", Selecting("PriorityClass", "Like"), "spec.scopeSelector.matchExpressions.operator", "Invalid value: \"Like\": not a valid selector operator" },
        { "values of a scope that has none", Selecting("Terminating", "In", "a"), "spec.scopeSelector.matchExpressions.operator", "Invalid value: \"In\": must be 'Exists' when the scope is Terminating" },
        { "no values", Selecting("PriorityClass", "In"), "spec.scopeSelector.matchExpressions.values", "Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector" },
        { "values where none are looked at", Selecting("PriorityClass", "Exists", "a"), "spec.scopeSelector.matchExpressions.values", "Invalid value: [\"a\"]: must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector" },
    };

    private static ResourceQuotaSpec Selecting(string scope, string @operator, params string[] values) =>
        new() { ScopeSelector = new() { MatchExpressions = [new() { ScopeName = scope, Operator = @operator, Values = [.. values] }] } };

    [Fact]
    public void ResourceQuota_WithScopesThatItsResourcesAllow_IsTaken() => Assert.Empty(ErrorsOf(new ResourceQuota
    {
        Metadata = Objects.Meta("q"),
        Spec = Selecting("PriorityClass", "In", "high") with { Scopes = ["NotBestEffort", "Terminating"], Hard = Objects.Quantities(("pods", "1"), ("limits.cpu", "2"), ("count/pods", "3")) },
    }));

    [Theory]
    [MemberData(nameof(ResourceQuotaCases))]
    public void ResourceQuota_WithOneThingWrong_HasThatErrorAlone(string what, ResourceQuotaSpec spec, string field, string message) =>
        AssertOnly(what, new ResourceQuota { Metadata = Objects.Meta("q"), Spec = spec }, field, message);

    [Fact]
    public void ServiceAccount_WithANameThatIsNone_IsRefused() =>
        Assert.Equal("metadata.name", Assert.Single(ErrorsOf(new ServiceAccount { Metadata = Objects.Meta("Robot") })).Field);

    [Fact]
    public void Account_OfAPod_HasAServiceAccountsName()
    {
        FieldError error = Assert.Single(ErrorsOf(Objects.Pod(spec => spec with { ServiceAccountName = "Robot" })));

        Assert.Equal("spec.serviceAccountName", error.Field);
        Assert.StartsWith("Invalid value: \"Robot\": a lowercase RFC 1123 subdomain", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, LeaseSpec, string, string> LeaseCases => new()
    {
        { "no duration", new() { LeaseDurationSeconds = 0 }, "spec.leaseDurationSeconds", "Invalid value: 0: must be greater than 0" },
        { "fewer than no transitions", new() { LeaseTransitions = -1 }, "spec.leaseTransitions", "Invalid value: -1: must be greater than or equal to 0" },
        { "a strategy", new() { Strategy = "OldestEmulationVersion" }, "spec.strategy", "Forbidden: coordinated leader election is not honoured by this control plane; remove it" },
    };

    [Theory]
    [MemberData(nameof(LeaseCases))]
    public void Lease_WithOneThingWrong_HasThatErrorAlone(string what, LeaseSpec spec, string field, string message) =>
        AssertOnly(what, new Lease { Metadata = Objects.Meta("leader"), Spec = spec }, field, message);

    [Fact]
    public void Namespace_WithADot_IsRefused() =>
        Assert.Equal("metadata.name", Assert.Single(ErrorsOf(new Namespace { Metadata = new() { Name = "a.b" } })).Field);

    [Fact]
    public void ClusterWideObject_InANamespace_IsRefused() =>
        AssertOnly("a node in a namespace", new Node { Metadata = Objects.Meta("n") }, "metadata.namespace", "Forbidden: not allowed on this type");

    [Fact]
    public void Taint_WithAnUnknownEffect_IsRefused() => AssertOnly(
        "an effect of nobody",
        new Node { Metadata = new() { Name = "n" }, Spec = new() { Taints = [new() { Key = "a", Effect = "Never" }] } },
        "spec.taints[0].effect",
        "Unsupported value: \"Never\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"");

    internal static IReadOnlyList<FieldError> ErrorsOf(Resource resource) => ResourceRules.ValidateCreate(ResourceRules.WithDefaults(resource));

    internal static void AssertOnly(string what, Resource resource, string field, string message)
    {
        IReadOnlyList<FieldError> errors = ErrorsOf(resource);

        Assert.True(errors.Count == 1, $"{what}: expected one error, saw {errors.Count}: {string.Join("; ", errors)}");
        Assert.Equal((field, message), (errors[0].Field, errors[0].Message));
    }
}
