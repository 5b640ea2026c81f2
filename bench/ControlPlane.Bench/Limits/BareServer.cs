using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Limits;

/// <summary>A process of its own with a <see cref="BareKestrel"/> that answers with the bytes given.</summary>
internal sealed class BareServer : IAsyncDisposable
{
    private readonly string folder;
    private readonly ChildProgram program;

    private BareServer(string folder, ChildProgram program, Uri address)
    {
        this.folder = folder;
        this.program = program;
        Address = address;
    }

    /// <summary>Where it answers.</summary>
    public Uri Address { get; }

    /// <summary>Where it keeps what asks, and tells it the bytes each time that <see cref="PushAddress"/> gets a <c>POST</c>.</summary>
    public Uri WatchAddress => new(Address, BareKestrel.WatchPath);

    /// <inheritdoc cref="WatchAddress"/>
    public Uri PushAddress => new(Address, BareKestrel.PushPath);

    /// <exception cref="BenchException">It ended at once.</exception>
    public static async Task<BareServer> StartAsync(byte[] body, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("controlplane-bench-").FullName;
        string file = Path.Combine(folder, "body");
        await File.WriteAllBytesAsync(file, body, cancellationToken);
        ChildProgram program = ChildProgram.Start(typeof(BareServer).Assembly.Location, ["bare-kestrel", file], Path.Combine(folder, "log"));
        try
        {
            return new BareServer(folder, program, await AddressOfAsync(program, cancellationToken));
        }
        catch
        {
            await program.DisposeAsync();
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await program.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<Uri> AddressOfAsync(ChildProgram program, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (File.Exists(program.LogFile) && File.ReadLines(program.LogFile).FirstOrDefault() is { } line && Uri.TryCreate(line, UriKind.Absolute, out Uri? address))
            {
                return address;
            }

            if (program.HasEnded)
            {
                throw new BenchException("the bare web server ended at once");
            }

            await Task.Delay(20, cancellationToken);
        }
    }
}
