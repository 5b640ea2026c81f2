using ControlPlane.Api.Pipeline;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Kinds;

/// <summary><c>POST …/pods/{name}/binding</c>: what a scheduler asks for.</summary>
internal static class PodBinding
{
    private static readonly DecodeTarget Target = new("", "v1", nameof(Binding), typeof(Binding));

    public static async Task BindAsync(HttpContext http, IMediator mediator)
    {
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "CreateOptions");
        Decoded<Resource> body = BodyDecoder.Decode(await BodyReader.ReadAsync(http), http.Request.ContentType, Target, options.FieldValidation);
        BodyReader.Warn(http, body.Warnings);
        ObjectKey key = new((string)http.Request.RouteValues["namespace"]!, (string)http.Request.RouteValues["name"]!);
        WriteContext context = new(TokenAuthentication.ActorOf(http), options.IsDryRun)
        {
            UserAgent = http.Request.Headers.UserAgent.ToString(),
            FieldManager = options.FieldManager ?? "",
            Subresource = "binding",
        };
        await mediator.Send(new BindPod(key, (Binding)body.Object, context), http.RequestAborted);
        await ErrorResponses.WriteAsync(http, new Status { Outcome = Status.Success, Code = StatusCodes.Status201Created });
    }
}
