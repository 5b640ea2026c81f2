using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire;

/// <summary>Kubernetes' <c>Status</c>: the body of every error, and of a delete that left nothing behind.</summary>
internal sealed record Status
{
    public string Kind { get; init; } = "Status";

    public string ApiVersion { get; init; } = "v1";

    public ListMeta Metadata { get; init; } = new();

    /// <summary>Named <c>status</c> on the wire: <c>Success</c> or <c>Failure</c>.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("status")]
    public string Outcome { get; init; } = Failure;

    public string? Message { get; init; }

    /// <summary>The machine-readable reason, one of <see cref="StatusReason"/>.</summary>
    public string? Reason { get; init; }

    public StatusDetails? Details { get; init; }

    /// <summary>The HTTP status code.</summary>
    public int Code { get; init; }

    public const string Success = "Success";

    public const string Failure = "Failure";
}

/// <summary>What a <see cref="Status"/> is about. <c>Kind</c> is the plural name of the resource, but the kind for an invalid object.</summary>
internal sealed record StatusDetails
{
    public string? Name { get; init; }

    public string? Group { get; init; }

    public string? Kind { get; init; }

    public string? Uid { get; init; }

    public ValueList<StatusCause> Causes { get; init; }

    public int? RetryAfterSeconds { get; init; }
}

/// <summary>One cause of a failure; for an invalid object, one field.</summary>
internal sealed record StatusCause
{
    public string? Reason { get; init; }

    public string? Message { get; init; }

    public string? Field { get; init; }
}

/// <summary>What a list says about itself.</summary>
internal sealed record ListMeta
{
    public string? ResourceVersion { get; init; }

    /// <summary>The token for the next page; absent on the last.</summary>
    public string? Continue { get; init; }

    public long? RemainingItemCount { get; init; }
}

/// <summary>Kubernetes' <c>metav1.StatusReason</c>s.</summary>
internal static class StatusReason
{
    public const string Unauthorized = "Unauthorized";
    public const string Forbidden = "Forbidden";
    public const string NotFound = "NotFound";
    public const string AlreadyExists = "AlreadyExists";
    public const string Conflict = "Conflict";
    public const string Gone = "Gone";
    public const string Invalid = "Invalid";
    public const string Timeout = "Timeout";
    public const string TooManyRequests = "TooManyRequests";
    public const string BadRequest = "BadRequest";
    public const string MethodNotAllowed = "MethodNotAllowed";
    public const string NotAcceptable = "NotAcceptable";
    public const string RequestEntityTooLarge = "RequestEntityTooLarge";
    public const string UnsupportedMediaType = "UnsupportedMediaType";
    public const string InternalError = "InternalError";
    public const string Expired = "Expired";
    public const string ServiceUnavailable = "ServiceUnavailable";
}
