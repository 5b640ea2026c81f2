using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// A rollout whose policy has a strategy: a revision on its way beside a stable one, which is the newest that has been complete. There is none while nothing is on its way, and
/// while there is nothing to go back to.
/// </summary>
internal sealed record Release
{
    /// <summary>As this pass wants it.</summary>
    public required Rollout Rollout { get; init; }

    public required RolloutPolicy Policy { get; init; }

    /// <summary>The stable ReplicaSet's name.</summary>
    public required string StableName { get; init; }

    /// <summary>How far it has come, as this pass wants it; null when it is over, or has not begun.</summary>
    public RolloutStateSpec? State { get; init; }

    /// <summary>Whether the policy is made up from the record, for the one by which it began is gone.</summary>
    public bool IsStandIn { get; init; }

    /// <summary>Whether it stands where it is: the Deployment is paused, or nobody knows by which policy to go on.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Whether a step has ended in this pass, which is progress.</summary>
    public bool HasAdvanced { get; init; }

    /// <summary>Why the new revision has failed, by what was measured; null when it has not.</summary>
    public string? Failure { get; init; }

    public TimeSpan? RecheckAfter { get; init; }

    public ValueList<EventNote> Events { get; init; }

    public RolloutStrategy Strategy => Policy.Spec.Strategy!;

    public int Replicas => Rollout.Replicas;

    public RolloutMember Stable => Rollout.Members.First(member => member.Name == StableName);

    /// <summary>Whether it waits for time, a person or figures: then no deadline runs.</summary>
    public bool IsWaiting => State?.Phase is RolloutPhases.Paused or RolloutPhases.WaitingForPromotion or RolloutPhases.Analyzing or RolloutPhases.Promoted;

    /// <summary>Past its steps: the stable one need not have all its pods any longer.</summary>
    public bool IsPastSteps => State is { } state && state.Step >= state.Steps;

    /// <summary>Past its steps, and from here on the old pods go.</summary>
    public bool IsFinishing => IsPastSteps && State!.Phase != RolloutPhases.Aborted;

    /// <summary>Given up past its steps: the stable one gets back the pods that it has lost.</summary>
    public bool IsReturning => IsPastSteps && State!.Phase == RolloutPhases.Aborted;

    /// <summary>The Services that the policy names and that select none of the Deployment's pods: their requests are not divided here.</summary>
    public ValueList<string> Foreign { get; init; }

    /// <summary>The Service whose requests are divided; null when there is none.</summary>
    public string? Service => Divided(Strategy.Canary?.Service ?? Strategy.BlueGreen?.ActiveService);

    /// <summary>The Service that gets a blue-green's new revision before it is promoted; null when there is none.</summary>
    public string? PreviewService => Divided(Strategy.BlueGreen?.PreviewService);

    /// <summary>
    /// What a policy makes of a rollout; null where the Deployment's own strategy says everything: no policy with a strategy, nothing that was ever complete to go back to, nothing on
    /// its way, or a revision on its way that began, or goes back, by the Deployment's own rules.
    /// </summary>
    public static Release? Of(Rollout rollout, WorkloadSnapshot snapshot)
    {
        RolloutPolicy? policy = snapshot.Policy.Policy
            ?? snapshot.Policy.Candidates.FirstOrDefault(candidate => candidate.Name == snapshot.State?.Spec.Policy);
        RolloutPolicy? standIn = LostPolicy.StandIn(rollout, snapshot);
        policy = standIn ?? policy;
        if (policy?.Spec.Strategy is null || Outcomes.LastGood(rollout.Members) is not { } stable)
        {
            return null;
        }

        bool isLost = LostPolicy.Holds(rollout, snapshot);
        Release release = new()
        {
            Rollout = standIn is null ? rollout : rollout with { HasPolicyStrategy = true, LacksPolicy = isLost },
            IsStandIn = standIn is not null,
            Policy = policy,
            StableName = stable.Name,
            State = standIn is null && snapshot.State is { } state ? OnRecord(state.Spec, policy) : snapshot.State?.Spec,
            IsHeld = rollout.Deployment.Spec.Paused == true || snapshot.Policy.IsConflict || isLost,
            Foreign = ForeignServices.Of(policy.Spec, rollout.Deployment, snapshot.ServiceOf),
        };
        return release.IsOwn() ? null : release;
    }

    /// <summary>Which of the two strategies it is, as a state says it.</summary>
    public static string TypeOf(RolloutStrategy strategy) => strategy.Canary is null ? RolloutStrategy.BlueGreenType : RolloutStrategy.CanaryType;

    /// <summary>The size of every ReplicaSet, by whether it is the stable one, the new one, or another.</summary>
    public Release Sized(int stable, int newest, int others) => this with
    {
        Rollout = Rollout.Resize(member => member.Name == StableName ? stable : ReferenceEquals(member, Rollout.New) ? newest : others),
    };

    /// <summary>All requests of the divided Service to one ReplicaSet.</summary>
    public ValueList<ServiceTraffic> AllTo(string replicaSet) => Service is { } service
        ? [new ServiceTraffic { Service = service, Shares = [new TrafficShare(replicaSet, TrafficShare.Whole)] }]
        : [];

    /// <summary>The requests of the divided Service, so many per mille of them to the new revision's ReplicaSet and the rest to the stable one.</summary>
    public ValueList<ServiceTraffic> Divided(string replicaSet, int weightPerMille, ValueList<HeaderRoute> headerRoutes) =>
        Service is { } service ? [new ServiceTraffic { Service = service, Shares = Shares(replicaSet, weightPerMille), HeaderRoutes = headerRoutes }] : [];

    /// <summary>So many per mille to the new revision's ReplicaSet and the rest to the stable one.</summary>
    public ValueList<TrafficShare> Shares(string replicaSet, int weightPerMille)
    {
        TrafficShare[] shares = [new TrafficShare(StableName, TrafficShare.Whole - weightPerMille), new TrafficShare(replicaSet, weightPerMille)];
        return [.. shares.Where(share => share.PerMille > 0)];
    }

    /// <summary>
    /// The state with where the requests go once the new revision is given up: before its steps are over nothing is sent to it any more, past them what the stable one cannot take yet.
    /// </summary>
    public Release Aborted(string message)
    {
        if (State is not { } state)
        {
            return this;
        }

        Release aborted = this with { State = state with { Phase = RolloutPhases.Aborted, Stable = StableName, Analysis = null, Message = message } };
        return IsPastSteps ? WayBack.Weighed(aborted) : aborted with { State = aborted.State with { WeightPerMille = 0, Traffic = AllTo(StableName) } };
    }

    /// <summary>
    /// What is on record with what its policy says of it: the policy's name, for another may have come in the place of the one by which it began, and the strategy's type, where a state that was stored without it is of that strategy.
    /// </summary>
    private static RolloutStateSpec OnRecord(RolloutStateSpec state, RolloutPolicy policy) => state with
    {
        Policy = policy.Name,
        Strategy = state.Strategy.Length == 0 && state.StrategyHash == ReleaseSteps.HashOf(policy.Spec.Strategy!) ? TypeOf(policy.Spec.Strategy!) : state.Strategy,
    };

    private string? Divided(string? service) => string.IsNullOrEmpty(service) || Foreign.Contains(service) ? null : service;

    private bool IsOwn()
    {
        bool isNothingNew = Rollout.New is { } current && (current.Name == StableName || Trial.IsGivenUp(Rollout));
        return (State is null || IsOver()) && (IsHeld || isNothingNew || HasBegunByItself());
    }

    /// <summary>The revision that was on its way has become the stable one.</summary>
    private bool IsOver() => IsFinishing && Rollout.New?.Name == StableName && State!.Canary == StableName;

    /// <summary>A rolling update that had begun when the policy came goes on as it began.</summary>
    private bool HasBegunByItself() => Rollout.New is { IsActive: true } && Stable.Replicas < Replicas;
}
