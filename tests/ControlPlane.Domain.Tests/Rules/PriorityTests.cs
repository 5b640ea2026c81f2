using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class PriorityTests
{
    [Theory]
    [InlineData("system-cluster-critical", null, 2_000_000_000)]
    [InlineData("system-node-critical", null, 2_000_001_000)]
    [InlineData("system-node-critical", 2_000_001_000, 2_000_001_000)]
    [InlineData(null, 1_000_000_000, 1_000_000_000)]
    [InlineData(null, -7, -7)]
    [InlineData(null, null, null)]
    public void Pod_PriorityThatIsKnown_IsTakenAndFilledIn(string? name, int? given, int? priority)
    {
        Pod pod = (Pod)ResourceRules.WithDefaults(Objects.Pod(spec => spec with { PriorityClassName = name, Priority = given }));

        Assert.Empty(ResourceRules.ValidateCreate(pod));
        Assert.Equal(priority, pod.Spec.Priority);
    }

    [Theory]
    [InlineData("urgent", null, "spec.priorityClassName: Invalid value: \"urgent\": no PriorityClass with name urgent was found; there are system-cluster-critical and system-node-critical, and priority takes any number instead")]
    [InlineData("system-node-critical", 5, "spec.priority: Forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 2000001000 from the given PriorityClass name")]
    [InlineData(null, 1_000_000_001, "spec.priority: Invalid value: 1000000001: must be less than or equal to 1000000000")]
    public void Pod_PriorityThatIsWrong_IsRefused(string? name, int? given, string error)
    {
        Resource pod = ResourceRules.WithDefaults(Objects.Pod(spec => spec with { PriorityClassName = name, Priority = given }));

        FieldError found = Assert.Single(ResourceRules.ValidateCreate(pod));

        Assert.Equal(error, $"{found.Field}: {found.Message}");
    }

    [Fact]
    public void Template_PriorityOfAClass_IsFilledInForPodsOnly()
    {
        Deployment deployment = (Deployment)ResourceRules.WithDefaults(Objects.Deployment(spec => spec with
        {
            Template = spec.Template with { Spec = spec.Template.Spec with { PriorityClassName = "system-node-critical" } },
        }));

        Assert.Null(deployment.Spec.Template.Spec.Priority);
    }
}
