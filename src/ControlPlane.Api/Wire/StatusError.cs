using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Wire;

/// <summary>The errors that the API answers, in the words clients know from Kubernetes (<c>apimachinery/pkg/api/errors</c>).</summary>
internal static class StatusError
{
    public static ApiException NotFound(ResourceKind kind, string name) =>
        Failure(404, StatusReason.NotFound, $"{kind.QualifiedPlural} \"{name}\" not found", About(kind, name));

    /// <summary>No such path, or no such kind in a group that is served.</summary>
    public static ApiException UnknownPath() =>
        Failure(404, StatusReason.NotFound, "the server could not find the requested resource", new StatusDetails());

    public static ApiException AlreadyExists(ResourceKind kind, string name) =>
        Failure(409, StatusReason.AlreadyExists, $"{kind.QualifiedPlural} \"{name}\" already exists", About(kind, name));

    /// <summary>A write that was based on an older version of the object.</summary>
    public static ApiException Conflict(ResourceKind kind, string name) =>
        Conflict(kind, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiException Conflict(ResourceKind kind, string name, string because) =>
        Failure(409, StatusReason.Conflict, $"Operation cannot be fulfilled on {kind.QualifiedPlural} \"{name}\": {because}", About(kind, name));

    /// <summary>A server-side apply of fields that others own and have at another value (Kubernetes: NewApplyConflict).</summary>
    /// <param name="conflicts">The owner in words, <c>"kubectl" using apps/v1</c>, and the field's path.</param>
    public static ApiException ApplyConflict(IReadOnlyList<(string Owner, string Path)> conflicts)
    {
        IEnumerable<string> lines = conflicts.GroupBy(conflict => conflict.Owner)
            .SelectMany(owner => owner.Select(conflict => $"- {conflict.Path}").Prepend($"conflicts with {owner.Key}:"));
        string message = conflicts.Count == 1
            ? $"Apply failed with 1 conflict: conflict with {conflicts[0].Owner}: {conflicts[0].Path}"
            : $"Apply failed with {conflicts.Count} conflicts: {string.Join('\n', lines)}";
        return Failure(409, StatusReason.Conflict, message, new StatusDetails
        {
            Causes = conflicts
                .Select(conflict => new StatusCause { Reason = "FieldManagerConflict", Message = $"conflict with {conflict.Owner}", Field = conflict.Path })
                .ToValueList(),
        });
    }

    /// <summary>The same request is being worked on; sent again a little later it is answered.</summary>
    public static ApiException Busy(string message, int retryAfterSeconds) =>
        Failure(409, StatusReason.Conflict, message, new StatusDetails { RetryAfterSeconds = retryAfterSeconds });

    /// <summary>A precondition of a delete or update names another uid or resourceVersion than the object has.</summary>
    public static ApiException PreconditionFailed(ResourceKind kind, string name, string field, string wanted, string actual) =>
        Conflict(kind, name, $"Precondition failed: {field} in precondition: {wanted}, {field} in object meta: {actual}");

    public static ApiException Invalid(ResourceKind kind, string name, IReadOnlyList<FieldError> errors) =>
        Invalid(kind.Group, kind.Kind, name, errors);

    /// <summary>An object, or the options of a request, that break rules; each error names its field.</summary>
    public static ApiException Invalid(string group, string kind, string name, IReadOnlyList<FieldError> errors)
    {
        string[] lines = [.. errors.Select(error => $"{error.Field}: {error.Message}").Distinct(StringComparer.Ordinal)];
        string subject = $"{Subject(group, kind, name)} is invalid";
        string message = lines.Length switch
        {
            0 => subject,
            1 => $"{subject}: {lines[0]}",
            _ => $"{subject}: [{string.Join(", ", lines)}]",
        };
        return Failure(422, StatusReason.Invalid, message, new StatusDetails
        {
            Name = name,
            Group = group,
            Kind = kind,
            Causes = errors.Select(error => new StatusCause { Reason = error.Reason, Message = error.Message, Field = error.Field }).ToValueList(),
        });
    }

    /// <summary>A well-formed request that cannot be done to the object as it is, such as a JSON patch whose <c>test</c> fails.</summary>
    public static ApiException Unprocessable(string message) => Failure(422, StatusReason.Invalid, message);

    /// <summary>An object that obeys all rules and holds what the database cannot keep, such as the character U+0000.</summary>
    public static ApiException Unstorable(ResourceKind kind, string name, string because) =>
        Failure(422, StatusReason.Invalid, $"{Subject(kind.Group, kind.Kind, name)} cannot be stored: {because}", About(kind, name) with { Kind = kind.Kind });

    public static ApiException BadRequest(string message) => Failure(400, StatusReason.BadRequest, message);

    public static ApiException Unauthorized() => Failure(401, StatusReason.Unauthorized, "Unauthorized");

    public static ApiException Forbidden(ResourceKind kind, string name, string because, params ReadOnlySpan<StatusCause> causes) => Failure(
        403,
        StatusReason.Forbidden,
        name.Length == 0 ? $"{kind.QualifiedPlural} is forbidden: {because}" : $"{kind.QualifiedPlural} \"{name}\" is forbidden: {because}",
        About(kind, name) with { Causes = [.. causes] });

    /// <summary>Nothing new is made in a namespace that is being deleted.</summary>
    public static ApiException NamespaceTerminating(ResourceKind kind, string name, string @namespace) => Forbidden(
        kind,
        name,
        $"unable to create new content in namespace {@namespace} because it is being terminated",
        new StatusCause { Reason = "NamespaceTerminating", Message = $"namespace {@namespace} is being terminated", Field = "metadata.namespace" });

    /// <summary>A path that is served, with a method that is not.</summary>
    public static ApiException MethodNotAllowed() =>
        Failure(405, StatusReason.MethodNotAllowed, "the server does not allow this method on the requested resource", new StatusDetails());

    public static ApiException MethodNotAllowed(ResourceKind kind, string action) => Failure(
        405,
        StatusReason.MethodNotAllowed,
        $"{action} is not supported on resources of kind \"{kind.QualifiedPlural}\"",
        new StatusDetails { Group = kind.Group, Kind = kind.Plural });

    public static ApiException NotAcceptable(params ReadOnlySpan<string?> accepted) =>
        Failure(406, StatusReason.NotAcceptable, $"only the following media types are accepted: {string.Join(", ", accepted)}");

    public static ApiException UnsupportedMediaType(params ReadOnlySpan<string?> accepted) => Failure(
        415,
        StatusReason.UnsupportedMediaType,
        $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", accepted)}");

    public static ApiException RequestEntityTooLarge(long limitBytes) => TooLarge($"limit is {limitBytes}");

    public static ApiException TooLarge(string because) =>
        Failure(413, StatusReason.RequestEntityTooLarge, $"Request entity too large: {because}");

    /// <summary>A watch or list from a revision whose changes are no longer kept.</summary>
    public static ApiException Expired(long requested, long oldest) =>
        Failure(410, StatusReason.Expired, $"too old resource version: {requested} ({oldest})");

    /// <summary>
    /// A continue token whose revision is no longer kept. A new list starts over, or the client goes on from where it was with the token in the answer,
    /// at another revision (Kubernetes: inconsistent continue).
    /// </summary>
    /// <param name="rest">Where the client was, at no revision.</param>
    public static ApiException ExpiredContinue(ContinueToken rest) => new(new Status
    {
        Metadata = new ListMeta { Continue = rest.Encode() },
        Code = 410,
        Reason = StatusReason.Expired,
        Message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, "
            + "or go on with the one in this answer: the pages that follow then show what is there now, and may lack what has changed since the first page.",
    });

    public static ApiException Gone(string message) => Failure(410, StatusReason.Gone, message);

    public static ApiException Timeout(string message, int retryAfterSeconds = 1) =>
        Failure(504, StatusReason.Timeout, $"Timeout: {message}", new StatusDetails { RetryAfterSeconds = retryAfterSeconds });

    /// <summary>A revision that this replica has not reached in the time allowed.</summary>
    public static ApiException TooLargeResourceVersion(long requested, long current) => Failure(
        504,
        StatusReason.Timeout,
        $"Timeout: Too large resource version: {requested}, current: {current}",
        new StatusDetails
        {
            RetryAfterSeconds = 1,
            Causes = [new StatusCause { Reason = "ResourceVersionTooLarge", Message = "Too large resource version" }],
        });

    public static ApiException TooManyRequests(string message, int retryAfterSeconds) =>
        Failure(429, StatusReason.TooManyRequests, message, new StatusDetails { RetryAfterSeconds = retryAfterSeconds });

    /// <summary>A disruption budget that does not let a pod go now (Kubernetes: eviction subresource).</summary>
    /// <param name="why">What the budget lacks.</param>
    /// <param name="retryAfterSeconds">When to ask again, where that is known. client-go sends such a request again by itself, ten times over, before its caller hears of it.</param>
    public static ApiException BudgetRefused(string why, int? retryAfterSeconds = null) => Failure(
        429,
        StatusReason.TooManyRequests,
        "Cannot evict pod as it would violate the pod's disruption budget.",
        new StatusDetails { RetryAfterSeconds = retryAfterSeconds, Causes = [new StatusCause { Reason = "DisruptionBudget", Message = why }] });

    /// <summary>Something behind the API that a request was for does not answer; clients are not asked to send it again (Kubernetes: NewServiceUnavailable).</summary>
    public static ApiException Unreachable(string message) => Failure(503, StatusReason.ServiceUnavailable, message);

    public static ApiException ServiceUnavailable(string message, int retryAfterSeconds = 1) =>
        Failure(503, StatusReason.ServiceUnavailable, message, new StatusDetails { RetryAfterSeconds = retryAfterSeconds });

    /// <summary>A fault of ours. The message is what the client may know; the exception goes to the log.</summary>
    public static ApiException InternalError(string message, Exception? inner = null) => new(
        new Status
        {
            Message = $"Internal error occurred: {message}",
            Reason = StatusReason.InternalError,
            Details = new StatusDetails { Causes = [new StatusCause { Message = message }] },
            Code = 500,
        },
        inner);

    private static ApiException Failure(int code, string reason, string message, StatusDetails? details = null) =>
        new(new Status { Code = code, Reason = reason, Message = message, Details = details });

    private static string Subject(string group, string kind, string name) => $"{(group.Length == 0 ? kind : $"{kind}.{group}")} \"{name}\"";

    private static StatusDetails About(ResourceKind kind, string name) => new() { Name = name, Group = kind.Group, Kind = kind.Plural };
}
