using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using ControlPlane.Api.Requests;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using Xunit.Abstractions;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>A revision is found again by undoing what has changed since, however much that is.</summary>
public sealed class PastSnapshotTests(ITestOutputHelper output)
{
    private const int Objects = 20_000;
    private const int ChangesOfEach = 10;

    /// <summary>A page that a client waits for: several times what a slow machine takes, and far less than one look through all objects for each change would.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(40);

    private static readonly ResourceKind Kind = ResourceKinds.Of<ConfigMap>();

    /// <summary>The most that is ever undone: each of 20,000 objects was changed ten times since, every tenth of them is new and every tenth has gone.</summary>
    [Fact]
    public async Task Snapshot_BeforeAsManyChangesAsAreUndone_IsFoundInTime()
    {
        ImmutableSortedDictionary<ObjectKey, Resource>.Builder now = ImmutableSortedDictionary.CreateBuilder<ObjectKey, Resource>();
        List<Change> changes = [];
        long revision = Objects;
        for (int number = 0; number < Objects; number++)
        {
            Resource? before = number % 10 == 0 ? null : Version(number, number + 1);
            for (int change = 0; change < ChangesOfEach; change++)
            {
                Resource after = Version(number, ++revision);
                bool isLast = change == ChangesOfEach - 1 && number % 10 == 1;
                changes.Add(new Change(revision, before is null ? ChangeOperation.Added : isLast ? ChangeOperation.Deleted : ChangeOperation.Modified, after, before));
                before = isLast ? null : after;
            }

            if (before is not null)
            {
                now[before.Key] = before;
            }
        }

        using Cache cache = new(new KindSnapshot(revision, now.ToImmutable()), [.. changes]);
        Stopwatch took = Stopwatch.StartNew();

        KindSnapshot? found = await PastSnapshot.FindAsync(cache, Kind, Objects, CancellationToken.None);

        output.WriteLine($"{changes.Count} changes of {Objects} objects undone in {took.ElapsedMilliseconds} ms");
        Assert.InRange(took.Elapsed, TimeSpan.Zero, Within);
        Assert.Equal(
            Enumerable.Range(0, Objects).Where(number => number % 10 != 0).Select(number => $"{NameOf(number)} {number + 1}"),
            found!.Objects.Values.Select(one => $"{one.Name} {one.Metadata.Revision}"));
    }

    private static string NameOf(int number) => $"c{number:D5}";

    private static ConfigMap Version(int number, long revision) => new()
    {
        Metadata = new ObjectMeta { Name = NameOf(number), Namespace = "default", ResourceVersion = revision.ToString(CultureInfo.InvariantCulture) },
    };

    /// <summary>A cache that has come to its end, and says what led there.</summary>
    private sealed class Cache(KindSnapshot now, ImmutableArray<Change> changes) : ChangeSubscription, IResourceCache
    {
        public override string StoreIdentity => "a store";

        public override long StartRevision => Objects;

        public long Revision => now.Revision;

        public KindSnapshot Snapshot(ResourceKind kind) => now;

        public ChangeSubscription SubscribeAfter(long revision) => this;

        public override ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new ChangeBatch(now.Revision, changes));

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) => throw new NotSupportedException();

        public ChangeSubscription SubscribeFromNow() => throw new NotSupportedException();

        public Resource? Find(ResourceKind kind, ObjectKey key) => throw new NotSupportedException();

        public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<long> AskLatestAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task WaitForLatestAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
