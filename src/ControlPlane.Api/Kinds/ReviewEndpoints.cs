using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Reviews;
using MediatR;

namespace ControlPlane.Api.Kinds;

/// <summary>The kinds that are questions: each is posted and answered, and none is stored.</summary>
internal static class ReviewEndpoints
{
    public static void MapReviews(this IEndpointRouteBuilder routes)
    {
        foreach (ServedKind served in ServedKinds.Reviews)
        {
            IEndpointConventionBuilder endpoint = new OperationMapper(routes, served).Add(
                served.CollectionPath, HttpMethods.Post, (http, mediator) => AnswerAsync(http, mediator, served.Kind));
            if (AccessRules.AreaOf(new ResourceAttributes { Verb = "create", Group = served.Kind.Group, Resource = served.Kind.Plural }) == AccessArea.Self)
            {
                endpoint.RequireAuthorization(TokenAuthentication.SelfPolicy);
            }
        }
    }

    private static async Task AnswerAsync(HttpContext http, IMediator mediator, ResourceKind kind)
    {
        ReplyForm form = ReplyForm.ObjectsFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "CreateOptions");
        Decoded<Resource> body = BodyDecoder.Decode(
            await BodyReader.ReadAsync(http), http.Request.ContentType, DecodeTarget.Of(kind), options.FieldValidation);
        BodyReader.Warn(http, body.Warnings);
        string space = http.Request.RouteValues["namespace"] as string ?? "";
        Resource answer = await mediator.Send(new AnswerReview(body.Object, space, TokenAuthentication.IdentityOf(http)), http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status201Created, answer with { ApiVersion = kind.ApiVersion, Kind = kind.Kind }, form);
    }
}
