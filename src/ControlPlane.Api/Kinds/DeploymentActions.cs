using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Apply;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Api.Wire.Patches;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Kinds;

/// <summary>What can be asked of a Deployment's rollout by name: where it stands, what a change would do, and to act on it.</summary>
internal static class DeploymentActions
{
    private const string Group = "rollouts.controlplane.dev";
    private const string Version = "v1";

    /// <summary>The longest wait for a rollout; a client that wants to wait longer asks again.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(10);

    private static readonly DecodeTarget Promotion = new(Group, Version, nameof(PromotionOptions), typeof(PromotionOptions));

    private static readonly DecodeTarget Options = new(Group, Version, nameof(RolloutActionOptions), typeof(RolloutActionOptions));

    public static ValueList<ServedSubresource> Served { get; } =
    [
        Action("abort", "Give up a revision that is on trial: the last good one takes over"),
        Action("pause", "Pause a Deployment: changes of its template roll nothing until it is resumed"),
        new("plan", typeof(Deployment), null, null, ResourceKinds.Deployment.Kind, ["create"])
        {
            Summary = "Work out what a changed Deployment would do, step by step; stores nothing",
            AnswerType = typeof(RolloutForecast),
            Query = ["force"],
        },
        Action("promote", "Go on with a rollout that waits for a person's word"),
        new("promote-to", typeof(PromotionOptions), Group, Version, nameof(PromotionOptions), ["create"])
        {
            Summary = "Give a Deployment of another namespace the images of a revision that has proven itself, pinned by digest; with dryRun=All, show which",
            AnswerType = typeof(RolloutActionResult),
        },
        Action("restart", "Replace the pods of a Deployment by new ones of the same template"),
        Action("resume", "Resume a paused Deployment"),
        Action("retry", "Try a failed revision again"),
        Action("rollback", "Go back to an older revision: toRevision, or the last good one"),
        new("rollout", typeof(RolloutView), Group, Version, "Rollout", ["get"])
        {
            Summary = "Read where a rollout stands and what holds it up; with wait, once it is complete or has failed",
            Query = ["wait"],
        },
    ];

    public static async Task GetRolloutAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = ReplyForm.ObjectsFor(http.Request);
        RolloutView view = await mediator.Send(new GetRollout(KeyOf(http), WaitOf(http)), http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status200OK, view, form);
    }

    public static async Task PlanAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = ReplyForm.ObjectsFor(http.Request);
        (Deployment changed, WriteContext unstored) = await ChangedAsync(http, mediator);
        RolloutForecast forecast = await mediator.Send(new PlanDeployment(KeyOf(http), changed, unstored), http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status201Created, forecast, form);
    }

    /// <summary>The Deployment that the body makes: itself, as a PUT's, or what a patch or a declared configuration makes of the stored one, as a PATCH that stores nothing.</summary>
    private static async Task<(Deployment Changed, WriteContext Unstored)> ChangedAsync(HttpContext http, IMediator mediator)
    {
        ReadOnlyMemory<byte> body = await BodyReader.ReadAsync(http);
        DecodeTarget target = DecodeTarget.Of(ResourceKinds.Deployment);
        string type = MediaTypes.WithoutParameters(http.Request.ContentType);
        bool isApply = type == MediaTypes.ApplyPatch;
        bool isPatch = type is MediaTypes.JsonPatch or MediaTypes.MergePatch or MediaTypes.StrategicMergePatch;
        WriteOptions options = WriteOptions.Parse(http.Request.Query, isApply || isPatch ? "PatchOptions" : "UpdateOptions", isApply);
        WriteContext unstored = ContextOf(http, options) with { DryRun = true, FieldManager = options.FieldManager ?? "", IsApply = isApply };
        if (isApply)
        {
            DeclaredConfiguration declared = DeclaredConfiguration.Read(body, target, options.FieldValidation, subresource: "");
            BodyReader.Warn(http, declared.Warnings);
            return ((await mediator.Send(new Apply<Deployment>(KeyOf(http), declared, options.IsForced, ResourceParts.Desired, unstored), http.RequestAborted)).Object, unstored);
        }

        Decoded<Resource> changed = isPatch
            ? await mediator.Send(
                new Patch<Deployment>(KeyOf(http), ResourcePatch.Read(body, http.Request.ContentType), options.FieldValidation, ResourceParts.Desired, unstored), http.RequestAborted)
            : BodyDecoder.Decode(body, http.Request.ContentType, target, options.FieldValidation);
        BodyReader.Warn(http, changed.Warnings);
        return ((Deployment)changed.Object, unstored);
    }

    public static async Task ActAsync(HttpContext http, IMediator mediator, string action)
    {
        ReplyForm form = ReplyForm.ObjectsFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "CreateOptions");
        RolloutActionOptions said = await ReadOptionsAsync(http);
        ActOnDeployment request = new(
            KeyOf(http),
            ActionOf(action, said),
            said.Metadata.ResourceVersion,
            IdempotencyKeyOf(http),
            ContextOf(http, options));
        RolloutActionResult result = await mediator.Send(request, http.RequestAborted);
        await ObjectReply.WriteAsync(http, StatusCodes.Status201Created, result, form);
    }

    /// <summary>Strict as the options of the other actions are.</summary>
    public static async Task PromoteAsync(HttpContext http, IMediator mediator)
    {
        ReplyForm form = ReplyForm.ObjectsFor(http.Request);
        WriteOptions options = WriteOptions.Parse(http.Request.Query, "CreateOptions");
        PromotionOptions said = (PromotionOptions)BodyDecoder.Decode(await BodyReader.ReadAsync(http), http.Request.ContentType, Promotion, FieldValidation.Strict).Object;
        PromoteDeployment request = new(KeyOf(http), said, IdempotencyKeyOf(http), ContextOf(http, options));
        await ObjectReply.WriteAsync(http, StatusCodes.Status201Created, await mediator.Send(request, http.RequestAborted), form);
    }

    private static string? IdempotencyKeyOf(HttpContext http) =>
        http.Request.Headers.TryGetValue(IdempotentRequests.Header, out Microsoft.Extensions.Primitives.StringValues key) ? key.ToString() : null;

    private static WriteContext ContextOf(HttpContext http, WriteOptions options) =>
        new(TokenAuthentication.ActorOf(http), options.IsDryRun) { UserAgent = http.Request.Headers.UserAgent.ToString() };

    private static ServedSubresource Action(string name, string summary) =>
        new(name, typeof(RolloutActionOptions), Group, Version, nameof(RolloutActionOptions), ["create"])
        {
            Summary = summary,
            AnswerType = typeof(RolloutActionResult),
            IsBodyOptional = true,
        };

    /// <summary>An option that the action does not have is an error: it would be believed to have done something.</summary>
    private static RolloutAction ActionOf(string action, RolloutActionOptions options)
    {
        List<FieldError> errors = [];
        if (options.ToRevision is not null && action != "rollback")
        {
            errors.Add(new FieldError("toRevision", FieldErrorReason.Forbidden, $"Forbidden: {action} has no such option"));
        }

        if (options.Full is not null && action != "promote")
        {
            errors.Add(new FieldError("full", FieldErrorReason.Forbidden, $"Forbidden: {action} has no such option"));
        }

        return errors.Count > 0 ? throw StatusError.Invalid(Group, nameof(RolloutActionOptions), "", errors) : action switch
        {
            "rollback" => new RolloutAction.Rollback(options.ToRevision),
            "restart" => new RolloutAction.Restart(),
            "pause" => new RolloutAction.Pause(),
            "resume" => new RolloutAction.Resume(),
            "promote" => new RolloutAction.Promote(options.Full ?? false),
            "abort" => new RolloutAction.Abort(),
            "retry" => new RolloutAction.Retry(),
            _ => throw new ArgumentOutOfRangeException(nameof(action), action, "no such action"),
        };
    }

    /// <summary>Strict, whatever <c>fieldValidation</c> says: a misspelt option must not mean its default.</summary>
    private static async Task<RolloutActionOptions> ReadOptionsAsync(HttpContext http)
    {
        ReadOnlyMemory<byte> body = await BodyReader.ReadAsync(http);
        return body.IsEmpty ? new RolloutActionOptions() : (RolloutActionOptions)BodyDecoder.Decode(body, http.Request.ContentType, Options, FieldValidation.Strict).Object;
    }

    private static TimeSpan? WaitOf(HttpContext http)
    {
        QueryReader reader = new(http.Request.Query, "RolloutOptions");
        if (reader.Text("wait") is not { } text)
        {
            return null;
        }

        if (!Durations.TryParse(text, out TimeSpan wait))
        {
            throw StatusError.BadRequest($"wait: Invalid value: \"{text}\": must be a duration such as 120s or 5m");
        }

        if (wait > WaitMax)
        {
            reader.Add("wait", FieldErrorReason.Invalid, $"Invalid value: \"{text}\": must be at most {WaitMax.TotalMinutes:0}m");
        }

        reader.ThrowIfInvalid();
        return wait;
    }

    private static ObjectKey KeyOf(HttpContext http) => new((string)http.Request.RouteValues["namespace"]!, (string)http.Request.RouteValues["name"]!);
}
