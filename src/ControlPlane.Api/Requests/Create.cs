using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Stores a new object.</summary>
/// <param name="Namespace">The namespace of the path; empty for cluster-scoped kinds.</param>
/// <param name="Body">The object as the client sent it.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record Create<T>(string Namespace, T Body, WriteContext Context) : IRequest<T>, IWriteRequest
    where T : Resource
{
    public string Verb => "create";

    public string KindName => ResourceKinds.Of<T>().QualifiedPlural;

    public string Target => new ObjectKey(Namespace, Body.Name.Length > 0 ? Body.Name : $"{Body.Metadata.GenerateName}*").ToString();
}

internal sealed class CreateHandler<T>(Updater updater, CacheReader reader, ServiceAllocator allocator, QuotaCharges quotas, TimeProvider time) : IRequestHandler<Create<T>, T>
    where T : Resource
{
    /// <summary>How many generated names are tried before a collision is the client's to see.</summary>
    private const int GeneratedNamesMax = 8;

    /// <summary>The longest name that is made, whatever the kind allows (Kubernetes: maxNameLength of the name generator).</summary>
    private const int GeneratedNameLengthMax = 63;

    private static readonly ResourceKind Kind = ResourceKinds.Of<T>();

    public async Task<T> Handle(Create<T> request, CancellationToken cancellationToken)
    {
        BodyRules.CheckIdentity(request.Body, request.Namespace, name: null);
        CheckUnset(request.Body);
        for (int attempt = 1; ; attempt++)
        {
            T created = Prepare(request);
            Validation.ThrowIfInvalid(Kind, created.Name, ResourceRules.ValidateCreate(created));
            Allocated allocated = await allocator.AllocateAsync(created, stored: null, cancellationToken);
            created = (T)allocated.Object;
            QuotaAnswer.Fits charge = await quotas.ChargeAsync(created, stored: null, cancellationToken);
            if (request.Context.DryRun)
            {
                await CheckStorableAsync(created, cancellationToken);
                return created;
            }

            switch (await updater.CommitAsync(UnitFor(request, created, allocated, charge), cancellationToken))
            {
                case UnitResult.Committed committed:
                    return (T)created.AtRevision(committed.Revision);
                case UnitResult.Refused refused when ServiceAllocator.WasTaken(refused) && attempt < Updater.AttemptsMax:
                    continue;
                case UnitResult.Refused refused when QuotaCharges.WereTaken(refused, charge) && attempt < QuotaCharges.AttemptsMax:
                    continue;
                case UnitResult.Refused { Reason: RefusalReason.AlreadyExists } when request.Body.Name.Length == 0 && attempt < GeneratedNamesMax:
                    continue;
                case UnitResult.Refused refused:
                    throw new CommitRefusedException(refused);
            }
        }
    }

    private CommitUnit UnitFor(Create<T> request, T created, Allocated allocated, QuotaAnswer.Fits charge) => new()
    {
        Actor = request.Context.Actor,
        Preconditions =
        [
            .. Kind.IsNamespaced ? [new Precondition.NamespaceActive(created.Namespace)] : Array.Empty<Precondition>(),
            .. allocated.Preconditions,
            .. charge.Preconditions,
        ],
        // The object goes last: it is answered with the revision of the unit's last write.
        Writes =
        [
            .. charge.Writes,
            .. RevisionRecording.Of(null, created, request.Context, time.WholeSecondsNow(), new IdSource((ulong)Random.Shared.NextInt64())),
            .. allocated.Writes,
            new Write.Create(created),
        ],
    };

    /// <summary>A uid is not checked: what is created gets its own, as in Kubernetes (<c>kubectl replace --force</c> sends the old one).</summary>
    private static void CheckUnset(T body)
    {
        if (!string.IsNullOrEmpty(body.Metadata.ResourceVersion))
        {
            throw StatusError.BadRequest("resourceVersion should not be set on objects to be created");
        }
    }

    private T Prepare(Create<T> request)
    {
        ObjectMeta sent = request.Body.Metadata;
        string name = sent.Name.Length == 0 && !string.IsNullOrEmpty(sent.GenerateName)
            ? Generate(sent.GenerateName)
            : sent.Name;
        Resource complete = request.Body with
        {
            ApiVersion = Kind.ApiVersion,
            Kind = Kind.Kind,
            Metadata = sent with
            {
                Name = name,
                Namespace = request.Namespace,
                Uid = Guid.NewGuid().ToString(),
                SelfLink = null,
                CreationTimestamp = time.WholeSecondsNow(),
                DeletionTimestamp = null,
                DeletionGracePeriodSeconds = null,
                Generation = null,
            },
        };
        Resource created = ResourceRules.WithTimes(ResourceRules.WithDefaults(ResourceStatus.Initial(complete)), stored: null, time.WholeSecondsNow());
        created = created with { Metadata = created.Metadata with { Generation = ResourceRules.Generation(created, stored: null) } };
        return (T)RevisionRecording.Signed(null, Ownership.Record(Kind, stored: null, created, request.Context, time.WholeSecondsNow()), request.Context);
    }

    /// <summary>The start of the name as far as it leaves room for what makes it unique.</summary>
    private static string Generate(string prefix)
    {
        string suffix = new IdSource((ulong)Random.Shared.NextInt64()).NameSuffix();
        int room = GeneratedNameLengthMax - suffix.Length;
        return (prefix.Length > room ? prefix[..room] : prefix) + suffix;
    }

    /// <summary>What the store would refuse, for a dry run.</summary>
    private async Task CheckStorableAsync(T created, CancellationToken cancellationToken)
    {
        if (await reader.FindLatestAsync<T>(created.Key, cancellationToken) is not null)
        {
            throw StatusError.AlreadyExists(Kind, created.Name);
        }

        if (!Kind.IsNamespaced)
        {
            return;
        }

        Namespace? home = await reader.FindLatestAsync<Namespace>(new ObjectKey("", created.Namespace), cancellationToken);
        if (home is null)
        {
            throw StatusError.NotFound(ResourceKinds.Namespace, created.Namespace);
        }

        if (home.Metadata.IsDeleting)
        {
            throw StatusError.NamespaceTerminating(Kind, created.Name, created.Namespace);
        }
    }
}
