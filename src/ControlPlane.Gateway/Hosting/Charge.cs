using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Hosting;

/// <summary>
/// Which of the gateways with one data folder is in charge: the one that has the lock of its file (flock(2)). The kernel decides between two, and the lock ends with its process, however that ends. Who is in charge
/// has the listening sockets and hands them over; who is not serves only until it knows that it will not be.
/// </summary>
internal sealed class Charge(GatewayOptions options, ILogger<Charge> log) : IDisposable
{
    /// <summary>EAGAIN, which is EWOULDBLOCK: another one has the lock.</summary>
    private const int Taken = 11;

    private readonly Lock gate = new();
    private readonly string path = Path.Combine(options.DataFolder, "gateway.lock");
    private FileStream? file;

    /// <summary>
    /// In charge from now on, or already; false while another gateway is. Where the file cannot be had at all (a full disk, a folder that cannot be written to), every gateway is: traffic does not wait for a disk.
    /// </summary>
    public bool TryTake()
    {
        lock (gate)
        {
            try
            {
                file ??= new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return true;
            }
            catch (IOException exception) when (exception.HResult == Taken)
            {
                return false;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                log.CannotLock(path, exception.Message);
                return true;
            }
        }
    }

    /// <summary>Another one may take it.</summary>
    public void GiveUp()
    {
        lock (gate)
        {
            file?.Dispose();
            file = null;
        }
    }

    public void Dispose() => GiveUp();
}
