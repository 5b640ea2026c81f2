using System.Buffers;
using System.Net;
using System.Net.Sockets;
using ControlPlane.Gateway.Traffic;

namespace ControlPlane.Gateway.Forwarding;

/// <summary>Carries a connection's bytes both ways. A side that has ended its half is passed on as such; the other half goes on.</summary>
internal sealed class TcpRelay(Connections connections, Connector connector) : IDisposable
{
    private const int BufferBytes = 32 * 1024;

    private readonly CancellationTokenSource aborting = new();

    public void Carry(Socket client, ServicePort port) => connections.Add(() => CarryAsync(client, port));

    /// <summary>Ends all of them.</summary>
    public void Abort() => aborting.Cancel();

    public void Dispose() => aborting.Dispose();

    private async Task CarryAsync(Socket client, ServicePort port)
    {
        using Socket held = client;
        RequestTraits connection = new(((IPEndPoint)client.RemoteEndPoint!).Address);
        List<Endpoint> tried = [];
        while (port.Enter(connection, tried) is { } endpoint)
        {
            try
            {
                using Socket? server = await connector.TryConnectAsync(endpoint, aborting.Token);
                endpoint.Traffic.Ended(hasFailed: server is null);
                if (server is not null)
                {
                    await RelayAsync(client, server, aborting.Token);
                    return;
                }
            }
            finally
            {
                endpoint.Leave();
            }

            tried.Add(endpoint);
        }

        if (tried.Count == 0)
        {
            port.Unserved?.Ended(hasFailed: true);
        }

        // No endpoint: a reset, which is what a client of Kubernetes' proxy gets.
        client.Close(timeout: 0);
    }

    private static async Task RelayAsync(Socket client, Socket server, CancellationToken abort)
    {
        using CancellationTokenSource broken = CancellationTokenSource.CreateLinkedTokenSource(abort);
        Task up = CopyAsync(client, server, broken);
        Task down = CopyAsync(server, client, broken);
        await Task.WhenAll(up, down);
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationTokenSource broken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(), broken.Token) is var length and > 0)
            {
                for (int sent = 0; sent < length;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), broken.Token);
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // One side is gone: the other half has nobody to talk to.
            await broken.CancelAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
