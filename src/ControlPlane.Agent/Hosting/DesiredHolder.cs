using System.Text.Json;
using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Hosting;

/// <summary>
/// The newest desired state, in memory and on disk (without logins), so that an agent that starts while the control plane is away
/// still keeps its pods alive, and one that starts beside a lagging replica does not go back.
/// </summary>
internal sealed class DesiredHolder(AgentOptions options, Signals signals, TimeProvider time, ILogger<DesiredHolder> log)
{
    /// <summary>How long a starting agent waits for news before it acts on what it remembers.</summary>
    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromSeconds(5);

    private readonly string path = Path.Combine(options.DataFolder, "desired.json");
    private readonly long startedAt = time.GetTimestamp();
    private DesiredState? remembered;
    private DesiredState? current;

    /// <summary>What to act on; null while nothing is known, or while news may still come.</summary>
    public DesiredState? Current =>
        Volatile.Read(ref current) ?? (time.GetElapsedTime(startedAt) >= PatienceAtStart ? remembered : null);

    /// <summary>True while the control plane has not answered this agent yet, so that <see cref="Current"/> is what an earlier one was told.</summary>
    public bool IsRemembered => Volatile.Read(ref current) is null;

    /// <summary>Reads what an earlier life of the agent acted on. A file that cannot be read counts as none, and is said.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            remembered = ResourceJson.Deserialize<DesiredState>(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            remembered = null;
        }
        catch (JsonException exception)
        {
            log.StateUnreadable(path, exception.Message);
        }
    }

    /// <summary>Takes a reply unless it is older than what was acted on, and returns the revision to ask beyond.</summary>
    public async Task<long> AcceptAsync(DesiredState reply, CancellationToken cancellationToken)
    {
        DesiredState? known = current ?? remembered;
        bool sameStore = known?.StoreIdentity == reply.StoreIdentity;
        if (sameStore && reply.Revision < known!.Revision)
        {
            log.StaleReply(reply.Revision, known.Revision);
            return current is null ? 0 : known.Revision;
        }

        if (known is not null && !sameStore)
        {
            log.OtherStore(known.StoreIdentity, reply.StoreIdentity);
        }

        bool changed = current is null || !sameStore || reply.Pods != current.Pods || reply.ReplacedStores != current.ReplacedStores || reply.LostRevisions != current.LostRevisions
            || reply.RegistryLogins != current.RegistryLogins;
        Volatile.Write(ref current, reply);
        if (changed)
        {
            signals.Pods.Set();
            await SaveAsync(reply with { RegistryLogins = default, Streams = default }, cancellationToken);
        }

        return reply.Revision;
    }

    /// <summary>Written beside and renamed, so that a crash leaves the old or the new file, never half a one.</summary>
    private async Task SaveAsync(DesiredState state, CancellationToken cancellationToken)
    {
        string beside = path + ".new";
        FileStreamOptions open = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        try
        {
            await using (FileStream file = new(beside, open))
            {
                await JsonSerializer.SerializeAsync(file, state, ResourceJson.Options, cancellationToken);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What runs is not held up by a full disk; only an agent restarted meanwhile would remember less.
            log.StateUnwritable(path, exception.Message);
        }
    }

    /// <summary>The login for an image's registry, for one pod's pulls; null for none.</summary>
    public RegistryLogin? LoginFor(string podUid, string registry)
    {
        ValueList<RegistryLogin> logins = Current?.RegistryLogins ?? default;
        return logins.FirstOrDefault(login => login.PodUid == podUid && ImageName.NormalizeRegistry(login.Registry) == registry);
    }
}
