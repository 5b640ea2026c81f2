using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Rules;

public class SecurityContextRulesTests
{
    [Theory]
    [InlineData("""{"runAsUser": -1}""", "runAsUser", "Invalid value: -1: must be between 0 and 2147483647, inclusive")]
    [InlineData("""{"runAsGroup": 2147483648}""", "runAsGroup", "Invalid value: 2147483648: must be between 0 and 2147483647, inclusive")]
    [InlineData("""{"seccompProfile": {}}""", "seccompProfile.type", "Required value: type is required when seccompProfile is set")]
    [InlineData(
        """{"seccompProfile": {"type": "None"}}""", "seccompProfile.type",
        "Unsupported value: \"None\": supported values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\"")]
    [InlineData(
        """{"seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "a"}}""", "seccompProfile.localhostProfile",
        "Invalid value: \"a\": can only be set when seccomp type is Localhost")]
    public void Both_AreHeldToTheSameRules(string context, string field, string message)
    {
        Container container = Objects.Pod().Spec.Containers[0] with { SecurityContext = ResourceJson.Deserialize<SecurityContext>(context) };
        AssertRefused(new PodSpec { Containers = [container] }, $"spec.containers[0].securityContext.{field}", message);
        AssertRefused(
            new PodSpec { Containers = Objects.Pod().Spec.Containers, SecurityContext = ResourceJson.Deserialize<PodSecurityContext>(context) },
            $"spec.securityContext.{field}",
            message);
    }

    [Fact]
    public void SupplementalGroup_OutOfRange_IsRefused() => AssertRefused(
        new PodSpec { Containers = Objects.Pod().Spec.Containers, SecurityContext = new PodSecurityContext { SupplementalGroups = [0, -1] } },
        "spec.securityContext.supplementalGroups[1]",
        "Invalid value: -1: must be between 0 and 2147483647, inclusive");

    [Theory]
    [InlineData("""{"privileged":true,"allowPrivilegeEscalation":false}""", "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")]
    [InlineData(
        """{"capabilities":{"add":["CAP_SYS_ADMIN"]},"allowPrivilegeEscalation":false}""",
        "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")]
    public void EscalationForbidden_WithWhatEscalates_IsRefused(string context, string message) => AssertRefused(
        new PodSpec { Containers = [Objects.Pod().Spec.Containers[0] with { SecurityContext = ResourceJson.Deserialize<SecurityContext>(context) }] },
        "spec.containers[0].securityContext",
        $"Invalid value: {context}: {message}");

    private static void AssertRefused(PodSpec spec, string field, string message)
    {
        FieldError error = Assert.Single(ValidationTests.ErrorsOf(new Pod { Metadata = Objects.Meta("hello"), Spec = spec }));
        Assert.Equal((field, message), (error.Field, error.Message));
    }
}
