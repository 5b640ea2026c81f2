using ControlPlane.Api.Pipeline;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Pipeline;

public sealed class StoreErrorsTests
{
    /// <summary>The client's to mend, and no fault of the server: it would be refused again as it is.</summary>
    [Fact]
    public void For_WhatTheDatabaseCannotKeep_IsInvalidAndSaysWhy()
    {
        UnitResult.Refused refused = new(RefusalReason.Unstorable, "Deployment", new ObjectKey("shop", "web"), "unsupported Unicode escape sequence");

        Status status = StoreErrors.For(refused).Status;

        Assert.Equal((422, "Invalid"), (status.Code, status.Reason));
        Assert.Equal("Deployment.apps \"web\" cannot be stored: unsupported Unicode escape sequence", status.Message);
        Assert.Equal(("web", "apps", "Deployment"), (status.Details!.Name, status.Details.Group, status.Details.Kind));
    }
}
