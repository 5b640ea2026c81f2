using System.Collections.Frozen;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Infrastructure.Storage.Commits;

/// <summary>
/// The set-wise statements of a commit for one kind. Each writes any number of rows and their change entries at once; its last parameter
/// holds the name of who makes each change. None joins what it writes with its parameters again: on the committer's connection that would be row by row.
/// </summary>
/// <param name="Read">What the rules ask of the rows.</param>
/// <param name="Insert">New rows.</param>
/// <param name="Update">Rows whose metadata and spec change, and perhaps their status.</param>
/// <param name="UpdateStatus">Rows whose status alone changes: the columns that are computed from the other parts stay as they are. The entry holds the status alone.</param>
/// <param name="UpdateStatusInFull">The same with entries that hold the whole object, for replicas that cannot read the others (decision 0580).</param>
/// <param name="Delete">Rows that leave.</param>
internal sealed record CommitStatements(string Read, string Insert, string Update, string UpdateStatus, string UpdateStatusInFull, string Delete)
{
    /// <summary>The transaction-scoped advisory lock that makes revision order the commit order. Any constant would do.</summary>
    public const long RevisionLock = 0x436F6E74726F6C31;

    public const string ChangesChannel = "controlplane_changes";

    public static readonly string Lock = $"SELECT pg_advisory_xact_lock({RevisionLock})";

    /// <summary>
    /// Moves the store's revision from $1 to $2. Each revision in between is one change: if a write did not find its row, or somebody else has moved
    /// the store, the revision would be null, which the table refuses, and with it the transaction. Both bounds are parameters, so that only the log's
    /// last partition is looked at.
    /// </summary>
    public const string Advance =
        """
        UPDATE store SET revision =
            CASE WHEN revision = $1 AND (SELECT count(*) FROM changes c WHERE c.revision > $1 AND c.revision <= $2) = $2 - $1 THEN $2 END
        """;

    private const string LogColumns = "revision, kind, namespace, name, uid, operation, desired_revision, metadata, labels, spec, status, actor";

    private static readonly FrozenDictionary<string, CommitStatements> ByKind = ResourceKinds.All.ToFrozenDictionary(kind => kind.Kind, For);

    public static CommitStatements Of(string kind) => ByKind[kind];

    private static CommitStatements For(ResourceKind kind)
    {
        const string RowState = "r.namespace, r.name, r.uid, r.resource_version, r.desired_revision, r.deletion_timestamp IS NOT NULL";
        string table = kind.Plural;
        string updateStatus =
            $"""
            UPDATE {table} r SET resource_version = t.revision, status = t.status
            FROM unnest($1::text[], $2::bigint[], $3::jsonb[], $4::text[]) AS t(uid, revision, status, actor)
            WHERE r.uid = t.uid
            """;
        return new CommitStatements(
            Read: $"""
                SELECT {RowState} FROM unnest($1::text[], $2::text[]) AS k(namespace, name) JOIN {table} r ON r.namespace = k.namespace AND r.name = k.name
                UNION SELECT {RowState} FROM unnest($3::text[]) AS u(uid) JOIN {table} r ON r.uid = u.uid
                """,
            Insert: $"""
                WITH t AS MATERIALIZED (
                    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::jsonb[], $9::text[])
                        AS t(uid, namespace, name, revision, metadata, labels, spec, status, actor)),
                w AS (
                    INSERT INTO {table} (uid, namespace, name, resource_version, desired_revision, metadata, labels, spec, status)
                    SELECT uid, namespace, name, revision, revision, metadata, labels, spec, status FROM t)
                INSERT INTO changes ({LogColumns})
                SELECT revision, '{kind.Kind}', namespace, name, uid, 'A', revision, metadata, labels, spec, status, actor FROM t
                """,
            Update: $"""
                WITH w AS (
                    UPDATE {table} r SET
                        resource_version = t.revision,
                        desired_revision = t.revision,
                        metadata = t.metadata,
                        labels = t.labels,
                        spec = t.spec,
                        status = CASE WHEN t.observed THEN t.status ELSE r.status END
                    FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::jsonb[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::text[])
                        AS t(uid, revision, observed, metadata, labels, spec, status, actor)
                    WHERE r.uid = t.uid
                    RETURNING r.*, t.actor AS changed_by)
                INSERT INTO changes ({LogColumns})
                SELECT resource_version, '{kind.Kind}', namespace, name, uid, 'M', desired_revision, metadata, labels, spec, status, changed_by FROM w
                """,
            UpdateStatus: $"""
                WITH w AS (
                    {updateStatus}
                    RETURNING r.namespace, r.name, r.uid, r.resource_version, r.desired_revision, r.status, t.actor AS changed_by)
                INSERT INTO changes (revision, kind, namespace, name, uid, operation, desired_revision, status, actor)
                SELECT resource_version, '{kind.Kind}', namespace, name, uid, 'S', desired_revision, status, changed_by FROM w
                """,
            UpdateStatusInFull: $"""
                WITH w AS (
                    {updateStatus}
                    RETURNING r.*, t.actor AS changed_by)
                INSERT INTO changes ({LogColumns})
                SELECT resource_version, '{kind.Kind}', namespace, name, uid, 'M', desired_revision, metadata, labels, spec, status, changed_by FROM w
                """,
            Delete: $"""
                WITH w AS (
                    DELETE FROM {table} r USING unnest($1::text[], $2::bigint[], $3::text[]) AS t(uid, revision, actor) WHERE r.uid = t.uid
                    RETURNING t.revision AS removed_at, t.actor AS removed_by, r.*)
                INSERT INTO changes ({LogColumns})
                SELECT removed_at, '{kind.Kind}', namespace, name, uid, 'D', desired_revision, metadata, labels, spec, status, removed_by FROM w
                """);
    }
}
