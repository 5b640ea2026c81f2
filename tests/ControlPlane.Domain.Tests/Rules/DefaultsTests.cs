using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class DefaultsTests
{
    [Fact]
    public void Deployment_WithNothingSaid_GetsWhatKubernetesGives()
    {
        DeploymentSpec spec = WithDefaults(Objects.Deployment()).Spec;

        Assert.Equal(1, spec.Replicas);
        Assert.Equal(new DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new() { MaxUnavailable = "25%", MaxSurge = "25%" } }, spec.Strategy);
        Assert.Equal(10, spec.RevisionHistoryLimit);
        Assert.Equal(600, spec.ProgressDeadlineSeconds);
        Assert.Equal("Always", spec.Template.Spec.RestartPolicy);
        Assert.Equal(30, spec.Template.Spec.TerminationGracePeriodSeconds);
        Assert.Equal("ClusterFirst", spec.Template.Spec.DnsPolicy);
        Assert.Equal("default-scheduler", spec.Template.Spec.SchedulerName);
        Assert.Equal(new PodSecurityContext(), spec.Template.Spec.SecurityContext);
        Assert.Null(spec.Template.Spec.EnableServiceLinks);
        Assert.Equal("/dev/termination-log", spec.Template.Spec.Containers[0].TerminationMessagePath);
        Assert.Equal("File", spec.Template.Spec.Containers[0].TerminationMessagePolicy);
        Assert.Equal(new ResourceRequirements(), spec.Template.Spec.Containers[0].Resources);
    }

    [Fact]
    public void Deployment_ThatRecreates_GetsNoRollingUpdate() =>
        Assert.Equal(
            new DeploymentStrategy { Type = "Recreate" },
            WithDefaults(Objects.Deployment(spec => spec with { Strategy = new() { Type = "Recreate" } })).Spec.Strategy);

    [Fact]
    public void Deployment_WithHalfARollingUpdate_KeepsWhatWasSaid() =>
        Assert.Equal(
            new RollingUpdateDeployment { MaxSurge = 0, MaxUnavailable = "25%" },
            WithDefaults(Objects.Deployment(spec => spec with { Strategy = new() { RollingUpdate = new() { MaxSurge = 0 } } })).Spec.Strategy!.RollingUpdate);

    [Theory]
    [InlineData("hello", "Always")]
    [InlineData("hello:latest", "Always")]
    [InlineData("localhost:5000/hello", "Always")]
    [InlineData("hello:1", "IfNotPresent")]
    [InlineData("hello@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "IfNotPresent")]
    public void Image_ByItsTag_IsPulledAlwaysOrOnce(string image, string policy) =>
        Assert.Equal(policy, WithDefaults(Objects.PodOf(container => container with { Image = image })).Spec.Containers[0].ImagePullPolicy);

    [Fact]
    public void Probe_WithItsPortAlone_GetsPathSchemeAndTimes()
    {
        Probe probe = new() { HttpGet = new HttpGetAction { Port = 8080 } };

        Probe? filled = WithDefaults(Objects.PodOf(container => container with { ReadinessProbe = probe })).Spec.Containers[0].ReadinessProbe;

        Assert.Equal(
            new Probe
            {
                HttpGet = new HttpGetAction { Port = 8080, Path = "/", Scheme = "HTTP" },
                TimeoutSeconds = 1,
                PeriodSeconds = 10,
                SuccessThreshold = 1,
                FailureThreshold = 3,
            },
            filled);
    }

    [Fact]
    public void Port_And_FieldRef_GetProtocolAndVersion()
    {
        Container container = WithDefaults(Objects.PodOf(container => container with
        {
            Ports = [new ContainerPort { Number = 80 }],
            Env = [new EnvVar { Name = "POD", ValueFrom = new() { FieldRef = new() { FieldPath = "metadata.name" } } }],
        })).Spec.Containers[0];

        Assert.Equal("TCP", container.Ports[0].Protocol);
        Assert.Equal("v1", container.Env[0].ValueFrom!.FieldRef!.ApiVersion);
    }

    [Fact]
    public void Requests_AreTakenFromLimits_InPodsButNotInTemplates()
    {
        ResourceRequirements limited = new() { Limits = Objects.Quantities(("cpu", "1"), ("memory", "64Mi")), Requests = Objects.Quantities(("cpu", "500m")) };
        Pod pod = WithDefaults(Objects.PodOf(container => container with { Resources = limited }));
        Deployment deployment = WithDefaults(Objects.Deployment(spec => spec with { Template = new PodTemplateSpec { Spec = pod.Spec with { Containers = [new Container { Resources = limited }] } } }));

        Assert.Equal(Objects.Quantities(("cpu", "500m"), ("memory", "64Mi")), pod.Spec.Containers[0].Resources!.Requests);
        Assert.Equal(limited, deployment.Spec.Template.Spec.Containers[0].Resources);
    }

    [Fact]
    public void Pod_WithNothingSaid_IsPendingAndBestEffort()
    {
        Pod pod = WithDefaults(Objects.Pod());

        Assert.Equal("Pending", pod.Status!.Phase);
        Assert.Equal("BestEffort", pod.Status.QosClass);
        Assert.True(pod.Spec.EnableServiceLinks);
    }

    public static TheoryData<string, ResourceRequirements, string> QosCases => new()
    {
        { "limits alone are requests too", new() { Limits = Objects.Quantities(("cpu", "1"), ("memory", "1Gi")) }, "Guaranteed" },
        { "requests below limits", new() { Limits = Objects.Quantities(("cpu", "1"), ("memory", "1Gi")), Requests = Objects.Quantities(("cpu", "1m")) }, "Burstable" },
        { "memory without a limit", new() { Limits = Objects.Quantities(("cpu", "1")) }, "Burstable" },
        { "requests alone", new() { Requests = Objects.Quantities(("memory", "1Gi")) }, "Burstable" },
        { "zero is nothing", new() { Requests = Objects.Quantities(("memory", "0")) }, "BestEffort" },
    };

    [Theory]
    [MemberData(nameof(QosCases))]
    public void QosClass_FollowsRequestsAndLimits(string because, ResourceRequirements resources, string expected)
    {
        string? actual = WithDefaults(Objects.PodOf(container => container with { Resources = resources })).Status!.QosClass;

        Assert.True(expected == actual, $"{because}: expected {expected}, was {actual}");
    }

    [Fact]
    public void SaidAndUnsaidZeroes_GiveEqualTemplates()
    {
        Container plain = Objects.Template().Spec.Containers[0] with { Ports = [new() { Number = 80 }], LivenessProbe = new() { TcpSocket = new() { Port = 80 } }, ReadinessProbe = new() { Grpc = new() { Port = 80 } } };
        Container wordy = plain with
        {
            WorkingDir = "",
            Tty = false,
            Stdin = false,
            StdinOnce = false,
            Ports = [new() { Number = 80, HostPort = 0, Name = "", HostIP = "" }],
            LivenessProbe = new() { TcpSocket = new() { Port = 80, Host = "" }, InitialDelaySeconds = 0, TimeoutSeconds = 0 },
            ReadinessProbe = new() { Grpc = new() { Port = 80, Service = "" } },
        };

        Assert.Equal(
            WithDefaults(Objects.Deployment(spec => spec with { Template = new() { Spec = new() { Containers = [plain] } } })).Spec,
            WithDefaults(Objects.Deployment(spec => spec with { Paused = false, MinReadySeconds = 0, Template = new() { Spec = new() { Containers = [wordy], HostNetwork = false, NodeName = "" } } })).Spec);
    }

    [Theory]
    [InlineData(null, null, "default")]
    [InlineData("robot", null, "robot")]
    [InlineData("", "robot", "robot")]
    [InlineData("robot", "old", "robot")]
    public void Account_OfAPod_IsSaidByBothNames_AndIsTheDefaultOne(string? name, string? oldName, string expected)
    {
        Pod pod = WithDefaults(Objects.Pod(spec => spec with { ServiceAccountName = name, ServiceAccount = oldName }));

        Assert.Equal((expected, expected), (pod.Spec.ServiceAccountName, pod.Spec.ServiceAccount));
    }

    [Fact]
    public void Account_OfATemplate_IsNotChosen()
    {
        PodSpec silent = WithDefaults(Objects.Deployment()).Spec.Template.Spec;
        PodSpec named = WithDefaults(Objects.Deployment(spec => spec with { Template = spec.Template with { Spec = spec.Template.Spec with { ServiceAccountName = "robot" } } })).Spec.Template.Spec;

        Assert.Equal((null, null), (silent.ServiceAccountName, silent.ServiceAccount));
        Assert.Equal(("robot", "robot"), (named.ServiceAccountName, named.ServiceAccount));
    }

    [Fact]
    public void StringData_MovesIntoDataAndWins()
    {
        Secret secret = WithDefaults(new Secret
        {
            Metadata = Objects.Meta("login"),
            Data = ValueMap.Of(("a", "b2xk"), ("b", "Yg==")),
            StringData = ValueMap.Of(("a", "new")),
        });

        Assert.Equal(ValueMap.Of(("a", "bmV3"), ("b", "Yg==")), secret.Data);
        Assert.True(secret.StringData.IsEmpty);
        Assert.Equal("Opaque", secret.Type);
    }

    [Fact]
    public void Namespace_WithNothingSaid_IsNamedActiveAndHeld()
    {
        Namespace item = WithDefaults(new Namespace { Metadata = new ObjectMeta { Name = "shop" } });

        Assert.Equal("shop", item.Metadata.Labels["kubernetes.io/metadata.name"]);
        Assert.Equal(["kubernetes"], item.Spec!.Finalizers);
        Assert.Equal("Active", item.Status!.Phase);
    }

    [Fact]
    public void Namespace_ThatIsDeleted_IsNotHeldAnew()
    {
        Namespace item = WithDefaults(new Namespace { Metadata = new ObjectMeta { Name = "shop", DeletionTimestamp = DateTimeOffset.UnixEpoch } });

        Assert.Empty(item.Spec!.Finalizers);
        Assert.Equal("Terminating", item.Status!.Phase);
    }

    [Fact]
    public void Node_WithCapacityAlone_OffersAllOfIt()
    {
        Node node = WithDefaults(new Node { Status = new NodeStatus { Capacity = Objects.Quantities(("cpu", "4")) } });

        Assert.Equal(Objects.Quantities(("cpu", "4")), node.Status!.Allocatable);
    }

    public static TheoryData<string> EveryKind => [.. ResourceKinds.All.Select(kind => kind.Kind)];

    [Theory]
    [MemberData(nameof(EveryKind))]
    public void WithDefaults_TwiceOrAfterARoundTrip_ChangesNothing(string kind)
    {
        Resource resource = kind switch
        {
            "Deployment" => Objects.Deployment(),
            "ReplicaSet" => Objects.ReplicaSet(),
            "Pod" => Objects.PodOf(container => container with { Resources = new() { Limits = Objects.Quantities(("cpu", "1")) } }),
            _ => (Resource)Activator.CreateInstance(ResourceKinds.Find(kind)!.Type)!,
        };
        Resource once = ResourceRules.WithDefaults(resource);
        Resource stored = (Resource)System.Text.Json.JsonSerializer.Deserialize(ResourceJson.SerializeToUtf8Bytes(once), once.GetType(), ResourceJson.Options)!;

        Assert.Equal(once, ResourceRules.WithDefaults(once));
        Assert.Equal(once, ResourceRules.WithDefaults(stored));
    }

    [Fact]
    public void Generation_MovesWithTheSpecAlone()
    {
        Deployment stored = WithDefaults(Objects.Deployment()) with { Metadata = Objects.Meta("hello") with { Generation = 4 } };

        Assert.Equal(1, ResourceRules.Generation(stored, stored: null));
        Assert.Equal(4, ResourceRules.Generation(stored with { Metadata = Objects.Meta("hello"), Status = new() { Replicas = 1 } }, stored));
        Assert.Equal(5, ResourceRules.Generation(stored with { Spec = stored.Spec with { Replicas = 2 } }, stored));
        Assert.Null(ResourceRules.Generation(Objects.Pod(), stored: null));
    }

    private static T WithDefaults<T>(T resource)
        where T : Resource => Assert.IsType<T>(ResourceRules.WithDefaults(resource));
}
