using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>Good and bad releases of a Deployment of 4 replicas, and what users ask of them.</summary>
internal static class Releases
{
    /// <summary>Revision 1, complete.</summary>
    public static TestWorld Served(string strategy = "RollingUpdate", int? historyLimit = 10)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 4, strategy: strategy, revisionHistoryLimit: historyLimit));
        world.Settle();
        return world;
    }

    /// <summary>Revision 2 has failed, and revision 1 serves.</summary>
    public static TestWorld RolledBack()
    {
        TestWorld world = Served();
        Release(world, "hello:2");
        world.Now = world.Now.AddSeconds(600);
        GoOn(world, "hello:1");
        return world;
    }

    /// <summary>As far as a release gets whose pods are not ready.</summary>
    public static void Release(TestWorld world, string image)
    {
        world.SetImage(image);
        world.PassUntilQuiet();
        world.EndTerminating();
        world.PassUntilQuiet();
    }

    /// <summary>A release that ends well.</summary>
    public static void Roll(TestWorld world, string image)
    {
        world.SetImage(image);
        world.Settle();
    }

    /// <summary>Until nothing is left to do, in a cluster where only pods of one image get ready.</summary>
    public static void GoOn(TestWorld world, string image)
    {
        for (int i = 0; i < 20; i++)
        {
            world.PassUntilQuiet();
            world.EndTerminating();
            world.SetReady(pod => pod.Spec.Containers[0].Image == image);
        }

        // What held the failed pods up is taken back two seconds after it was told.
        world.Now = world.Now.AddSeconds(2);
        world.PassUntilQuiet();
        Assert.Equal(Plan.Nothing, world.Plan());
    }

    /// <summary>The pods of an image that are not ready are restarted so often, and wait for the next time.</summary>
    public static void Crash(TestWorld world, string image, int restarts)
    {
        foreach (Pod pod in world.ActivePodsOf(world.ByImage(image)).Where(pod => !Make.IsReady(pod)).ToList())
        {
            world.Store(pod with { Status = Waiting(restarts, "CrashLoopBackOff", "back-off") });
        }
    }

    public static PodStatus Waiting(int restarts, string reason, string message) => new()
    {
        Phase = "Pending",
        ContainerStatuses =
        [
            new ContainerStatus
            {
                Name = "main",
                RestartCount = restarts,
                State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } },
                LastState = restarts == 0 ? null : new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = 1, Reason = "Error" } },
            },
        ],
    };

    public static void Annotate(TestWorld world, string name, string value) =>
        world.Change(deployment => deployment with { Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(name, value) } });

    public static string? RevisionOf(TestWorld world, string image) => world.ByImage(image).Metadata.Annotations["deployment.kubernetes.io/revision"];
}
