using ControlPlane.Domain.Commits;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Tests.Storing;

/// <summary>The contract on the simulated store, while no fault strikes.</summary>
public sealed class SimulatedStoreContractTests : StoreContract
{
    private readonly SimulatedDatabase database = new("contract");
    private readonly Scheduler scheduler = new(new Dice(1));
    private readonly SimulatedProcess process;
    private string? crash;
    private int terms;

    public SimulatedStoreContractTests() => process = new SimulatedProcess("test", scheduler, failure => crash = failure);

    protected override Task<(IResourceStore Store, IResourceCache Cache)> OpenAsync()
    {
        DatabaseLink link = new(database, process, scheduler, new FaultRates(new Dice(2)), new Dice(3));
        return Task.FromResult<(IResourceStore, IResourceCache)>((link, new ReplicaCache(database, process, scheduler, link)));
    }

    protected override Task<long> LeadAnewAsync()
    {
        database.ReleaseLease($"term-{terms}");
        return Task.FromResult(database.TryHold($"term-{++terms}", scheduler.Now, TimeSpan.FromSeconds(10)) ?? throw new InvalidOperationException("another leads"));
    }

    protected override Task RunAsync(Func<Task> body)
    {
        bool hasEnded = false;
        process.Start(async () =>
        {
            await body();
            hasEnded = true;
        });
        scheduler.RunUntil(scheduler.Now.AddMinutes(1), () => hasEnded || crash is not null);
        Assert.True(hasEnded, crash ?? "the test came to no end within a simulated minute");
        return Task.CompletedTask;
    }
}
