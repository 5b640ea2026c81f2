using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources.Reviews;

/// <summary>Asks who the caller is.</summary>
public sealed record SelfSubjectReview : Resource
{
    /// <summary>The answer.</summary>
    public SelfSubjectReviewStatus? Status { get; init; }
}

/// <summary>Who the caller is.</summary>
public sealed record SelfSubjectReviewStatus
{
    /// <summary>The caller.</summary>
    public UserInfo? UserInfo { get; init; }
}

/// <summary>Asks whose a token is.</summary>
public sealed record TokenReview : Resource
{
    /// <summary>What is asked.</summary>
    public TokenReviewSpec Spec { get; init => field = value ?? new TokenReviewSpec(); } = new();

    /// <summary>The answer.</summary>
    public TokenReviewStatus? Status { get; init; }
}

/// <summary>The token that is asked about.</summary>
public sealed record TokenReviewSpec
{
    /// <summary>The token.</summary>
    public string? Token { get; init; }

    public ValueList<string> Audiences { get; init; }

    /// <summary>Without the token, which has no place in a log.</summary>
    public override string ToString() => nameof(TokenReviewSpec);
}

/// <summary>Whose the token is.</summary>
public sealed record TokenReviewStatus
{
    /// <summary>True when it is somebody's.</summary>
    public bool? Authenticated { get; init; }

    /// <summary>Whose.</summary>
    public UserInfo? User { get; init; }

    public ValueList<string> Audiences { get; init; }

    public string? Error { get; init; }
}

/// <summary>Somebody who calls.</summary>
public sealed record UserInfo
{
    /// <summary>The token's name.</summary>
    public string? Username { get; init; }

    public string? Uid { get; init; }

    /// <summary>What the token's role is called among Kubernetes' groups.</summary>
    public ValueList<string> Groups { get; init; }

    public RawJson? Extra { get; init; }
}
