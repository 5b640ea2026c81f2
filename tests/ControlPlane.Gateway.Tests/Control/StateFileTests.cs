using System.Text;
using ControlPlane.Gateway.Control;
using ControlPlane.Testing;

namespace ControlPlane.Gateway.Tests.Control;

public sealed class StateFileTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TemporaryFolder folder = new("state-file");

    private string Routes => Path.Combine(folder.Path, "routes.json");

    public void Dispose() => folder.Dispose();

    /// <summary>As two gateways in containers, each of which is process 1 there: here, even the process is one.</summary>
    [Fact]
    public async Task Replace_ByTwoGatewaysOfOneProcessNumber_NeverMixesOrLosesWhatTheyWrite()
    {
        string[] texts = [new string('a', 200_000), new string('b', 100_000)];
        await Task.WhenAll(texts.Select(text => Task.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                await StateFile.ReplaceAsync(Routes, Encoding.UTF8.GetBytes(text), mode: null, CancellationToken.None);
                Assert.Contains(await File.ReadAllTextAsync(Routes), texts);
            }
        })));

        Assert.Equal([Routes], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Replace_ThatFails_LeavesTheFileAndNothingBeside()
    {
        Directory.CreateDirectory(Routes);

        await Assert.ThrowsAnyAsync<Exception>(() => StateFile.ReplaceAsync(Routes, "x"u8.ToArray(), mode: null, CancellationToken.None));

        Assert.Empty(Directory.GetFiles(folder.Path));
        Assert.True(Directory.Exists(Routes));
    }

    [Fact]
    public void Leftovers_OfProcessesThatDied_AreRemovedAndNothingElse()
    {
        string[] names = ["routes.json", "routes.json.7", "routes.json.0123456789abcdef", "clients.json", "clients.json.7"];
        foreach (string name in names)
        {
            File.WriteAllText(Path.Combine(folder.Path, name), "");
            File.SetLastWriteTimeUtc(Path.Combine(folder.Path, name), Now.UtcDateTime.AddMinutes(-2));
        }

        string fresh = Path.Combine(folder.Path, "routes.json.8");
        File.WriteAllText(fresh, "");
        File.SetLastWriteTimeUtc(fresh, Now.UtcDateTime.AddSeconds(-30));

        StateFile.RemoveLeftovers(Routes, Now);

        Assert.Equal(["clients.json", "clients.json.7", "routes.json", "routes.json.8"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
