using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Agent.Tests.Volumes;

/// <summary>When the volumes of a pod that has no record go: where its containers might be stopped, and not before.</summary>
public sealed class PodFoldersTests : IDisposable
{
    private static readonly DesiredState OfB = new() { StoreIdentity = "b", Revision = 10, LostRevisions = [new(3, 6)] };

    private readonly string data = Directory.CreateTempSubdirectory("folders-").FullName;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Theory]
    [InlineData("the store in use, earlier", "b", 9, true)]
    [InlineData("the store in use, later than its word", "b", 11, false)]
    [InlineData("the store in use, at a revision that it has lost", "b", 4, false)]
    [InlineData("another store", "a", 1, false)]
    public void Sweep_OfAPodThatIsGone_RemovesWhatWasOrderedBy(string _, string store, long born, bool removes)
    {
        Given("pod", new VolumeOwner(store, born));

        PodFolders folders = Folders();
        folders.Sweep(OfB, []);

        Assert.Equal(!removes, Has("pod"));
        Assert.Equal(removes ? [] : [new VolumeOwner(store, born)], folders.Kept());
    }

    [Theory]
    [InlineData("a", 1, "a")]
    [InlineData("b", 4, "b@3")]
    public void Sweep_OnceAPersonHasConfirmed_RemovesWhatItKept(string store, long born, string replaced)
    {
        Given("pod", new VolumeOwner(store, born));
        PodFolders folders = Folders();
        folders.Sweep(OfB, []);

        folders.Sweep(OfB with { ReplacedStores = ["another"] }, []);
        Assert.True(Has("pod"));

        folders.Sweep(OfB with { ReplacedStores = [replaced] }, []);
        Assert.False(Has("pod"));
        Assert.Empty(folders.Kept());
    }

    [Fact]
    public void Sweep_OfAPodThatThereIs_LeavesItUntilItIsLeft()
    {
        PodFolders folders = Folders();
        folders.Make("pod", new VolumeOwner("b", 1));
        Directory.CreateDirectory(folders.Of("pod", "work"));
        File.WriteAllText(Path.Combine(folders.Of("pod", "work"), "file"), "kept");

        folders.Sweep(OfB, ["pod"]);
        Assert.True(Has("pod"));

        folders.Leave("pod", orderedBy: null);
        folders.Sweep(OfB, []);
        Assert.False(Has("pod"));
    }

    [Fact]
    public void Sweep_OfAPodThatCameBack_LeavesIt()
    {
        Given("pod", new VolumeOwner("a", 1));
        PodFolders folders = Folders();
        folders.Sweep(OfB, []);

        folders.Sweep(OfB with { Revision = 11 }, ["pod"]);
        folders.Sweep(OfB with { ReplacedStores = ["a"] }, ["pod"]);

        Assert.True(Has("pod"));
        Assert.Empty(folders.Kept());
    }

    [Fact]
    public void Make_ForTheNextStore_HandsTheVolumesOver()
    {
        Given("pod", new VolumeOwner("a", 1));
        PodFolders folders = Folders();
        folders.Make("pod", new VolumeOwner("b", 9));

        folders.Leave("pod", orderedBy: null);
        folders.Sweep(OfB, []);

        Assert.False(Has("pod"));
    }

    /// <summary>Of a folder from an agent that wrote no owners, the pod's containers say whose it is; without any it is kept.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData("a", true)]
    [InlineData("b", false)]
    public void Sweep_OfAFolderThatDoesNotSayWhoseItIs_GoesByTheContainers(string? seen, bool keeps)
    {
        Given("pod", owner: null);
        PodFolders folders = Folders();
        folders.Sweep(OfB, ["pod"]);

        folders.Leave("pod", seen is null ? null : new VolumeOwner(seen, 1));
        folders.Sweep(OfB, []);

        Assert.Equal(keeps, Has("pod"));
    }

    private PodFolders Folders() => new(new AgentOptions { Servers = [], TokenFile = "", NodeName = "node-1", DataFolder = data }, NullLogger<PodFolders>.Instance);

    private bool Has(string podUid) => File.Exists(Path.Combine(data, "pods", podUid, "work", "file"));

    private void Given(string podUid, VolumeOwner? owner)
    {
        string folder = Path.Combine(data, "pods", podUid);
        Directory.CreateDirectory(Path.Combine(folder, "work"));
        File.WriteAllText(Path.Combine(folder, "work", "file"), "kept");
        owner?.Write(folder);
    }
}
