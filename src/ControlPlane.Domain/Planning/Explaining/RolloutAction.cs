using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>What a person may ask of a rollout by name, without a patch of their own.</summary>
public abstract record RolloutAction
{
    private RolloutAction()
    {
    }

    /// <summary>The last part of the action's path.</summary>
    public abstract string Name { get; }

    /// <summary>Back to an older revision's template and annotations; null or 0: the last good one.</summary>
    public sealed record Rollback(long? ToRevision) : RolloutAction
    {
        public override string Name => "rollback";
    }

    /// <summary>New pods of the same template.</summary>
    public sealed record Restart : RolloutAction
    {
        public override string Name => "restart";
    }

    public sealed record Pause : RolloutAction
    {
        public override string Name => "pause";
    }

    public sealed record Resume : RolloutAction
    {
        public override string Name => "resume";
    }

    /// <summary>On with what waits for a person's word; <paramref name="Full"/>: and past all steps that are left.</summary>
    public sealed record Promote(bool Full) : RolloutAction
    {
        public override string Name => "promote";
    }

    /// <summary>A revision on trial is given up; the last good one takes over.</summary>
    public sealed record Abort : RolloutAction
    {
        public override string Name => "abort";
    }

    /// <summary>A failed revision is tried again.</summary>
    public sealed record Retry : RolloutAction
    {
        public override string Name => "retry";
    }
}

/// <summary>What an action may say beside its name.</summary>
public sealed record RolloutActionOptions : Resource
{
    /// <summary>Of <c>rollback</c>: the revision to go back to; 0 or absent: the last good one.</summary>
    public long? ToRevision { get; init; }

    /// <summary>Of <c>promote</c>: past all steps that are left.</summary>
    public bool? Full { get; init; }
}

/// <summary>What an action came to.</summary>
public sealed record RolloutActionResult : Resource
{
    /// <summary>The action.</summary>
    public string Action { get; init; } = "";

    /// <summary>False when there was nothing to do.</summary>
    [WriteEmpty]
    public bool Changed { get; init; }

    /// <summary>What was done, or why there was nothing to do.</summary>
    public string? Message { get; init; }

    /// <summary>The revision that the action is about: of a rollback the one gone back to; absent when none is on record.</summary>
    public long? Revision { get; init; }

    /// <summary>Of <c>promote-to</c>: the containers that get another image.</summary>
    public ValueList<ImageChange> Images { get; init; }
}
