using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Control;

/// <summary>The newest table in the gateway's data folder: what a gateway serves that starts while the control plane is away.</summary>
internal sealed class TableFile(GatewayOptions options, TimeProvider time, ILogger<TableFile> log) : IDisposable
{
    private readonly SemaphoreSlim writing = new(1);
    private readonly string path = Path.Combine(options.DataFolder, "routes.json");

    /// <summary>Null for none; one that cannot be read counts as none, and is said.</summary>
    public async Task<RouteTable?> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            StateFile.RemoveLeftovers(path, time.GetUtcNow());
            return ResourceJson.Deserialize<RouteTable>(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            log.StateUnreadable(path, exception.Message);
            return null;
        }
    }

    /// <summary>Keeps a table; one that cannot be written is said, and the one before stays.</summary>
    public async Task SaveAsync(RouteTable table, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            await WriteAsync(table, cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Writes it where there is none any more, for a successor to find. One that is there is as new, or newer.</summary>
    public async Task EnsureAsync(RouteTable table, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            if (!File.Exists(path))
            {
                await WriteAsync(table, cancellationToken);
            }
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();

    private async Task WriteAsync(RouteTable table, CancellationToken cancellationToken)
    {
        try
        {
            await StateFile.ReplaceAsync(path, ResourceJson.SerializeToUtf8Bytes(table), mode: null, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Traffic is not held up by a full disk; only a gateway started meanwhile would know less.
            log.StateUnwritable(path, exception.Message);
        }
    }
}
