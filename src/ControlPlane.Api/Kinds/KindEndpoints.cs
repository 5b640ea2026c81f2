using ControlPlane.Api.Agents;
using ControlPlane.Api.Agents.Commands;
using ControlPlane.Api.Agents.Forwarding;
using ControlPlane.Api.Agents.Proxying;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Apply;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.OpenApi;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Api.Wire.Patches;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Kinds;

/// <summary>The endpoints of one kind, or of another form of it: each turns HTTP into a request, sends it and writes the reply.</summary>
internal sealed class KindEndpoints<T>(ServedKind served) : IKindEndpoints
    where T : Resource
{
    private readonly ResourceKind kind = served.Kind;
    private readonly WireForm? wire = served.Form;

    public void Map(IEndpointRouteBuilder routes)
    {
        OperationMapper map = new(routes, served);
        map.Add(served.CollectionPath, HttpMethods.Get, ListOrWatchAsync);
        map.AddWebSocket(served.CollectionPath, ListOrWatchAsync);
        if (kind.IsNamespaced)
        {
            map.Add(served.AllNamespacesPath, HttpMethods.Get, ListOrWatchAsync);
            map.AddWebSocket(served.AllNamespacesPath, ListOrWatchAsync);
        }

        map.Add(served.CollectionPath, HttpMethods.Post, CreateAsync);
        if (served.Verbs.Contains("deletecollection"))
        {
            map.Add(served.CollectionPath, HttpMethods.Delete, DeleteCollectionAsync);
        }

        map.Add(served.ObjectPath, HttpMethods.Get, GetAsync);
        map.Add(served.ObjectPath, HttpMethods.Put, ReplaceAsync);
        map.Add(served.ObjectPath, HttpMethods.Patch, PatchAsync);
        map.Add(served.ObjectPath, HttpMethods.Delete, DeleteAsync);
        MapSubresources(map);
    }

    private void MapSubresources(OperationMapper map)
    {
        foreach (ServedSubresource subresource in served.Subresources)
        {
            string path = $"{served.ObjectPath}/{subresource.Name}";
            switch (subresource.Name)
            {
                case "status":
                    map.Add(path, HttpMethods.Get, GetAsync);
                    map.Add(path, HttpMethods.Put, ReplaceStatusAsync);
                    map.Add(path, HttpMethods.Patch, PatchStatusAsync);
                    break;
                case "scale":
                    map.Add(path, HttpMethods.Get, GetScaleAsync);
                    map.Add(path, HttpMethods.Put, ReplaceScaleAsync);
                    map.Add(path, HttpMethods.Patch, PatchScaleAsync);
                    break;
                case "history":
                    map.Add(path, HttpMethods.Get, GetHistoryAsync);
                    break;
                case "log":
                    map.Add(path, HttpMethods.Get, PodLogEndpoint.HandleAsync);
                    break;
                case "exec":
                    MapConnection(map, path, PodCommandEndpoints.ExecAsync);
                    break;
                case "attach":
                    MapConnection(map, path, PodCommandEndpoints.AttachAsync);
                    break;
                case "portforward":
                    MapConnection(map, path, PortForwardEndpoint.HandleAsync);
                    break;
                case "proxy":
                    MapProxy(map, path, kind == ResourceKinds.Service ? ProxyEndpoints.ToServiceAsync : ProxyEndpoints.ToPodAsync);
                    break;
                case "eviction":
                    map.Add(path, HttpMethods.Post, PodEviction.EvictAsync);
                    break;
                case "binding":
                    map.Add(path, HttpMethods.Post, PodBinding.BindAsync);
                    break;
                case "confirm-lost":
                    map.Add(path, HttpMethods.Post, NodeActions.ConfirmLostAsync);
                    break;
                case "confirm-store":
                    map.Add(path, HttpMethods.Post, NodeActions.ConfirmStoreAsync);
                    break;
                case "rollout":
                    map.Add(path, HttpMethods.Get, DeploymentActions.GetRolloutAsync);
                    break;
                case "plan":
                    map.Add(path, HttpMethods.Post, DeploymentActions.PlanAsync);
                    break;
                case "promote-to":
                    map.Add(path, HttpMethods.Post, DeploymentActions.PromoteAsync);
                    break;
                case "rollback" or "restart" or "pause" or "resume" or "promote" or "abort" or "retry":
                    map.Add(path, HttpMethods.Post, (http, mediator) => DeploymentActions.ActAsync(http, mediator, subresource.Name));
                    break;
                default:
                    throw new InvalidOperationException($"no endpoint serves {kind.Plural}/{subresource.Name}");
            }
        }
    }

    /// <summary>All methods are one: a WebSocket is asked for with GET, over HTTP/2 with CONNECT, an older upgrade with POST.</summary>
    private static void MapConnection(OperationMapper map, string path, Func<HttpContext, IMediator, Task> handler)
    {
        map.Add(path, HttpMethods.Get, handler);
        map.Add(path, HttpMethods.Post, handler);
        map.AddWebSocket(path, handler);
    }

    /// <summary>The subresource and all that is below it, by every method that may be asked with.</summary>
    private static void MapProxy(OperationMapper map, string path, Func<HttpContext, IMediator, Task> handler)
    {
        foreach (string method in Operations.ProxyMethods)
        {
            map.Add(path, method, handler);
            map.Add(path + Operations.ProxyPathSuffix, method, handler);
        }

        map.AddWebSocket(path, handler);
        map.AddWebSocket(path + Operations.ProxyPathSuffix, handler);
    }

    private static ObjectKey KeyOf(HttpContext http) => new(NamespaceOf(http), (string)http.Request.RouteValues["name"]!);

    private static string NamespaceOf(HttpContext http) => http.Request.RouteValues["namespace"] as string ?? "";

    private static long? RevisionOf(HttpContext http) => new QueryReader(http.Request.Query, "GetOptions").Revision("resourceVersion");

    private async Task GetAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        T found = await mediator.Send(new Get<T>(KeyOf(http), RevisionOf(http)), http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status200OK, found, form, wire);
    }

    private async Task ListOrWatchAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        ListOptions options = ListOptions.Parse(http.Request.Query);
        ListScope scope = ListScope.Of(kind, NamespaceOf(http), options);
        if (!options.Watch)
        {
            CheckIsNoConnect(http.Request);
            Page<T> page = await mediator.Send(new ListObjects<T>(scope, options), http.RequestAborted);
            await ListReply.WriteAsync(http, page, form, wire);
            return;
        }

        Negotiation.CheckIsStreamed(form);
        using WatchSession session = await mediator.Send(new Watch<T>(scope, options), http.RequestAborted);
        await WatchReply.WriteAsync(http, session, form, wire);
    }

    /// <exception cref="ApiException">400: over HTTP/2 a WebSocket was asked for, which carries watches alone; a list would be taken for its messages.</exception>
    private static void CheckIsNoConnect(HttpRequest request)
    {
        if (HttpMethods.IsConnect(request.Method))
        {
            throw StatusError.BadRequest("a WebSocket carries watches alone: ask with watch=true");
        }
    }

    private async Task CreateAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "CreateOptions");
        T body = await ReadBodyAsync(http, options, isNew: true);
        T created = await mediator.Send(new Create<T>(NamespaceOf(http), body, ContextOf(http, options)), http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status201Created, created, form, wire);
    }

    private static async Task GetHistoryAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = ReplyForm.ObjectsFor(http.Request);
        DeploymentHistory history = await mediator.Send(new GetDeploymentHistory(KeyOf(http), RevisionOf(http)), http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status200OK, history, form);
    }

    private Task ReplaceAsync(HttpContext http, IMediator mediator) => ReplaceAsync(http, mediator, ResourceParts.Desired);

    private Task ReplaceStatusAsync(HttpContext http, IMediator mediator) => ReplaceAsync(http, mediator, ResourceParts.Status);

    private async Task ReplaceAsync(HttpContext http, IMediator mediator, ResourceParts parts)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "UpdateOptions");
        T body = await ReadBodyAsync(http, options, isNew: false);
        Applied<T> updated = await mediator.Send(new Replace<T>(KeyOf(http), body, parts, ContextOf(http, options)) { Form = wire }, http.RequestAborted);
        await ObjectReply.WriteAsync(http, updated.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK, updated.Object, form, wire);
    }

    private Task PatchAsync(HttpContext http, IMediator mediator) => PatchAsync(http, mediator, ResourceParts.Desired);

    private Task PatchStatusAsync(HttpContext http, IMediator mediator) => PatchAsync(http, mediator, ResourceParts.Status);

    private async Task PatchAsync(HttpContext http, IMediator mediator, ResourceParts parts)
    {
        if (MediaTypes.WithoutParameters(http.Request.ContentType) == MediaTypes.ApplyPatch)
        {
            await ApplyAsync(http, mediator, parts);
            return;
        }

        ReplyForm form = Negotiation.FormFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "PatchOptions");
        ResourcePatch patch = ResourcePatch.Read(await BodyReader.ReadAsync(http), http.Request.ContentType);
        Decoded<Resource> patched = await mediator.Send(
            new Patch<T>(KeyOf(http), patch, options.FieldValidation, parts, ContextOf(http, options)) { Form = wire }, http.RequestAborted);
        BodyReader.Warn(http, patched.Warnings);
        await ObjectReply.WriteAsync(http, StatusCodes.Status200OK, patched.Object, form, wire);
    }

    private async Task ApplyAsync(HttpContext http, IMediator mediator, ResourceParts parts)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "PatchOptions", isApply: true);
        DeclaredConfiguration body = DeclaredConfiguration.Read(
            await BodyReader.ReadAsync(http), DecodeTarget.Of(kind), options.FieldValidation, parts == ResourceParts.Status ? "status" : "", wire);
        Apply<T> apply = new(KeyOf(http), body, options.IsForced, parts, ContextOf(http, options) with { IsApply = true }) { Form = wire };
        Applied<T> applied = await mediator.Send(apply, http.RequestAborted);
        BodyReader.Warn(http, body.Warnings);
        await ObjectReply.WriteAsync(http, applied.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK, applied.Object, form, wire);
    }

    private async Task DeleteAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        DeleteOptions how = await ReadDeleteOptionsAsync(http);
        Deleted<T> deleted = await mediator.Send(new Delete<T>(KeyOf(http), how, ContextOf(http, how)), http.RequestAborted);
        if (deleted.IsGone && !served.AnswersDeleted)
        {
            await DeleteReply.WriteDeletedAsync(http, kind, deleted.Object);
        }
        else
        {
            int code = !deleted.IsGone && how.AsksToWait ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
            await ObjectReply.WriteAsync(http, code, deleted.Object, form, wire);
        }
    }

    private async Task DeleteCollectionAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        ListScope scope = ListScope.Of(kind, NamespaceOf(http), ListOptions.Parse(http.Request.Query));
        DeleteOptions how = await ReadDeleteOptionsAsync(http);
        Page<T> deleted = await mediator.Send(new DeleteCollection<T>(scope, how, ContextOf(http, how)), http.RequestAborted);
        await ListReply.WriteAsync(http, deleted, form, wire);
    }

    private static async Task GetScaleAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        Scale scale = await mediator.Send(new GetScale<T>(KeyOf(http), RevisionOf(http)), http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status200OK, scale, form);
    }

    private static async Task ReplaceScaleAsync(HttpContext http, IMediator mediator)
    {
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "UpdateOptions");
        Decoded<Resource> body = BodyDecoder.Decode(await BodyReader.ReadAsync(http), http.Request.ContentType, DecodeTarget.Scale, options.FieldValidation);
        BodyReader.Warn(http, body.Warnings);
        await SetScaleAsync(http, mediator, options, _ => (Scale)body.Object, "update scale");
    }

    private async Task PatchScaleAsync(HttpContext http, IMediator mediator)
    {
        if (MediaTypes.WithoutParameters(http.Request.ContentType) == MediaTypes.ApplyPatch)
        {
            await ApplyScaleAsync(http, mediator);
            return;
        }

        WriteOptions options = WriteOptions.Parse(http.Request.Query, "PatchOptions");
        ResourcePatch patch = ResourcePatch.Read(await BodyReader.ReadAsync(http), http.Request.ContentType);
        await SetScaleAsync(http, mediator, options, scale => (Scale)patch.Apply(scale, DecodeTarget.Scale, options.FieldValidation).Object, "patch scale");
    }

    private async Task ApplyScaleAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "PatchOptions", isApply: true);
        DeclaredConfiguration body = DeclaredConfiguration.ReadScale(await BodyReader.ReadAsync(http), DecodeTarget.Of(kind), options.FieldValidation);
        WriteContext context = ContextOf(http, options) with { IsApply = true, Subresource = "scale" };
        Applied<T> applied = await mediator.Send(new Apply<T>(KeyOf(http), body, options.IsForced, ResourceParts.Desired, context), http.RequestAborted);
        BodyReader.Warn(http, body.Warnings);
        await ObjectReply.WriteAsync(http, StatusCodes.Status200OK, Scaling.ScaleOf(applied.Object), form);
    }

    private static async Task SetScaleAsync(HttpContext http, IMediator mediator, WriteOptions options, Func<Scale, Scale> change, string verb)
    {
        ReplyForm form = Negotiation.FormFor(http.Request);
        Scale scale = await mediator.Send(new ReplaceScale<T>(KeyOf(http), change, verb, ContextOf(http, options)), http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status200OK, scale, form);
    }

    private static WriteContext ContextOf(HttpContext http, WriteOptions options) =>
        new(TokenAuthentication.ActorOf(http), options.IsDryRun)
        {
            UserAgent = http.Request.Headers.UserAgent.ToString(),
            FieldManager = options.FieldManager ?? "",
        };

    private static WriteContext ContextOf(HttpContext http, DeleteOptions options) => new(TokenAuthentication.ActorOf(http), options.IsDryRun);

    private static async Task<DeleteOptions> ReadDeleteOptionsAsync(HttpContext http) =>
        DeleteOptions.Parse(await BodyReader.ReadAsync(http), http.Request.ContentType, http.Request.Query);

    /// <summary>A body of another form obeys that form's rules when it makes an object; the stored kind's hold for all.</summary>
    private async Task<T> ReadBodyAsync(HttpContext http, WriteOptions options, bool isNew)
    {
        Decoded<Resource> body = BodyDecoder.Decode(await BodyReader.ReadAsync(http), http.Request.ContentType, DecodeTarget.Of(kind), options.FieldValidation);
        BodyReader.Warn(http, body.Warnings);
        if (wire is null)
        {
            return (T)body.Object;
        }

        if (isNew)
        {
            Validation.ThrowIfInvalid(kind, body.Object.Name, ResourceRules.ValidateCreate(body.Object));
        }

        return (T)wire.Read(body.Object);
    }
}

/// <summary>The endpoints of some kind.</summary>
internal interface IKindEndpoints
{
    void Map(IEndpointRouteBuilder routes);
}
