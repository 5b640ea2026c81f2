using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Control;

/// <summary>
/// Which clients are kept to which endpoints, in the gateway's data folder (<c>clients.json</c>, for its user only): written when the gateway hands over and when it ends, read when one starts.
/// </summary>
internal sealed class ClientsFile(GatewayOptions options, TimeProvider time, ILogger<ClientsFile> log)
{
    private readonly string path = Path.Combine(options.DataFolder, "clients.json");

    /// <summary>None where there is no file, or none that can be read, which is said.</summary>
    public async Task<ValueList<KeptClients>> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            StateFile.RemoveLeftovers(path, time.GetUtcNow());
            Written written = ResourceJson.Deserialize<Written>(await File.ReadAllTextAsync(path, cancellationToken));
            double since = Math.Max(0, (time.GetUtcNow() - written.At).TotalSeconds);
            return [.. written.Ports.Select(port => port with { Clients = [.. port.Clients.Select(client => client with { SilentSeconds = client.SilentSeconds + since })] })];
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            log.StateUnreadable(path, exception.Message);
            return [];
        }
    }

    /// <summary>A client that is forgotten because of a full disk gets another endpoint, no worse.</summary>
    public async Task SaveAsync(ValueList<KeptClients> ports, CancellationToken cancellationToken)
    {
        try
        {
            byte[] content = ResourceJson.SerializeToUtf8Bytes(new Written { At = time.GetUtcNow(), Ports = ports });
            await StateFile.ReplaceAsync(path, content, UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            log.StateUnwritable(path, exception.Message);
        }
    }

    /// <summary>What is in the file.</summary>
    private sealed record Written
    {
        public required DateTimeOffset At { get; init; }

        public ValueList<KeptClients> Ports { get; init; }
    }
}
