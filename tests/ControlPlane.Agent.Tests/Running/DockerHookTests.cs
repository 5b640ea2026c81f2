using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>Hooks in containers of the engine.</summary>
public sealed class DockerHookTests(DockerEngineFixture engine) : DockerAgentTests(engine)
{
    [Fact]
    public async Task A_container_whose_post_start_hook_fails_is_stopped_its_pre_stop_hook_before_it()
    {
        await MakeShellAsync();
        static LifecycleHandler Hook(string script) => new() { Exec = new ExecAction { Command = ["/bin/sh", "-c", script] } };
        Lifecycle hooks = new()
        {
            PostStart = Hook("echo started >/said; exit 7"),
            PreStop = Hook("read -r before </said; echo $before stopping >/said"),
        };
        const string Waits = "trap 'read -r before </said; echo $before ended >/dev/termination-log; exit 0' TERM; while :; do :; done";

        Server.Set([Script("hooked", Waits, container => container with { Lifecycle = hooks })]);

        await Wait.UntilAsync(() => Container("hooked")?.State?.Terminated is not null, () => Seen("hooked"));
        Assert.Equal("started stopping ended\n", Container("hooked")!.State!.Terminated!.Message);
        await Wait.UntilAsync(
            () => Server.Events.Any(said => said is { Reason: "FailedPostStartHook", Message: "PostStartHook failed: command exited with code 7: " }), () => Seen("hooked"));
    }
}
