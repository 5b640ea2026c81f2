using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Kinds;

/// <summary>What a person confirms of a node: <c>POST …/nodes/{name}/confirm-store</c> and <c>…/confirm-lost</c>. Both answer the Node, and may be repeated.</summary>
internal static class NodeActions
{
    private static readonly DecodeTarget Stores = new("controlplane.dev", "v1", nameof(ConfirmedStores), typeof(ConfirmedStores));

    public static async Task ConfirmStoreAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "CreateOptions");
        Decoded<Resource> body = BodyDecoder.Decode(await BodyReader.ReadAsync(http), http.Request.ContentType, Stores, options.FieldValidation);
        BodyReader.Warn(http, body.Warnings);
        ConfirmStore request = new(NameOf(http), (ConfirmedStores)body.Object, ContextOf(http, options));
        await ObjectReply.WriteAsync(http, StatusCodes.Status201Created, await mediator.Send(request, http.RequestAborted), form);
    }

    public static async Task ConfirmLostAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "CreateOptions");
        ConfirmLost request = new(NameOf(http), ContextOf(http, options));
        await ObjectReply.WriteAsync(http, StatusCodes.Status201Created, await mediator.Send(request, http.RequestAborted), form);
    }

    private static string NameOf(HttpContext http) => (string)http.Request.RouteValues["name"]!;

    private static WriteContext ContextOf(HttpContext http, WriteOptions options) => new(TokenAuthentication.ActorOf(http), options.IsDryRun);
}
