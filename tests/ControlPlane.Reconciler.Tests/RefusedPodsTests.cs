using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Tests.Simulated;

namespace ControlPlane.Reconciler.Tests;

/// <summary>What a store that refuses to keep a Deployment's pods costs, and whom.</summary>
public sealed class RefusedPodsTests : IDisposable
{
    /// <summary>As many as a pass makes for a ReplicaSet: their Events have no room in the same unit.</summary>
    private const int Replicas = 500;

    private readonly SimulatedCluster cluster = new();
    private readonly List<DateTimeOffset> attempts = [];
    private bool isRefused = true;

    public RefusedPodsTests()
    {
        cluster.AddNodes(1);
        cluster.StartReconciler();
        cluster.Thread.Advance(TimeSpan.FromSeconds(1));
        cluster.Store.FindUnstorable = unit =>
        {
            if (!isRefused || !unit.Writes.Any(write => write is Write.Create { Object: Pod pod } && IsOfLarge(pod.Name)))
            {
                return null;
            }

            attempts.Add(cluster.Thread.Time.GetUtcNow());
            return "index row size exceeds maximum";
        };
    }

    public void Dispose() => cluster.Dispose();

    /// <summary>However many pods are missing, an attempt is one unit of a commit, and the next one waits twice as long: 5 ms, 10 ms, … 60 s, each between half and the whole of that, or until all is looked at again.</summary>
    [Fact]
    public void PodsThatAreRefused_AreTriedTogetherAndEverMoreRarely()
    {
        cluster.CreateDeployment("large", Replicas);
        cluster.Thread.Advance(TimeSpan.FromMinutes(10));

        Assert.InRange(attempts.Count, 15, 40);
        Assert.InRange(attempts.Count(attempt => attempt < attempts[0].AddSeconds(1)), 5, 10);
        Assert.InRange(attempts.Count(attempt => attempt > attempts[0].AddMinutes(5)), 4, 12);
    }

    /// <summary>A refusal leaves no part of a plan behind: neither some of the pods nor the Events that tell of them. That it was refused is all that is told.</summary>
    [Fact]
    public void PodsThatAreRefused_LeaveNothingBehind()
    {
        cluster.CreateDeployment("large", Replicas);
        cluster.Thread.Advance(TimeSpan.FromMinutes(2));

        Assert.Empty(cluster.Pods);
        Assert.Equal(["SyncFailed"], cluster.Store.All<Event>().Where(item => IsOfLarge(item.InvolvedObject.Name)).Select(item => item.Reason));

        isRefused = false;
        cluster.Until("all are there", () => cluster.IsReady("large", Replicas), seconds: 120);
        Assert.Equal(Replicas, cluster.Store.Log.Count(change => change is { Operation: ChangeOperation.Added, Object: Pod }));
        Assert.Equal(Replicas, cluster.Store.All<Event>().Count(item => item.Reason == "Scheduled"));
    }

    [Fact]
    public void OthersInTheSamePasses_GoOn()
    {
        cluster.CreateDeployment("large", Replicas);
        cluster.CreateDeployment("web", replicas: 2);
        cluster.Until("the other one has its pods", () => cluster.IsReady("web", 2), seconds: 2);

        Deployment web = cluster.Store.Get<Deployment>("default", "web")!;
        cluster.Store.Commit(new Write.Update(web with { Spec = web.Spec with { Replicas = 5 } }, ResourceParts.Desired));

        cluster.Until("it is scaled", () => cluster.IsReady("web", 5), seconds: 2);
        Assert.NotEmpty(attempts);
    }

    private static bool IsOfLarge(string? name) => name?.StartsWith("large", StringComparison.Ordinal) == true;
}
