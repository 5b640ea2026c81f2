using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Selectors;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Wire;

public sealed class SelectorTests
{
    [Theory]
    [InlineData("", "app=web", true)]
    [InlineData("app=web", "app=web", true)]
    [InlineData("app==web", "app=web", true)]
    [InlineData("app=web", "app=db", false)]
    [InlineData("app=web", "", false)]
    [InlineData("app!=web", "app=db", true)]
    [InlineData("app!=web", "", true)]
    [InlineData("app in (web, db)", "app=db", true)]
    [InlineData("app in (web,db)", "app=x", false)]
    [InlineData("app notin (web,db)", "app=x", true)]
    [InlineData("app notin (web,db)", "app=db", false)]
    [InlineData("app", "app=", true)]
    [InlineData("app", "", false)]
    [InlineData("!app", "", true)]
    [InlineData("! app", "app=web", false)]
    [InlineData("app=", "app=", true)]
    [InlineData("app in (,web)", "app=", true)]
    [InlineData("app in ()", "app=", true)]
    [InlineData("size>5", "size=10", true)]
    [InlineData("size<5", "size=10", false)]
    [InlineData("app=web,tier!=back,!old", "app=web,tier=front", true)]
    [InlineData("app=web,tier!=back,!old", "app=web,tier=front,old=1", false)]
    [InlineData("in in (in,notin)", "in=notin", true)]
    [InlineData("example.com/app=web", "example.com/app=web", true)]
    public void LabelSelector_Query_MatchesAsInKubernetes(string query, string labels, bool matches)
    {
        LabelSelector selector = LabelSelectorParser.Parse(query);

        Assert.Equal(matches, selector.Matches(Labels(labels)));
    }

    [Theory]
    [InlineData("app web", "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("app=web,", "found '', expected: identifier after ','")]
    [InlineData(",app", "found ',', expected: !, identifier, or 'end of string'")]
    [InlineData("app=web x", "found 'x', expected: ',' or 'end of string'")]
    [InlineData("app in web", "unable to parse requirement: found 'web' expected: '('")]
    [InlineData("app in (web", "unable to parse requirement: found '', expected: ',' or ')'")]
    [InlineData("!=x", "found '!=', expected: !, identifier, or 'end of string'")]
    [InlineData("!", "unable to parse requirement: found '', expected: identifier")]
    [InlineData("a=(", "unable to parse requirement: found '(', expected: identifier")]
    [InlineData("a>b", "unable to parse requirement: values[0][a]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer")]
    public void LabelSelector_Broken_IsA400InKubernetesWords(string query, string message)
    {
        ApiException error = Assert.Throws<ApiException>(() => LabelSelectorParser.Parse(query));

        Assert.Equal((400, message), (error.Status.Code, error.Status.Message));
    }

    [Theory]
    [InlineData("-a=b")]
    [InlineData("a=b$")]
    [InlineData("a/=b")]
    [InlineData("/a=b")]
    [InlineData("UPPER.example/a=b")]
    [InlineData("a=0123456789012345678901234567890123456789012345678901234567890123")]
    public void LabelSelector_OfNoLabel_IsA400(string query)
    {
        ApiException error = Assert.Throws<ApiException>(() => LabelSelectorParser.Parse(query));

        Assert.Equal(400, error.Status.Code);
        Assert.StartsWith("unable to parse requirement: ", error.Status.Message, StringComparison.Ordinal);
        Assert.Contains("Invalid value", error.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToQuery_Selector_IsSortedByKeyAndReadsBack()
    {
        LabelSelector selector = new()
        {
            MatchLabels = ValueMap.Of(("tier", "front"), ("app", "web")),
            MatchExpressions =
            [
                new() { Key = "old", Operator = "DoesNotExist" },
                new() { Key = "zone", Operator = "In", Values = ["b", "a"] },
                new() { Key = "rack", Operator = "NotIn", Values = ["1"] },
                new() { Key = "fast", Operator = "Exists" },
            ],
        };

        string query = LabelSelectorFormat.ToQuery(selector);

        Assert.Equal("app=web,fast,!old,rack notin (1),tier=front,zone in (a,b)", query);
        Assert.True(LabelSelectorParser.Parse(query).Matches(ValueMap.Of(("app", "web"), ("tier", "front"), ("zone", "a"), ("fast", ""))));
        Assert.Equal("", LabelSelectorFormat.ToQuery(null));
    }

    [Theory]
    [InlineData("metadata.name=web-1", true)]
    [InlineData("metadata.name!=web-1", false)]
    [InlineData("metadata.namespace==shop,status.phase=Running", true)]
    [InlineData("spec.nodeName=", true)]
    [InlineData("spec.nodeName!=node-1", true)]
    [InlineData("spec.hostNetwork=false", true)]
    [InlineData("status.podIP=10.0.0.1", true)]
    [InlineData("metadata.name=a\\,b", false)]
    [InlineData("", true)]
    public void FieldSelector_OfAPod_ReadsItsFields(string query, bool matches)
    {
        Pod pod = new()
        {
            Metadata = new() { Name = "web-1", Namespace = "shop" },
            Status = new() { Phase = "Running", PodIP = "10.0.0.1" },
        };

        Assert.Equal(matches, FieldSelector.Parse(query, ResourceKinds.Pod).Matches(pod));
    }

    [Fact]
    public void FieldSelector_OfOtherKinds_KnowsTheirFields()
    {
        Event @event = new() { InvolvedObject = new() { Kind = "Pod", Name = "web-1", Uid = "u" }, Type = "Warning", ReportingComponent = "scheduler" };

        Assert.True(FieldSelector.Parse("involvedObject.kind=Pod,involvedObject.uid=u,type!=Normal,source=scheduler", ResourceKinds.Event).Matches(@event));
        Assert.True(FieldSelector.Parse("spec.unschedulable=true", ResourceKinds.Node).Matches(new Node { Spec = new() { Unschedulable = true } }));
        Assert.True(FieldSelector.Parse("type=Opaque", ResourceKinds.Secret).Matches(new Secret { Type = "Opaque" }));
        Assert.Equal("web-1", FieldSelector.Parse("metadata.name=web-1", ResourceKinds.Pod).RequiredName);
    }

    [Theory]
    [InlineData("spec.replicas=1", "field label not supported: spec.replicas")]
    [InlineData("spec.nodeName=x", "field label not supported: spec.nodeName")]
    [InlineData("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'")]
    [InlineData("metadata.name=a=b", "invalid selector: 'metadata.name=a=b'; unescaped character in value 'a=b'")]
    [InlineData("metadata.name=a\\b", "invalid selector: 'metadata.name=a\\b'; invalid escape sequence in 'a\\b'")]
    public void FieldSelector_NotSupportedOrBroken_IsA400(string query, string message)
    {
        ApiException error = Assert.Throws<ApiException>(() => FieldSelector.Parse(query, ResourceKinds.Deployment));

        Assert.Equal((400, message), (error.Status.Code, error.Status.Message));
    }

    private static ValueMap<string> Labels(string text) => text
        .Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(label => label.Split('='))
        .Select(parts => KeyValuePair.Create(parts[0], parts[1]))
        .ToValueMap();
}
