using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Confirms that the store in use has replaced others on a node. What was confirmed before for this store stays confirmed.</summary>
/// <param name="Name">The node.</param>
/// <param name="Body">Which stores it has replaced.</param>
/// <param name="Context">Who, and whether to store it.</param>
internal sealed record ConfirmStore(string Name, ConfirmedStores Body, WriteContext Context) : IRequest<Node>, IWriteRequest
{
    public string Verb => "confirm store";

    public string KindName => ResourceKinds.Node.QualifiedPlural;

    public string Target => Name;
}

internal sealed class ConfirmStoreHandler(Updater updater, CacheReader reader) : IRequestHandler<ConfirmStore, Node>
{
    public Task<Node> Handle(ConfirmStore request, CancellationToken cancellationToken)
    {
        if (request.Body.Name.Length > 0)
        {
            BodyRules.CheckIdentity(request.Body, @namespace: "", request.Name);
        }

        ObjectKey key = new("", request.Name);
        return updater.UpdateAsync<Node>(key, ResourceParts.Desired, request.Context, stored =>
        {
            string store = reader.Cache.StoreIdentity;
            Freshness.Check(ResourceKinds.Node, stored, request.Body.Metadata);
            IReadOnlyList<FieldError> errors = [.. Errors(request.Body, store)];
            if (errors.Count > 0)
            {
                throw StatusError.Invalid("controlplane.dev", nameof(ConfirmedStores), request.Name, errors);
            }

            StoreConfirmation confirmation = StoreConfirmation.Of(store, [.. StoreConfirmation.ReplacedOn(stored, store), .. request.Body.Stores]);
            return stored with
            {
                Metadata = stored.Metadata with { Annotations = stored.Metadata.Annotations.SetItem(StoreConfirmation.Annotation, confirmation.ToString()) },
            };
        }, cancellationToken);
    }

    private static IEnumerable<FieldError> Errors(ConfirmedStores body, string store)
    {
        if (body.Stores.IsEmpty)
        {
            yield return new FieldError("stores", FieldErrorReason.Required, "Required value: name the stores whose containers may be stopped");
        }

        for (int i = 0; i < body.Stores.Count; i++)
        {
            string replaced = body.Stores[i];
            string? problem = !StoreConfirmation.IsIdentity(replaced) ? "is no identity of a store"
                : replaced == store ? "is the store in use"
                : null;
            if (problem is not null)
            {
                yield return new FieldError($"stores[{i}]", FieldErrorReason.Invalid, $"Invalid value: \"{replaced}\": {problem}");
            }
        }
    }
}
