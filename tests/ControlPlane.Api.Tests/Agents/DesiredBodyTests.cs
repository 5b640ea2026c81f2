using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Agents;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Agents;

public class DesiredBodyTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Of_AState_SaysWhatTheStatesOwnJsonSays(int pods)
    {
        DesiredState state = new()
        {
            StoreIdentity = "store",
            Revision = 7,
            Pods = [.. Enumerable.Range(0, pods).Select(number => MakePod($"pod-{number}"))],
            ReplacedStores = ["other"],
            ResolvedImages = [new ResolvedImage("uid-0", "image", "image@sha256:1")],
        };

        byte[] body = DesiredBody.Of(state);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(ResourceJson.SerializeToUtf8Bytes(state)), JsonNode.Parse(body)));
        Assert.Equal(state, JsonSerializer.Deserialize<DesiredState>(body, ResourceJson.Options));
    }

    /// <summary>The point of it: a node's pods that have not changed cost nothing in its next answer.</summary>
    [Fact]
    public void Of_APodThatWasWrittenBefore_DoesNotWriteItAgain()
    {
        DesiredState state = new() { StoreIdentity = "store", Revision = 7, Pods = [.. Enumerable.Range(0, 200).Select(number => MakePod($"pod-{number}"))] };
        long first = Allocated(() => DesiredBody.Of(state));

        long second = Allocated(() => DesiredBody.Of(state with { Revision = 8 }));

        Assert.True(second < first * 0.7, $"{second} bytes were allocated for the second answer, {first} for the first");
    }

    private static long Allocated(Func<byte[]> write)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = write();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static Pod MakePod(string name) => new()
    {
        ApiVersion = "v1",
        Kind = "Pod",
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = $"uid-{name}", ResourceVersion = "3" },
        Spec = new PodSpec { NodeName = "node", Containers = [new Container { Name = "main", Image = "image" }] },
        Status = new PodStatus { Phase = "Pending" },
    };
}
