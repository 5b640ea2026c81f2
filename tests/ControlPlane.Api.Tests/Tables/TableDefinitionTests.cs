using ControlPlane.Api.Wire.Tables;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Tables;

public class TableDefinitionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly ObjectMeta Meta = new() { Name = "hello", CreationTimestamp = Now.AddDays(-5) };

    private static readonly LabelSelector Selector = new()
    {
        MatchLabels = ValueMap.Of(("tier", "web")),
        MatchExpressions = [new() { Key = "app", Operator = "In", Values = ["b", "a"] }, new() { Key = "old", Operator = "DoesNotExist" }],
    };

    private static readonly PodTemplateSpec Template = new()
    {
        Spec = new() { Containers = [new() { Name = "web", Image = "hello:1" }, new() { Name = "log", Image = "log:2" }] },
    };

    public static TheoryData<string> EveryKind => [.. ResourceKinds.All.Select(kind => kind.Kind)];

    [Theory]
    [MemberData(nameof(EveryKind))]
    public void EmptyObject_OfEachKind_HasACellForEachColumn(string kind)
    {
        ResourceKind found = ResourceKinds.Find(kind)!;
        TableDefinition table = TableDefinition.For(found);

        IReadOnlyList<object?> cells = table.Cells((Resource)Activator.CreateInstance(found.Type)!, Now);

        Assert.Equal(table.Columns.Count, cells.Count);
        Assert.All(cells, cell => Assert.True(cell is string or long, $"{cell?.GetType().Name ?? "null"} is no text and no number"));
        Assert.Single(table.Columns, column => column is { Name: "Name", Format: "name" });
    }

    [Fact]
    public void Deployment_ReadsAsInKubectl() => AssertRow(
        new Deployment
        {
            Metadata = Meta,
            Spec = new() { Replicas = 3, Template = Template, Selector = Selector },
            Status = new() { ReadyReplicas = 2, UpdatedReplicas = 1, AvailableReplicas = 2 },
        },
        "Name,Ready,Up-to-date,Available,Age,Containers,Images,Selector",
        "hello",
        "2/3",
        1L,
        2L,
        "5d",
        "web,log",
        "hello:1,log:2",
        "app in (a,b),!old,tier=web");

    [Fact]
    public void ReplicaSet_ReadsAsInKubectl() => AssertRow(
        new ReplicaSet { Metadata = Meta, Spec = new() { Replicas = 3, Template = Template }, Status = new() { Replicas = 2, ReadyReplicas = 1 } },
        "Name,Desired,Current,Ready,Age,Containers,Images,Selector",
        "hello",
        3L,
        2L,
        1L,
        "5d",
        "web,log",
        "hello:1,log:2",
        "<none>");

    [Fact]
    public void Node_ReadsAsInKubectl() => AssertRow(
        new Node
        {
            Metadata = Meta with { Labels = ValueMap.Of(("node-role.kubernetes.io/worker", ""), ("kubernetes.io/role", "edge")) },
            Spec = new() { Unschedulable = true },
            Status = new()
            {
                Conditions = [new() { Type = "Ready", Status = "True" }],
                Addresses = [new() { Type = "InternalIP", Address = "127.0.1.1" }],
                NodeInfo = new() { KubeletVersion = "v1", OsImage = "Debian", KernelVersion = "6.1" },
            },
        },
        "Name,Status,Roles,Age,Version,Internal-IP,External-IP,OS-Image,Kernel-Version,Container-Runtime",
        "hello",
        "Ready,SchedulingDisabled",
        "edge,worker",
        "5d",
        "v1",
        "127.0.1.1",
        "<none>",
        "Debian",
        "6.1",
        "<unknown>");

    [Theory]
    [InlineData("True", "Ready")]
    [InlineData("False", "NotReady")]
    [InlineData("Unknown", "NotReady")]
    [InlineData(null, "Unknown")]
    public void NodeStatus_FollowsItsReadyCondition(string? ready, string expected)
    {
        Node node = new() { Metadata = Meta, Status = new() { Conditions = ready is null ? default : [new() { Type = "Ready", Status = ready }] } };

        Assert.Equal(expected, TableDefinition.For(ResourceKinds.Node).Cells(node, Now)[1]);
    }

    [Fact]
    public void Namespace_ReadsAsInKubectl() =>
        AssertRow(new Namespace { Metadata = Meta, Status = new() { Phase = "Active" } }, "Name,Status,Age", "hello", "Active", "5d");

    [Fact]
    public void Secret_ShowsHowManyValuesAndNone() => AssertRow(
        new Secret { Metadata = Meta, Type = "Opaque", Data = ValueMap.Of(("a", "b"), ("c", "d")) }, "Name,Type,Data,Age", "hello", "Opaque", 2L, "5d");

    [Fact]
    public void ConfigMap_ShowsHowManyValues() => AssertRow(
        new ConfigMap { Metadata = Meta, Data = ValueMap.Of(("a", "b"), ("c", "d")), BinaryData = ValueMap.Of(("e", "Zg==")) }, "Name,Data,Age", "hello", 3L, "5d");

    [Fact]
    public void ServiceAccount_ShowsHowManySecretsItNames() => AssertRow(
        new ServiceAccount { Metadata = Meta, Secrets = [new() { Name = "token" }] }, "Name,Secrets,Age", "hello", 1L, "5d");

    [Fact]
    public void ResourceQuota_ShowsLimitsApart() => AssertRow(
        new ResourceQuota
        {
            Metadata = Meta,
            Status = new()
            {
                Hard = new Dictionary<string, Quantity> { ["pods"] = Quantity.Parse("5"), ["limits.cpu"] = Quantity.Parse("2"), ["cpu"] = Quantity.Parse("1") }.ToValueMap(),
                Used = new Dictionary<string, Quantity> { ["pods"] = Quantity.Parse("3"), ["limits.cpu"] = Quantity.Parse("500m") }.ToValueMap(),
            },
        },
        "Name,Request,Limit,Age", "hello", "cpu: 0/1, pods: 3/5", "limits.cpu: 500m/2", "5d");

    [Fact]
    public void Lease_ShowsItsHolder() => AssertRow(new Lease { Metadata = Meta, Spec = new() { HolderIdentity = "me" } }, "Name,Holder,Age", "hello", "me", "5d");

    [Fact]
    public void Event_ReadsAsInKubectl() => AssertRow(
        new Event
        {
            Metadata = Meta,
            InvolvedObject = new() { Kind = "Pod", Name = "web", FieldPath = "spec.containers{web}" },
            Type = "Warning",
            Reason = "BackOff",
            Message = "again\n",
            Source = new() { Component = "agent", Host = "node-1" },
            FirstTimestamp = Now.AddMinutes(-3),
            LastTimestamp = Now.AddSeconds(-9),
            Count = 4,
        },
        "Last Seen,Type,Reason,Object,Subobject,Source,Message,First Seen,Count,Name",
        "9s",
        "Warning",
        "BackOff",
        "pod/web",
        "spec.containers{web}",
        "agent, node-1",
        "again",
        "3m",
        4L,
        "hello");

    [Fact]
    public void EventOfTheNewKind_TakesItsTimesFromEventTimeAndSeries()
    {
        Event once = new() { Metadata = Meta, EventTime = Now.AddSeconds(-30), ReportingComponent = "me" };
        Event often = once with { Series = new() { Count = 7, LastObservedTime = Now.AddSeconds(-2) } };

        Assert.Equal(["30s", "30s", 1L, "me"], Pick(once));
        Assert.Equal(["2s", "30s", 7L, "me"], Pick(often));

        static object?[] Pick(Event item)
        {
            IReadOnlyList<object?> cells = TableDefinition.For(ResourceKinds.Event).Cells(item, Now);
            return [cells[0], cells[7], cells[8], cells[5]];
        }
    }

    private static void AssertRow(Resource resource, string columns, params object?[] cells)
    {
        TableDefinition table = TableDefinition.For(ResourceKinds.Of(resource));

        Assert.Equal(columns, string.Join(',', table.Columns.Select(column => column.Name)));
        Assert.Equal(cells, table.Cells(resource, Now));
    }
}
