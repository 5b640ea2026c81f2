using ControlPlane.Api.Agents;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>What a report makes of a pod's conditions.</summary>
public sealed class ReportPlanTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Condition Scheduled = new() { Type = "PodScheduled", Status = "True", LastTransitionTime = Noon };
    private static readonly Condition Gate = new() { Type = "example.com/gate", Status = "True", LastTransitionTime = Noon };

    /// <summary>It says which pods get no requests: one that it stayed on would get none for ever.</summary>
    [Fact]
    public void ARestartThatIsOver_IsTakenBackByTheReportThatSaysNothingOfIt()
    {
        ValueList<Condition> stored = Reported([Scheduled, Gate, Waiting(Noon), Ready("False")], [Ready("True")]);

        Assert.Equal(["PodScheduled", "Ready", "example.com/gate"], stored.Select(condition => condition.Type));
    }

    /// <summary>Two restarts of which no report said anything between: the time is that of the second, by which the leader answers.</summary>
    [Fact]
    public void ASecondRestart_HasItsOwnTime()
    {
        ValueList<Condition> stored = Reported([Waiting(Noon), Ready("False")], [Waiting(Noon.AddSeconds(30)), Ready("False")]);

        Assert.Equal(Noon.AddSeconds(30), RestartDrain.PendingSince(new PodStatus { Conditions = stored }));
        Assert.Equal(Noon, stored.Single(condition => condition.Type == "Ready").LastTransitionTime);
    }

    private static ValueList<Condition> Reported(ValueList<Condition> before, ValueList<Condition> said)
    {
        Pod stored = new()
        {
            Metadata = new ObjectMeta { Name = "p", Namespace = "default", Uid = "p-uid" },
            Spec = new PodSpec { NodeName = "node-1" },
            Status = new PodStatus { Phase = "Running", Conditions = before },
        };
        PodReport report = new() { Namespace = "default", Name = "p", Uid = "p-uid", Status = new PodStatus { Phase = "Running", Conditions = said } };
        Write.Update update = Assert.IsType<Write.Update>(Assert.Single(ReportPlan.ForPods("node-1", [report], _ => stored, Noon.AddMinutes(1))));
        return ((Pod)update.Object).Status!.Conditions;
    }

    private static Condition Waiting(DateTimeOffset since) => new() { Type = RestartDrain.ConditionType, Status = "True", LastTransitionTime = since };

    private static Condition Ready(string status) => new() { Type = "Ready", Status = status, LastTransitionTime = status == "True" ? Noon.AddMinutes(1) : Noon };
}
