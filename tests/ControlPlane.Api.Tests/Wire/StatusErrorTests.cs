using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Tests.Wire;

public sealed class StatusErrorTests
{
    [Fact]
    public void NotFound_Serialized_IsWhatClientsOfKubernetesExpect() => Assert.Equal(
        """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"deployments.apps \"x\" not found","reason":"NotFound","details":{"name":"x","group":"apps","kind":"deployments"},"code":404}""",
        ResourceJson.Serialize(StatusError.NotFound(ResourceKinds.Deployment, "x").Status));

    [Fact]
    public void Invalid_OneError_StandsInTheMessageAndTheCauses()
    {
        Status status = StatusError.Invalid(
            ResourceKinds.Deployment, "x", [new("spec.replicas", FieldErrorReason.Invalid, "Invalid value: -1: must be greater than or equal to 0")]).Status;

        Assert.Equal("Deployment.apps \"x\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0", status.Message);
        Assert.Equal("Deployment", status.Details!.Kind);
        Assert.Equal(
            new StatusCause { Reason = "FieldValueInvalid", Field = "spec.replicas", Message = "Invalid value: -1: must be greater than or equal to 0" },
            Assert.Single(status.Details.Causes));
    }

    [Fact]
    public void Invalid_SeveralErrors_AreListedInBrackets() => Assert.Equal(
        "Pod \"x\" is invalid: [a: Required value, b: Required value]",
        StatusError.Invalid(ResourceKinds.Pod, "x", [new("a", FieldErrorReason.Required, "Required value"), new("b", FieldErrorReason.Required, "Required value")]).Message);

    [Fact]
    public void NamespaceTerminating_Cause_IsTheOneThatClientsLookFor()
    {
        Status status = StatusError.NamespaceTerminating(ResourceKinds.Pod, "x", "shop").Status;

        Assert.Equal("pods \"x\" is forbidden: unable to create new content in namespace shop because it is being terminated", status.Message);
        Assert.Equal(("NamespaceTerminating", 403), (Assert.Single(status.Details!.Causes).Reason, status.Code));
    }

    public static TheoryData<string, int, string, string> Others { get; } = new()
    {
        { nameof(StatusError.AlreadyExists), 409, "AlreadyExists", "deployments.apps \"x\" already exists" },
        { nameof(StatusError.Conflict), 409, "Conflict", "Operation cannot be fulfilled on deployments.apps \"x\": the object has been modified; please apply your changes to the latest version and try again" },
        { nameof(StatusError.UnknownPath), 404, "NotFound", "the server could not find the requested resource" },
        { nameof(StatusError.Unauthorized), 401, "Unauthorized", "Unauthorized" },
        { nameof(StatusError.MethodNotAllowed), 405, "MethodNotAllowed", "the server does not allow this method on the requested resource" },
        { nameof(StatusError.Expired), 410, "Expired", "too old resource version: 5 (9)" },
        { nameof(StatusError.Timeout), 504, "Timeout", "Timeout: slow" },
        { nameof(StatusError.InternalError), 500, "InternalError", "Internal error occurred: bug" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Factories_SpeakKubernetesWords(string factory, int code, string reason, string message)
    {
        ApiException error = factory switch
        {
            nameof(StatusError.AlreadyExists) => StatusError.AlreadyExists(ResourceKinds.Deployment, "x"),
            nameof(StatusError.Conflict) => StatusError.Conflict(ResourceKinds.Deployment, "x"),
            nameof(StatusError.UnknownPath) => StatusError.UnknownPath(),
            nameof(StatusError.Unauthorized) => StatusError.Unauthorized(),
            nameof(StatusError.MethodNotAllowed) => StatusError.MethodNotAllowed(),
            nameof(StatusError.Expired) => StatusError.Expired(5, 9),
            nameof(StatusError.Timeout) => StatusError.Timeout("slow"),
            _ => StatusError.InternalError("bug"),
        };

        Assert.Equal((code, reason, message), (error.Status.Code, error.Status.Reason, error.Status.Message));
    }
}
