using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Gives a pod that has no node yet to one, as a scheduler does. Whether the pod fits there is the asker's to know; whether there is such a node, too.</summary>
/// <param name="Key">The pod.</param>
/// <param name="Body">The node.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record BindPod(ObjectKey Key, Binding Body, WriteContext Context) : IRequest<Pod>, IWriteRequest
{
    public string Verb => "bind";

    public string KindName => ResourceKinds.Pod.QualifiedPlural;

    public string Target => Key.ToString();
}

internal sealed class BindPodHandler(Updater updater, TimeProvider time) : IRequestHandler<BindPod, Pod>
{
    public Task<Pod> Handle(BindPod request, CancellationToken cancellationToken)
    {
        Check(request.Body, request.Key);
        return updater.UpdateAsync<Pod>(request.Key, ResourceParts.All, request.Context, stored => Bound(stored, request.Body, time.WholeSecondsNow()), cancellationToken);
    }

    private static void Check(Binding body, ObjectKey key)
    {
        BodyRules.CheckIdentity(body with { Metadata = body.Metadata with { Name = body.Name.Length > 0 ? body.Name : key.Name } }, key.Namespace, key.Name);
        List<FieldError> errors = [];
        if (body.Target.Kind is not (null or "" or "Node"))
        {
            errors.Add(new FieldError("target.kind", FieldErrorReason.NotSupported, $"Unsupported value: \"{body.Target.Kind}\": supported values: \"Node\", \"<empty>\""));
        }

        if (string.IsNullOrEmpty(body.Target.Name))
        {
            errors.Add(new FieldError("target.name", FieldErrorReason.Required, "Required value"));
        }

        if (errors.Count > 0)
        {
            throw StatusError.Invalid("", nameof(Binding), key.Name, errors);
        }
    }

    /// <summary>The pod on its node, with the binding's annotations and labels, and the condition that it is scheduled (Kubernetes: setPodNodeAndMetadata).</summary>
    /// <exception cref="ApiException">409: it has a node, is leaving, or is not the pod that was meant.</exception>
    private static Pod Bound(Pod stored, Binding body, DateTimeOffset now)
    {
        if (body.Uid.Length > 0 && body.Uid != stored.Uid)
        {
            throw StatusError.PreconditionFailed(ResourceKinds.Pod, stored.Name, "UID", body.Uid, stored.Uid);
        }

        string? problem = stored.Metadata.IsDeleting ? $"pod {stored.Name} is being deleted, cannot be assigned to a host"
            : !string.IsNullOrEmpty(stored.Spec.NodeName) ? $"pod {stored.Name} is already assigned to node \"{stored.Spec.NodeName}\""
            : null;
        return problem is not null
            ? throw StatusError.Conflict(ResourceKinds.Pod, stored.Name, problem)
            : PendingPods.Bound(stored, body.Target.Name!, now) with
            {
                Metadata = stored.Metadata with
                {
                    Annotations = stored.Metadata.Annotations.SetItems(body.Metadata.Annotations),
                    Labels = stored.Metadata.Labels.SetItems(body.Metadata.Labels),
                },
            };
    }
}
