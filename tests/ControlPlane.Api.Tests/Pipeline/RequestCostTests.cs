using ControlPlane.Api.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Api.Tests.Pipeline;

[Collection(ApiCollection.Name)]
public sealed class RequestCostTests(ApiServer api)
{
    /// <summary>While anybody wants even the worst of what hosting's diagnostics say, each request is given an Activity and a log scope.</summary>
    [Fact]
    public void HostingsDiagnostics_AreWantedByNobody()
    {
        ILoggerFactory loggers = api.Services.GetRequiredService<ILoggerFactory>();

        Assert.False(loggers.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical));
        Assert.True(loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Critical));
    }
}
