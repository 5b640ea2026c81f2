using ControlPlane.Api.Pipeline;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Kinds;

/// <summary><c>POST …/pods/{name}/eviction</c>: what <c>kubectl drain</c> asks for.</summary>
internal static class PodEviction
{
    private static readonly string[] Versions = ["policy/v1", "policy/v1beta1"];

    public static async Task EvictAsync(HttpContext http, IMediator mediator)
    {
        EvictionBody body = BodyDecoder.DecodeOptions<EvictionBody>(await BodyReader.ReadAsync(http), http.Request.ContentType, nameof(Eviction));
        ObjectKey key = new((string)http.Request.RouteValues["namespace"]!, (string)http.Request.RouteValues["name"]!);
        Check(body, key);
        DeleteOptions how = DeleteOptions.Of(body.DeleteOptions ?? new DeleteOptions.Body(), http.Request.Query);
        await mediator.Send(new EvictPod(key, how, new WriteContext(TokenAuthentication.ActorOf(http), how.IsDryRun)), http.RequestAborted);
        await ErrorResponses.WriteAsync(http, new Status { Outcome = Status.Success, Code = StatusCodes.Status201Created });
    }

    private static void Check(EvictionBody body, ObjectKey key)
    {
        if (body.Kind is not (null or "" or nameof(Eviction)) || (body.ApiVersion is { Length: > 0 } version && !Versions.Contains(version)))
        {
            throw StatusError.BadRequest($"the body of an eviction is an Eviction of {string.Join(" or ", Versions)}, not {body.Kind} of {body.ApiVersion}");
        }

        if (body.Metadata?.Name is { Length: > 0 } name && name != key.Name)
        {
            throw StatusError.BadRequest($"name in URL does not match name in Eviction object: {key.Name}, {name}");
        }

        if (body.Metadata?.Namespace is { Length: > 0 } space && space != key.Namespace)
        {
            throw StatusError.BadRequest($"namespace in URL does not match namespace in Eviction object: {key.Namespace}, {space}");
        }
    }
}
