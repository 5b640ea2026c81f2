using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public sealed class ServiceRulesTests
{
    [Fact]
    public void WithDefaults_OfAServiceWithAPort_SaysWhatKubernetesSays()
    {
        ServiceSpec spec = Complete(Service(spec => spec)).Spec;

        Assert.Equal(("ClusterIP", "None", "Cluster", "SingleStack", "IPv4"), (spec.Type, spec.SessionAffinity, spec.InternalTrafficPolicy, spec.IpFamilyPolicy, spec.IpFamilies[0]));
        Assert.Equal(("TCP", (IntOrString)80), (spec.Ports[0].Protocol, spec.Ports[0].TargetPort));
        Assert.Null(spec.ExternalTrafficPolicy);
        Assert.Equal("Cluster", Complete(Service(spec => spec with { Type = "NodePort" })).Spec.ExternalTrafficPolicy);
        Assert.Equal(10800, Complete(Service(spec => spec with { SessionAffinity = "ClientIP" })).Spec.SessionAffinityConfig!.ClientIP!.TimeoutSeconds);
        Assert.Equal(["127.96.0.1"], Complete(Service(spec => spec with { ClusterIP = "127.96.0.1" })).Spec.ClusterIPs);
    }

    [Theory]
    [InlineData("""{"ports":[]}""", "spec.ports", "Required value")]
    [InlineData("""{"ports":[{"port":0}]}""", "spec.ports[0].port", "Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("""{"ports":[{"port":80,"targetPort":"-"}]}""", "spec.ports[0].targetPort", "must contain at least one letter (a-z)")]
    [InlineData("""{"ports":[{"port":80,"protocol":"ICMP"}]}""", "spec.ports[0].protocol", "Unsupported value: \"ICMP\"")]
    [InlineData("""{"ports":[{"port":80},{"port":81,"name":"b"}]}""", "spec.ports[0].name", "Required value")]
    [InlineData("""{"ports":[{"port":80,"name":"a"},{"port":80,"name":"b"}]}""", "spec.ports[1]", "Duplicate value: {\"protocol\":\"TCP\",\"port\":80}")]
    [InlineData("""{"ports":[{"port":80,"name":"a"},{"port":81,"name":"a"}]}""", "spec.ports[1].name", "Duplicate value: \"a\"")]
    [InlineData("""{"ports":[{"port":80,"nodePort":30080}]}""", "spec.ports[0].nodePort", "Forbidden: may not be used when `type` is 'ClusterIP'")]
    [InlineData("""{"type":"NodePort","ports":[{"name":"a","port":80,"nodePort":30080},{"name":"b","port":81,"nodePort":30080}]}""", "spec.ports[1].nodePort", "Duplicate value: 30080")]
    [InlineData("""{"type":"Magic","ports":[{"port":80}]}""", "spec.type", "Unsupported value: \"Magic\"")]
    [InlineData("""{"clusterIP":"1.2.3","ports":[{"port":80}]}""", "spec.clusterIPs[0]", "must be a valid IP address")]
    [InlineData("""{"clusterIP":"fd00::1","ports":[{"port":80}]}""", "spec.clusterIPs[0]", "must be an IPv4 address")]
    [InlineData("""{"clusterIP":"None","type":"NodePort","ports":[{"port":80}]}""", "spec.clusterIPs[0]", "may not be set to 'None' for NodePort services")]
    [InlineData("""{"clusterIP":"127.96.0.1","clusterIPs":["127.96.0.2"],"ports":[{"port":80}]}""", "spec.clusterIPs", "first value must match `clusterIP`")]
    [InlineData("""{"sessionAffinity":"Always","ports":[{"port":80}]}""", "spec.sessionAffinity", "Unsupported value: \"Always\"")]
    [InlineData("""{"sessionAffinityConfig":{"clientIP":{"timeoutSeconds":5}},"ports":[{"port":80}]}""", "spec.sessionAffinityConfig", "Forbidden: must not be set when session affinity is None")]
    [InlineData("""{"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":90000}},"ports":[{"port":80}]}""", "spec.sessionAffinityConfig.clientIP.timeoutSeconds", "must be greater than 0 and less than 86400")]
    [InlineData("""{"selector":{"a b":"c"},"ports":[{"port":80}]}""", "spec.selector", "name part must consist of")]
    [InlineData("""{"type":"LoadBalancer","ports":[{"port":80}]}""", "spec.type", "type is not honoured by this control plane; use NodePort")]
    [InlineData("""{"type":"ExternalName","externalName":"example.com"}""", "spec.externalName", "externalName is not honoured by this control plane")]
    [InlineData("""{"externalIPs":["1.2.3.4"],"ports":[{"port":80}]}""", "spec.externalIPs", "externalIPs is not honoured by this control plane")]
    [InlineData("""{"internalTrafficPolicy":"Local","ports":[{"port":80}]}""", "spec.internalTrafficPolicy", "is not honoured by this control plane")]
    [InlineData("""{"ipFamilies":["IPv6"],"ports":[{"port":80}]}""", "spec.ipFamilies", "is not honoured by this control plane")]
    [InlineData("""{"ports":[{"port":53,"protocol":"UDP"}]}""", "spec.ports[0].protocol", "protocol is not honoured by this control plane; use TCP")]
    public void Service_ThatIsWrong_IsRefusedAtTheFieldsPath(string spec, string field, string message)
    {
        Service service = Service(_ => ResourceJson.Deserialize<ServiceSpec>(spec));

        FieldError error = Assert.Single(ResourceRules.ValidateCreate(Complete(service)), error => error.Field == field);

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("45", 45_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0s", 0)]
    [InlineData("1h1s", null)]
    [InlineData("soon", null)]
    [InlineData("-5s", null)]
    [InlineData("", null)]
    public void Service_SlowStartAndDrainTimeout_AreLengthsOfTimeUpToAnHour(string text, int? milliseconds)
    {
        Service service = Service(spec => spec);
        string[] names = [SlowStart.Annotation, Draining.TimeoutAnnotation];
        service = service with { Metadata = service.Metadata with { Annotations = ValueMap.Of((names[0], text), (names[1], text)) } };

        string[] errors = [.. ResourceRules.ValidateCreate(Complete(service)).Select(error => $"{error.Field}: {error.Message}")];

        Assert.Equal(
            milliseconds is null ? names.Select(name => $"metadata.annotations[{name}]: Invalid value: \"{text}\": must be seconds or a duration such as 30s or 1m30s, at most 1h") : [],
            errors);
        Assert.Equal(milliseconds ?? 0, SlowStart.WindowOf(service).TotalMilliseconds);
        Assert.Equal(milliseconds, ServiceTime.Of(service, Draining.TimeoutAnnotation)?.TotalMilliseconds);
    }

    [Theory]
    [InlineData("Web")]
    [InlineData("1web")]
    [InlineData("we.b")]
    public void Service_WithANameThatIsNoVariablesName_IsRefused(string name)
    {
        Service service = Service(spec => spec) with { Metadata = Objects.Meta(name) };

        Assert.Contains("a DNS-1035 label must consist of", Assert.Single(ResourceRules.ValidateCreate(Complete(service))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Address_OnceGiven_StaysWhereAnUpdateLeavesItOut_AndCannotBeChanged()
    {
        Service stored = Complete(Service(spec => spec with { ClusterIP = "127.96.0.1", ClusterIPs = ["127.96.0.1"] }));

        Service kept = Updated(Service(spec => spec), stored);
        Service moved = Updated(Service(spec => spec with { ClusterIP = "127.96.0.2" }), stored);

        Assert.Equal("127.96.0.1", kept.Spec.ClusterIP);
        Assert.Empty(ResourceRules.ValidateUpdate(kept, stored));
        FieldError error = Assert.Single(ResourceRules.ValidateUpdate(moved, stored));
        Assert.Equal(("spec.clusterIPs[0]", "Invalid value: [\"127.96.0.2\"]: may not change once set"), (error.Field, error.Message));
    }

    [Fact]
    public void NodePort_OnceGiven_StaysWithThePortOfTheSameNumber()
    {
        Service stored = Complete(Service(spec => spec with { Type = "NodePort", Ports = [new ServicePort { Port = 80, NodePort = 30080 }] }));

        Service kept = Updated(Service(spec => spec with { Type = "NodePort", Ports = [new ServicePort { Name = "a", Port = 81 }, new ServicePort { Name = "b", Port = 80 }] }), stored);

        Assert.Equal([null, 30080], kept.Spec.Ports.Select(port => port.NodePort));
        Assert.DoesNotContain(Updated(Service(spec => spec), stored).Spec.Ports, port => port.NodePort is not null);
    }

    [Theory]
    [InlineData("""{"addressType":"IPv6"}""", "addressType", "IPv6 is not honoured by this control plane")]
    [InlineData("""{"endpoints":[]}""", "addressType", "Required value")]
    [InlineData("""{"addressType":"IPv4","endpoints":[{}]}""", "endpoints[0].addresses", "must contain at least 1 address")]
    [InlineData("""{"addressType":"IPv4","endpoints":[{"addresses":["a"]}]}""", "endpoints[0].addresses[0]", "must be a valid IP address")]
    [InlineData("""{"addressType":"IPv4","ports":[{"port":0}]}""", "ports[0].port", "must be between 1 and 65535, inclusive")]
    public void EndpointSlice_ThatIsWrong_IsRefusedAtTheFieldsPath(string json, string field, string message)
    {
        EndpointSlice slice = ResourceJson.Deserialize<EndpointSlice>(json) with { Metadata = Objects.Meta("a") };

        Assert.Contains(message, Assert.Single(ResourceRules.ValidateCreate(ResourceRules.WithDefaults(slice)), error => error.Field == field).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"addresses":[{"ip":"x"}]}""", "subsets[0].addresses[0].ip", "must be a valid IP address")]
    [InlineData("""{"ports":[{"port":1}]}""", "subsets[0]", "must specify `addresses` or `notReadyAddresses`")]
    [InlineData("""{"addresses":[{"ip":"127.0.0.1"}],"ports":[{"port":0}]}""", "subsets[0].ports[0].port", "must be between 1 and 65535, inclusive")]
    public void Endpoints_ThatAreWrong_AreRefusedAtTheFieldsPath(string subset, string field, string message)
    {
        Endpoints endpoints = new() { Metadata = Objects.Meta("a"), Subsets = [ResourceJson.Deserialize<EndpointSubset>(subset)] };

        Assert.Contains(message, Assert.Single(ResourceRules.ValidateCreate(ResourceRules.WithDefaults(endpoints)), error => error.Field == field).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"minAvailable":1,"maxUnavailable":1}""", "spec", "minAvailable and maxUnavailable cannot be both set")]
    [InlineData("""{"minAvailable":-1}""", "spec.minAvailable", "must be greater than or equal to 0")]
    [InlineData("""{"maxUnavailable":"many"}""", "spec.maxUnavailable", "a valid percent string")]
    [InlineData("""{"maxUnavailable":"101%"}""", "spec.maxUnavailable", "must not be greater than 100%")]
    [InlineData("""{"minAvailable":1,"unhealthyPodEvictionPolicy":"Never"}""", "spec.unhealthyPodEvictionPolicy", "Unsupported value: \"Never\"")]
    public void PodDisruptionBudget_ThatIsWrong_IsRefusedAtTheFieldsPath(string spec, string field, string message)
    {
        PodDisruptionBudget budget = new() { Metadata = Objects.Meta("a"), Spec = ResourceJson.Deserialize<PodDisruptionBudgetSpec>(spec) };

        Assert.Contains(message, Assert.Single(ResourceRules.ValidateCreate(budget), error => error.Field == field).Message, StringComparison.Ordinal);
    }

    private static Service Service(Func<ServiceSpec, ServiceSpec> change) => new()
    {
        Metadata = Objects.Meta("web"),
        Spec = change(new ServiceSpec { Selector = ValueMap.Of(("app", "web")), Ports = [new ServicePort { Port = 80 }] }),
    };

    private static Service Complete(Service service) => (Service)ResourceRules.WithDefaults(service);

    private static Service Updated(Service wanted, Service stored) => Complete((Service)ResourceRules.WithChoicesOf(wanted, stored));
}
