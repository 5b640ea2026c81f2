using System.Collections.Immutable;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using ControlPlane.Infrastructure.Tokens;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Hosting;

/// <summary>
/// Stores what must be there before anything can be asked: the tokens of administrators and agents, and the first namespaces.
/// Tries until the database answers.
/// </summary>
internal sealed partial class FirstObjects(
    IOptions<ApiOptions> options, ITokenStore tokens, IResourceStore store, IResourceCache cache, Readiness readiness, TimeProvider time, ILogger<FirstObjects> logger)
    : BackgroundService
{
    private const string Actor = "system:api";

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string admin = await SecretFiles.ReadOrMakeTokenAsync(options.Value.AdminTokenPath, stoppingToken);
        string agents = await SecretFiles.ReadOrMakeTokenAsync(options.Value.AgentTokenPath, stoppingToken);
        while (true)
        {
            try
            {
                await tokens.PutAsync("admin", TokenRole.Admin, admin, stoppingToken);
                await tokens.PutAsync("agents", TokenRole.Agent, agents, stoppingToken);
                await StoreNamespacesAsync(stoppingToken);
                readiness.FirstObjectsStored();
                return;
            }
            catch (Exception failure) when (failure is StoreUnavailableException or CommitOutcomeUnknownException)
            {
                LogWaiting(logger, failure.Message);
                await Task.Delay(RetryDelay, time, stoppingToken);
            }
        }
    }

    private async Task StoreNamespacesAsync(CancellationToken cancellationToken)
    {
        await cache.WaitForLatestAsync(cancellationToken);
        CommitUnit[] units =
        [
            .. SystemNamespaces.All
                .Where(name => cache.Find(ResourceKinds.Namespace, new ObjectKey("", name)) is null)
                .Select(name => new CommitUnit { Actor = Actor, Writes = [new Write.Create(NewNamespace(name))] }),
        ];
        if (units.Length == 0)
        {
            return;
        }

        ImmutableArray<UnitResult> results = await store.CommitAsync(units, cancellationToken);
        foreach (UnitResult.Refused refused in results.OfType<UnitResult.Refused>().Where(refused => refused.Reason != RefusalReason.AlreadyExists))
        {
            throw new CommitRefusedException(refused);
        }
    }

    private Resource NewNamespace(string name) => ResourceRules.WithDefaults(ResourceStatus.Initial(new Namespace
    {
        ApiVersion = ResourceKinds.Namespace.ApiVersion,
        Kind = ResourceKinds.Namespace.Kind,
        Metadata = new ObjectMeta { Name = name, Uid = Guid.NewGuid().ToString(), CreationTimestamp = time.WholeSecondsNow() },
    }));

    [LoggerMessage(1, LogLevel.Warning, "the database does not answer yet: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
