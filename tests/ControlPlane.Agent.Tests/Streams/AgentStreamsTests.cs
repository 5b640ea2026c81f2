using System.Collections.Concurrent;
using System.Net;
using ControlPlane.Agent.Protocol;
using ControlPlane.Agent.Streams;
using ControlPlane.Agent.Tests.Probing;
using ControlPlane.Agent.Tests.Running;
using ControlPlane.Domain.Agents;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Agent.Tests.Streams;

/// <summary>How many streams an agent serves at once, and when the others come.</summary>
public sealed class AgentStreamsTests : IDisposable
{
    private readonly TemporaryFolder folder = new("streams");
    private readonly Held held = new();
    private readonly ControlPlaneClient client;
    private readonly AgentStreams streams;

    public AgentStreamsTests()
    {
        AgentOptions options = new() { Servers = [new Uri("http://127.0.0.1:1")], TokenFile = "", NodeName = "node-1", DataFolder = folder.Path };
        client = new ControlPlaneClient(options, TimeProvider.System, () => 0, new Nowhere());
        streams = new AgentStreams(client, new ScriptedRuntime((_, _) => throw new NotSupportedException()), [held], NullLogger<AgentStreams>.Instance);
    }

    public void Dispose()
    {
        streams.Dispose();
        client.Dispose();
        folder.Dispose();
    }

    /// <summary>Nobody asks again for a stream that waits: the agent was told of it already.</summary>
    [Fact]
    public async Task Stream_ThatFindsNoRoom_IsBegunWhenAnotherHasEnded()
    {
        streams.Serve(Requests(AgentStreams.MaxStreams + 2));
        Assert.Equal(AgentStreams.MaxStreams, held.Begun.Count);

        held.End("0");
        await Wait.UntilAsync(() => held.Begun.ContainsKey("100"), () => $"{held.Begun.Count} were begun");
        Assert.False(held.Begun.ContainsKey("101"));

        // What is asked for no longer is not begun.
        streams.Serve(Requests(AgentStreams.MaxStreams + 1));
        for (int number = 1; number <= AgentStreams.MaxStreams; number++)
        {
            held.End($"{number}");
        }

        await Wait.UntilAsync(() => held.Ended == AgentStreams.MaxStreams + 1, () => $"{held.Ended} have ended");
        await streams.StopAsync(CancellationToken.None);
        Assert.False(held.Begun.ContainsKey("101"));
    }

    [Fact]
    public async Task Streams_ThatHaveEnded_TakeNoRoom()
    {
        streams.Serve(Requests(AgentStreams.MaxStreams));
        for (int number = 0; number < AgentStreams.MaxStreams; number++)
        {
            held.End($"{number}");
        }

        await streams.StopAsync(CancellationToken.None);
        streams.Serve([new StreamRequest { Id = "late", PodUid = "uid", Type = Held.HeldType }]);

        Assert.True(held.Begun.ContainsKey("late"), "it was left for another time");
    }

    [Fact]
    public void Stream_ThatIsAskedForAgain_IsServedOnce()
    {
        streams.Serve(Requests(1));
        streams.Serve(Requests(2));

        Assert.Equal([1, 1], held.Begun.Values);
    }

    private static IEnumerable<StreamRequest> Requests(int count) =>
        Enumerable.Range(0, count).Select(number => new StreamRequest { Id = $"{number}", PodUid = "uid", Type = Held.HeldType });

    /// <summary>Holds each stream until the test ends it, and refuses it then.</summary>
    private sealed class Held : IStreamHandler
    {
        public const string HeldType = "held";

        private readonly ConcurrentDictionary<string, TaskCompletionSource> ends = new();
        private int ended;

        public string Type => HeldType;

        /// <summary>How often each was begun.</summary>
        public ConcurrentDictionary<string, int> Begun { get; } = new();

        public int Ended => Volatile.Read(ref ended);

        public void End(string id) => EndOf(id).SetResult();

        public async Task<StreamService> PrepareAsync(StreamRequest request, CancellationToken cancellationToken)
        {
            Begun.AddOrUpdate(request.Id, 1, (_, count) => count + 1);
            await EndOf(request.Id).Task;
            Interlocked.Increment(ref ended);
            throw new StreamRefusedException(HttpStatusCode.NotFound, "over");
        }

        private TaskCompletionSource EndOf(string id) => ends.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    private sealed class Nowhere : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new HttpRequestException("nobody is there");
    }
}
