using System.Collections.Frozen;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Infrastructure.Storage.Model;

/// <summary>A column that the database computes from an object's JSON and stores.</summary>
internal sealed record GeneratedColumn(string Name, Type Type, string Sql, bool IsIndexed = false);

/// <summary>What people and reports filter by, kind by kind, beyond name and namespace.</summary>
internal static class GeneratedColumns
{
    private static readonly GeneratedColumn[] OfEveryKind =
    [
        new("generation", typeof(long?), "(metadata ->> 'generation')::bigint"),
        // Text, because reading a time depends on settings, which a generated column may not; ISO 8601 in UTC sorts as text.
        new("deletion_timestamp", typeof(string), "metadata ->> 'deletionTimestamp'"),
    ];

    private static readonly GeneratedColumn Owner = new(
        "owner_uid", typeof(string), "jsonb_path_query_first(metadata, '$.ownerReferences[*] ? (@.controller == true).uid') #>> '{}'");

    private static readonly FrozenDictionary<string, GeneratedColumn[]> OfKind = new Dictionary<string, GeneratedColumn[]>
    {
        [ResourceKinds.Pod.Kind] =
        [
            Owner,
            new("node", typeof(string), "spec ->> 'nodeName'", IsIndexed: true),
            new("phase", typeof(string), "status ->> 'phase'"),
            new("ready", typeof(bool?), "jsonb_path_exists(status, '$.conditions[*] ? (@.type == \"Ready\" && @.status == \"True\")')"),
        ],
        [ResourceKinds.ReplicaSet.Kind] =
        [
            Owner,
            new("replicas", typeof(int?), "(spec ->> 'replicas')::int"),
            new("ready_replicas", typeof(int?), "(status ->> 'readyReplicas')::int"),
        ],
        [ResourceKinds.Deployment.Kind] =
        [
            new("replicas", typeof(int?), "(spec ->> 'replicas')::int"),
            new("ready_replicas", typeof(int?), "(status ->> 'readyReplicas')::int"),
        ],
        [ResourceKinds.Namespace.Kind] = [new("phase", typeof(string), "status ->> 'phase'")],
        [ResourceKinds.Node.Kind] =
        [
            new("unschedulable", typeof(bool?), "(spec ->> 'unschedulable')::boolean"),
            new("ready", typeof(bool?), "jsonb_path_exists(status, '$.conditions[*] ? (@.type == \"Ready\" && @.status == \"True\")')"),
        ],
        [ResourceKinds.Event.Kind] =
        [
            new("involved_uid", typeof(string), "spec -> 'involvedObject' ->> 'uid'"),
            new("reason", typeof(string), "spec ->> 'reason'"),
            new("last_timestamp", typeof(string), "spec ->> 'lastTimestamp'"),
        ],
        [ResourceKinds.DeploymentRevision.Kind] =
        [
            Owner,
            new("revision", typeof(long?), "(status ->> 'revision')::bigint"),
            new("outcome", typeof(string), "status ->> 'outcome'"),
            new("started_by", typeof(string), "spec ->> 'startedBy'"),
        ],
        [ResourceKinds.Service.Kind] =
        [
            new("type", typeof(string), "spec ->> 'type'"),
            new("cluster_ip", typeof(string), "spec ->> 'clusterIP'"),
        ],
        [ResourceKinds.EndpointSlice.Kind] = [Owner],
        [ResourceKinds.ServiceAllocation.Kind] =
        [
            Owner,
            new("service_namespace", typeof(string), "spec ->> 'namespace'"),
            new("service_name", typeof(string), "spec ->> 'service'"),
        ],
        [ResourceKinds.PodDisruptionBudget.Kind] = [new("disruptions_allowed", typeof(int?), "(status ->> 'disruptionsAllowed')::int")],
        [ResourceKinds.Lease.Kind] = [new("holder", typeof(string), "spec ->> 'holderIdentity'")],
        [ResourceKinds.RolloutPolicy.Kind] =
        [
            new("strategy", typeof(string), "spec -> 'strategy' ->> 'type'"),
            new("target", typeof(string), "spec -> 'targetRef' ->> 'name'"),
        ],
        [ResourceKinds.RolloutState.Kind] =
        [
            Owner,
            new("deployment", typeof(string), "spec ->> 'deployment'"),
            new("revision", typeof(long?), "(spec ->> 'revision')::bigint"),
            new("phase", typeof(string), "spec ->> 'phase'"),
            new("step", typeof(int?), "(spec ->> 'step')::int"),
            new("weight_per_mille", typeof(int?), "(spec ->> 'weightPerMille')::int"),
        ],
        [ResourceKinds.Secret.Kind] = [new("type", typeof(string), "spec ->> 'type'")],
    }.ToFrozenDictionary();

    public static IEnumerable<GeneratedColumn> Of(ResourceKind kind) => OfEveryKind.Concat(OfKind.GetValueOrDefault(kind.Kind, []));
}
