using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Pipeline;

/// <summary>Answers what the store refuses, or cannot do now, with a <see cref="Status"/>.</summary>
internal sealed class StoreOutcomeBehavior<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        try
        {
            return await next();
        }
        catch (CommitRefusedException refused)
        {
            throw StoreErrors.For(refused.Refused);
        }
        catch (StoreUnavailableException unavailable)
        {
            throw StoreErrors.For(unavailable);
        }
        catch (CommitOutcomeUnknownException unknown)
        {
            throw StoreErrors.For(unknown);
        }
    }
}

/// <summary>The store's outcomes in the API's words.</summary>
internal static class StoreErrors
{
    public static ApiException For(StoreUnavailableException unavailable) =>
        StatusError.ServiceUnavailable($"the database cannot be reached now, nothing was changed: {unavailable.Message}");

    public static ApiException For(CommitOutcomeUnknownException unknown) =>
        StatusError.Timeout($"the connection to the database broke while committing; the change may or may not be stored: {unknown.Message}");

    public static ApiException For(UnitResult.Refused refused)
    {
        ResourceKind kind = ResourceKinds.Find(refused.Kind) ?? ResourceKinds.Namespace;
        string name = refused.Key.Name;
        return refused.Reason switch
        {
            RefusalReason.NotFound => StatusError.NotFound(kind, name),
            RefusalReason.AlreadyExists => StatusError.AlreadyExists(kind, name),
            RefusalReason.NamespaceNotFound => StatusError.NotFound(ResourceKinds.Namespace, NamespaceOf(refused)),
            RefusalReason.NamespaceTerminating => StatusError.NamespaceTerminating(kind, name, NamespaceOf(refused)),
            RefusalReason.Unstorable => StatusError.Unstorable(kind, name, refused.Detail),
            RefusalReason.UidMismatch => StatusError.Conflict(kind, name, "the name lives under another uid now"),
            _ => StatusError.Conflict(kind, name),
        };
    }

    /// <summary>The namespace that a refusal is about: its key's own, or the object that the key names.</summary>
    private static string NamespaceOf(UnitResult.Refused refused) => refused.Key.Namespace.Length > 0 ? refused.Key.Namespace : refused.Key.Name;
}
