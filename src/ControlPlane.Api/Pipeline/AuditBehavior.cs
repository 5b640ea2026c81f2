using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Pipeline;

/// <summary>Puts on record who changed what, and how it was answered; never what it was changed to.</summary>
internal sealed partial class AuditBehavior<TRequest, TResponse>(ILogger<Audit> logger) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        request is IWriteRequest write ? RecordAsync(write, next) : next();

    private async Task<TResponse> RecordAsync(IWriteRequest write, RequestHandlerDelegate<TResponse> next)
    {
        try
        {
            TResponse response = await next();
            AuditMessages.Changed(logger, write.Context.Actor, write.Verb, write.KindName, write.Target, RevisionOf(response), write.Context.DryRun);
            return response;
        }
        catch (ApiException refused)
        {
            AuditMessages.Refused(logger, write.Context.Actor, write.Verb, write.KindName, write.Target, refused.Status.Code, refused.Status.Reason);
            throw;
        }
    }

    private static string RevisionOf(TResponse response) => response switch
    {
        Resource resource => resource.Metadata.ResourceVersion ?? "",
        Wire.Decoding.Decoded<Resource> decoded => decoded.Object.Metadata.ResourceVersion ?? "",
        _ => "",
    };
}

/// <summary>The category that audit lines are logged under.</summary>
internal sealed class Audit;

internal static partial class AuditMessages
{
    [LoggerMessage(1, LogLevel.Information, "{Actor} {Verb} {Kind} {Target} at {Revision} dryRun={DryRun}")]
    public static partial void Changed(ILogger logger, string actor, string verb, string kind, string target, string revision, bool dryRun);

    [LoggerMessage(2, LogLevel.Information, "{Actor} {Verb} {Kind} {Target} refused: {Code} {Reason}")]
    public static partial void Refused(ILogger logger, string actor, string verb, string kind, string target, int code, string? reason);
}
