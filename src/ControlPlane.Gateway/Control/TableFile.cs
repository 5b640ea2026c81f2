using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Control;

/// <summary>The newest table in the gateway's data folder: what a gateway serves that starts while the control plane is away.</summary>
internal sealed class TableFile(GatewayOptions options, ILogger<TableFile> log) : IDisposable
{
    private readonly SemaphoreSlim writing = new(1);
    private readonly string path = Path.Combine(options.DataFolder, "routes.json");

    /// <summary>Null for none; one that cannot be read counts as none, and is said.</summary>
    public async Task<RouteTable?> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
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

    /// <summary>Written beside and renamed, so that a crash leaves the old or the new file, never half a one.</summary>
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
        string beside = $"{path}.{Environment.ProcessId}";
        try
        {
            await File.WriteAllBytesAsync(beside, ResourceJson.SerializeToUtf8Bytes(table), cancellationToken);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Traffic is not held up by a full disk; only a gateway started meanwhile would know less.
            log.StateUnwritable(path, exception.Message);
        }
    }
}
