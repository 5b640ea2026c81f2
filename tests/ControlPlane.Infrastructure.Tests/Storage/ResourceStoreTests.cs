using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Testing;
using Npgsql;

namespace ControlPlane.Infrastructure.Tests.Storage;

public class ResourceStoreTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestStore store = null!;

    public async Task InitializeAsync() => store = await TestStore.StartAsync(postgres.ConnectionString);

    public async Task DisposeAsync() => await store.DisposeAsync();

    public static TheoryData<string> Kinds => new(ResourceKinds.All.Select(kind => kind.Kind));

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task EveryKind_ComesBackFromTheLogAndFromTheTableAsItWasStored_AndGoes(string kind)
    {
        Resource written = Sample(kind);

        long revision = await store.StoreAsync(new Write.Create(written));

        Resource expected = written with
        {
            ApiVersion = ResourceKinds.Find(kind)!.ApiVersion,
            Kind = kind,
            Metadata = written.Metadata with { ResourceVersion = $"{revision}", DesiredRevision = revision },
        };
        Assert.Equal(expected, store.Cache.Find(ResourceKinds.Find(kind)!, written.Key));
        await using TestStore other = await TestStore.StartAsync(postgres.ConnectionString);
        Assert.Equal(expected, other.Cache.Find(ResourceKinds.Find(kind)!, written.Key));

        Assert.True(await store.StoreAsync(new Write.Update(expected, ResourceParts.All)) > revision);
        await store.StoreAsync(Write.Remove.Of(expected));
        Assert.Null(store.Cache.Find(ResourceKinds.Find(kind)!, written.Key));
    }

    [Fact]
    public async Task StatusUpdate_MovesTheResourceVersionOnly_AndKeepsWhatElseIsStored()
    {
        Pod pod = Objects.Pod("status");
        long created = await store.StoreAsync(new Write.Create(pod));

        long reported = await store.StoreAsync(new Write.Update(
            pod with { Metadata = new ObjectMeta { Name = pod.Name, Namespace = pod.Namespace, Uid = pod.Uid }, Status = new PodStatus { Phase = "Running" } },
            ResourceParts.Status));

        Pod found = store.Find<Pod>(pod.Key);
        Assert.Equal("Running", found.Status?.Phase);
        Assert.Equal(pod.Spec, found.Spec);
        Assert.Equal(pod.Metadata.Labels, found.Metadata.Labels);
        Assert.Equal((reported, created), (found.Metadata.Revision, found.Metadata.DesiredRevision));
    }

    [Fact]
    public async Task WhatIsCompressed_IsWithTheFastMethod_WhereTheDatabaseHasIt()
    {
        Pod pod = Objects.Pod("large");
        pod = pod with { Metadata = pod.Metadata with { Annotations = pod.Metadata.Annotations.SetItem("text", new string('a', 10_000)) } };

        await store.StoreAsync(new Write.Create(pod));

        object? fast = await Sql.ScalarAsync(
            postgres.ConnectionString, "SELECT CASE WHEN 'lz4' = ANY (enumvals) THEN 'lz4' ELSE 'pglz' END FROM pg_settings WHERE name = 'default_toast_compression'");
        Assert.Equal(fast, await Sql.ScalarAsync(postgres.ConnectionString, "SELECT pg_column_compression(metadata) FROM pods WHERE name = 'large'"));
        Assert.Equal(fast, await Sql.ScalarAsync(postgres.ConnectionString, "SELECT pg_column_compression(metadata) FROM changes WHERE name = 'large'"));
    }

    [Fact]
    public async Task EachChange_IsOnRecordWithWhoMadeIt()
    {
        Pod pod = Objects.Pod("audited");
        CommitUnit By(string actor, Write write) => new() { Actor = actor, Writes = [write] };

        await store.Store.CommitAsync([By("ci", new Write.Create(pod)), By("other", new Write.Create(Objects.Pod("audited-beside")))], CancellationToken.None);
        await store.CommitAsync(By("admin", new Write.Update(pod, ResourceParts.All)));
        await store.CommitAsync(By("system:reconciler", Write.Remove.Of(pod)));

        Assert.Equal(
            "ci A, admin M, system:reconciler D",
            await Sql.ScalarAsync(
                postgres.ConnectionString,
                "SELECT string_agg(actor || ' ' || operation, ', ' ORDER BY revision) FROM changes WHERE name = 'audited'"));
    }

    [Fact]
    public async Task Remove_LogsTheObjectAsItWasWithTheRevisionOfItsDeletion()
    {
        Pod pod = Objects.Pod("removed");
        await store.StoreAsync(new Write.Create(pod));
        using ChangeSubscription subscription = store.Cache.SubscribeFromNow();

        long revision = await store.StoreAsync(Write.Remove.Of(pod));

        Change change = Assert.Single(await subscription.ReadUntilAsync(revision));
        Assert.Equal((ChangeOperation.Deleted, revision, revision), (change.Operation, change.Revision, change.Object.Metadata.Revision));
        Assert.Equal(pod.Spec, ((Pod)change.Object).Spec);
        Assert.Null(store.Cache.Find(ResourceKinds.Pod, pod.Key));
    }

    [Fact]
    public async Task RefusedUnit_LeavesNoTrace_AndTheOthersOfItsTransactionCommit()
    {
        Pod taken = Objects.Pod("taken");
        await store.StoreAsync(new Write.Create(taken));

        ImmutableArray<UnitResult> results = await store.Store.CommitAsync(
            [
                Objects.Unit(new Write.Create(Objects.Pod("first"))),
                Objects.Unit(new Write.Create(Objects.Pod("beside")), new Write.Create(Objects.Pod("taken"))),
                Objects.Unit(new Write.Create(Objects.Pod("last"))),
            ],
            CancellationToken.None);

        Assert.Equal(new UnitResult.Refused(RefusalReason.AlreadyExists, "Pod", taken.Key), results[1]);
        long revision = Assert.IsType<UnitResult.Committed>(results[2]).Revision;
        await store.Cache.WaitForRevisionAsync(revision, CancellationToken.None);
        Assert.NotNull(store.Cache.Find(ResourceKinds.Pod, new ObjectKey("default", "first")));
        Assert.NotNull(store.Cache.Find(ResourceKinds.Pod, new ObjectKey("default", "last")));
        Assert.Null(store.Cache.Find(ResourceKinds.Pod, new ObjectKey("default", "beside")));
    }

    [Fact]
    public async Task UnitsOfOneCall_ThatWriteTheSameObject_AreCommittedInOrder()
    {
        Pod pod = Objects.Pod("again", image: "hello:0");

        ImmutableArray<UnitResult> results = await store.Store.CommitAsync(
            [
                Objects.Unit(new Write.Create(pod)),
                .. Enumerable.Range(1, 5).Select(version => Objects.Unit(
                    new Write.Update(Objects.Pod("again", pod.Uid, $"hello:{version}"), ResourceParts.Desired))),
            ],
            CancellationToken.None);

        long[] revisions = [.. results.Select(result => Assert.IsType<UnitResult.Committed>(result).Revision)];
        Assert.Equal(revisions.Order(), revisions);
        await store.Cache.WaitForRevisionAsync(revisions[^1], CancellationToken.None);
        Assert.Equal("hello:5", store.Find<Pod>(pod.Key).Spec.Containers[0].Image);
    }

    [Fact]
    public async Task Create_WithAUidThatLivesUnderAnotherName_IsRefused()
    {
        Pod pod = Objects.Pod("original");
        await store.StoreAsync(new Write.Create(pod));

        UnitResult result = await store.CommitAsync(new Write.Create(Objects.Pod("copy", pod.Uid)));

        Assert.Equal(RefusalReason.AlreadyExists, Assert.IsType<UnitResult.Refused>(result).Reason);
    }

    [Fact]
    public async Task Update_OfANameThatLivesUnderANewUid_IsRefused()
    {
        Pod old = Objects.Pod("reborn");
        await store.StoreAsync(new Write.Create(old));
        await store.StoreAsync(Write.Remove.Of(old));
        await store.StoreAsync(new Write.Create(Objects.Pod("reborn")));

        UnitResult result = await store.CommitAsync(new Write.Update(old, ResourceParts.All));

        Assert.Equal(RefusalReason.UidMismatch, Assert.IsType<UnitResult.Refused>(result).Reason);
    }

    [Fact]
    public async Task NamespaceThatIsBeingDeleted_TakesNothingNew()
    {
        Namespace active = Objects.Namespace("ending");
        await store.StoreAsync(new Write.Create(active));
        CommitUnit unit = Objects.Unit(new Write.Create(Objects.Pod("late"))) with { Preconditions = [new Precondition.NamespaceActive("ending")] };
        await store.StoreAsync(new Write.Update(Objects.Namespace("ending", DateTimeOffset.UnixEpoch), ResourceParts.Desired));

        UnitResult result = await store.CommitAsync(unit);

        Assert.Equal(RefusalReason.NamespaceTerminating, Assert.IsType<UnitResult.Refused>(result).Reason);
    }

    [Fact]
    public async Task ReportOfASession_IsStoredOnce_AndNoneOfASessionThatEnded()
    {
        CommitUnit Report(string session, long sequence) =>
            Objects.Unit(new Write.Create(Objects.Pod($"report-{session}-{sequence}"))) with
            {
                Preconditions = [new Precondition.AgentSession("node-1", session, sequence)],
            };

        await store.CommitAsync(new Write.SetAgentSession("node-1", "a"));
        Assert.IsType<UnitResult.Committed>(await store.CommitAsync(Report("a", 1)));
        Assert.IsType<UnitResult.Refused>(await store.CommitAsync(Report("a", 1)));
        Assert.IsType<UnitResult.Committed>(await store.CommitAsync(Report("a", 2)));
        await store.CommitAsync(new Write.SetAgentSession("node-1", null));
        Assert.Equal(RefusalReason.StaleSession, Assert.IsType<UnitResult.Refused>(await store.CommitAsync(Report("a", 3))).Reason);
        await store.CommitAsync(new Write.SetAgentSession("node-1", "b"));
        Assert.IsType<UnitResult.Refused>(await store.CommitAsync(Report("a", 4)));
        Assert.IsType<UnitResult.Committed>(await store.CommitAsync(Report("b", 1)));
    }

    [Theory]
    [InlineData("a\0b", false)]
    [InlineData("a\\u0000b", true)]
    [InlineData("quote \" backslash \\ newline \n euro € clef 𝄞", true)]
    public async Task Text_ThatPostgresCannotHold_IsRefused_AndAllElseIsKept(string text, bool isStorable)
    {
        Pod pod = Objects.Pod($"text-{Guid.NewGuid():N}") with { Status = new PodStatus { Message = text } };
        if (isStorable)
        {
            await store.StoreAsync(new Write.Create(pod));
            Assert.Equal(text, store.Find<Pod>(pod.Key).Status?.Message);
        }
        else
        {
            UnitResult.Refused refused = Assert.IsType<UnitResult.Refused>(await store.CommitAsync(new Write.Create(pod)));
            Assert.Equal((RefusalReason.Unstorable, "Pod", pod.Key), (refused.Reason, refused.Kind, refused.Key));
            Assert.Contains("U+0000", refused.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ValueThatPostgresRefuses_RefusesItsOwnUnitOnly()
    {
        Pod bad = Objects.Pod("bad-number") with { Spec = new PodSpec { Overhead = new RawJson("""{"a":"\ud800"}""") } };
        Task<UnitResult>[] commits =
        [
            .. Enumerable.Range(0, 10).Select(i => store.CommitAsync(new Write.Create(Objects.Pod($"good-{i}")))),
            store.CommitAsync(new Write.Create(bad)),
            .. Enumerable.Range(10, 10).Select(i => store.CommitAsync(new Write.Create(Objects.Pod($"good-{i}")))),
        ];

        Assert.Equal(RefusalReason.Unstorable, Assert.IsType<UnitResult.Refused>(await commits[10]).Reason);
        foreach (Task<UnitResult> commit in commits.Where(commit => commit != commits[10]))
        {
            Assert.IsType<UnitResult.Committed>(await commit);
        }
    }

    /// <summary>Each of them is beyond another check: before the transaction, while it reads, and while it writes.</summary>
    [Fact]
    public async Task UnitsThatCannotBeStored_AreRefusedInTheirPlaces_AmongTheOthersOfTheirCall()
    {
        string longName = string.Concat(Enumerable.Range(0, 600).Select(i => Guid.NewGuid().ToString("N")));
        ImmutableArray<UnitResult> results = await store.Store.CommitAsync(
            [
                Objects.Unit(new Write.Create(Objects.Pod("call-first"))),
                Objects.Unit(new Write.Create(Objects.Pod("call-text") with { Status = new PodStatus { Message = "\0" } })),
                Objects.Unit(new Write.Create(Objects.Pod("call\0name"))),
                Objects.Unit(new Write.Create(Objects.Pod("call-middle"))),
                Objects.Unit(new Write.Create(Objects.Pod("call-json") with { Spec = new PodSpec { Overhead = new RawJson("""{"a":"\ud800"}""") } })),
                Objects.Unit(new Write.Create(Objects.Pod(longName))),
                Objects.Unit(new Write.Create(Objects.Pod("call-last"))),
            ],
            CancellationToken.None);

        Assert.Equal(
            [null, RefusalReason.Unstorable, RefusalReason.Unstorable, null, RefusalReason.Unstorable, RefusalReason.Unstorable, null],
            results.Select(result => (result as UnitResult.Refused)?.Reason));
        UnitResult.Refused tooLong = Assert.IsType<UnitResult.Refused>(results[5]);
        Assert.Equal(longName, tooLong.Key.Name);
        Assert.Contains("index", tooLong.Detail, StringComparison.Ordinal);
        await store.Cache.WaitForLatestAsync(CancellationToken.None);
        foreach (string name in new[] { "call-first", "call-middle", "call-last" })
        {
            store.Find<Pod>(new ObjectKey("default", name));
        }
    }

    [Fact]
    public async Task FilterColumns_FollowTheObject()
    {
        Pod pod = Objects.Pod("columns");
        pod = pod with
        {
            Metadata = pod.Metadata with { Generation = 3, OwnerReferences = [new OwnerReference { Uid = "other" }, new OwnerReference { Uid = "rs", Controller = true }] },
            Spec = pod.Spec with { NodeName = "node-1" },
            Status = new PodStatus { Phase = "Running", Conditions = [new Condition { Type = "Ready", Status = "True" }] },
        };
        await store.StoreAsync(new Write.Create(pod));

        await using NpgsqlDataSource source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand("SELECT node || ' ' || phase || ' ' || ready || ' ' || owner_uid || ' ' || generation FROM pods WHERE name = 'columns'");
        Assert.Equal("node-1 Running true rs 3", await command.ExecuteScalarAsync());
    }

    private static Resource Sample(string kind)
    {
        ObjectMeta meta = Objects.Meta("sample", $"uid-{kind}") with
        {
            Generation = 2,
            Annotations = ValueMap.Of(("note", "x")),
            Finalizers = ["example.com/hold"],
            OwnerReferences = [new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = "n", Uid = "u", Controller = true }],
        };
        PodTemplateSpec template = new() { Metadata = new ObjectMeta { Labels = ValueMap.Of(("app", "x")) }, Spec = Objects.Pod("x").Spec };
        return kind switch
        {
            "Namespace" => new Namespace { Metadata = meta with { Namespace = "" }, Spec = new NamespaceSpec { Finalizers = ["kubernetes"] }, Status = new NamespaceStatus { Phase = "Active" } },
            "Node" => new Node { Metadata = meta with { Namespace = "" } },
            "Pod" => new Pod { Metadata = meta, Spec = template.Spec, Status = new PodStatus() },
            "Secret" => new Secret { Metadata = meta, Type = "Opaque", Data = ValueMap.Of(("a", "Yg==")), Immutable = true },
            "ConfigMap" => new ConfigMap { Metadata = meta, Data = ValueMap.Of(("a", "b")), BinaryData = ValueMap.Of(("c", "ZA==")), Immutable = false },
            "ServiceAccount" => new ServiceAccount { Metadata = meta, Secrets = [new ObjectReference { Name = "token" }], ImagePullSecrets = [new LocalObjectReference { Name = "login" }], AutomountServiceAccountToken = false },
            "ResourceQuota" => new ResourceQuota
            {
                Metadata = meta,
                Spec = new ResourceQuotaSpec { Hard = new Dictionary<string, Quantity> { ["pods"] = Quantity.Parse("5") }.ToValueMap() },
                Status = new ResourceQuotaStatus { Used = new Dictionary<string, Quantity> { ["pods"] = Quantity.Parse("0") }.ToValueMap() },
            },
            "Event" => new Event { Metadata = meta, InvolvedObject = new ObjectReference { Kind = "Pod", Name = "p", Uid = "u" }, Reason = "Started", EventTime = DateTimeOffset.UnixEpoch },
            "Deployment" => new Deployment { Metadata = meta, Spec = new DeploymentSpec { Replicas = 3, Template = template, Strategy = new DeploymentStrategy { Type = "Recreate" } } },
            "ReplicaSet" => new ReplicaSet { Metadata = meta, Spec = new ReplicaSetSpec { Replicas = 0, Template = template }, Status = new ReplicaSetStatus() },
            "DeploymentRevision" => new DeploymentRevision
            {
                Metadata = meta,
                Spec = new DeploymentRevisionSpec { Generation = 3, StartedBy = "ann", StartedAt = DateTimeOffset.UnixEpoch, Images = ["hello:1"] },
                Status = new DeploymentRevisionStatus { Revision = long.MaxValue, Outcome = "Complete" },
            },
            "Service" => new Service
            {
                Metadata = meta,
                Spec = new ServiceSpec { Type = "NodePort", ClusterIP = "127.96.0.1", ClusterIPs = ["127.96.0.1"], Ports = [new ServicePort { Port = 80, TargetPort = "http", NodePort = 30080 }] },
                Status = new ServiceStatus { LoadBalancer = new LoadBalancerStatus() },
            },
            "Endpoints" => new Endpoints
            {
                Metadata = meta,
                Subsets = [new EndpointSubset { Addresses = [new EndpointAddress { Ip = "127.0.1.1", NodeName = "n" }], Ports = [new EndpointPort { Port = 41000, Protocol = "TCP" }] }],
            },
            "EndpointSlice" => new EndpointSlice
            {
                Metadata = meta,
                AddressType = "IPv4",
                Ports = [new EndpointSlicePort { Name = "", Port = 41000, Protocol = "TCP" }],
                Endpoints = [new Endpoint { Addresses = ["127.0.1.1"], Conditions = new EndpointConditions { Ready = false, Serving = true, Terminating = true } }],
            },
            "PodDisruptionBudget" => new PodDisruptionBudget
            {
                Metadata = meta,
                Spec = new PodDisruptionBudgetSpec { MinAvailable = "50%", Selector = new LabelSelector { MatchLabels = ValueMap.Of(("app", "x")) } },
                Status = new PodDisruptionBudgetStatus { DisruptionsAllowed = 0, ExpectedPods = 3 },
            },
            "Lease" => new Lease { Metadata = meta, Spec = new LeaseSpec { HolderIdentity = "me", RenewTime = DateTimeOffset.UnixEpoch.AddMicroseconds(1), LeaseTransitions = 0 } },
            "ServiceAllocation" => new ServiceAllocation
            {
                Metadata = meta with { Namespace = "" },
                Spec = new ServiceAllocationSpec { Namespace = "default", Service = "web" },
            },
            "RolloutPolicy" => new RolloutPolicy
            {
                Metadata = meta,
                Spec = new RolloutPolicySpec
                {
                    Selector = new LabelSelector(),
                    Strategy = new RolloutStrategy { Type = "Canary", Canary = new CanaryStrategy { Steps = [new CanaryStep { SetWeight = 33.3m }, new CanaryStep { Pause = new PauseStep() }] } },
                },
                Status = new RolloutPolicyStatus { Deployments = 1 },
            },
            "RolloutState" => new RolloutState
            {
                Metadata = meta,
                Spec = new RolloutStateSpec { Deployment = "hello", Canary = "hello-b", Stable = "hello-a", Revision = 2, Phase = "Paused", Step = 1, Steps = 2, WeightPerMille = 333 },
            },
            _ => throw new ArgumentException($"add a sample of {kind}"),
        };
    }
}
