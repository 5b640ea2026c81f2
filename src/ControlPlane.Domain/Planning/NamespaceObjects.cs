using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning;

/// <summary>
/// What every namespace has: its default ServiceAccount, and a ConfigMap with the certificate by which clients know the API (Kubernetes: serviceaccount and
/// root-ca-cert-publisher controllers).
/// </summary>
public static class NamespaceObjects
{
    /// <summary>The ServiceAccount of pods that name none.</summary>
    public const string ServiceAccountName = "default";

    /// <summary>The ConfigMap's name.</summary>
    public const string RootCertificateName = "kube-root-ca.crt";

    /// <summary>The ConfigMap's key.</summary>
    public const string RootCertificateKey = "ca.crt";

    /// <summary>The plan for a namespace; none for one that is on its way out.</summary>
    /// <param name="space">The namespace.</param>
    /// <param name="account">Its default ServiceAccount; null when there is none.</param>
    /// <param name="certificate">The ConfigMap; null when there is none.</param>
    /// <param name="facts">What the ConfigMap is to say.</param>
    /// <param name="now">The time of the pass.</param>
    /// <param name="ids">For uids.</param>
    public static Plan Plan(Namespace space, ServiceAccount? account, ConfigMap? certificate, ApiServerFacts facts, DateTimeOffset now, IdSource ids)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(ids);
        return space.Metadata.IsDeleting
            ? Planning.Plan.Nothing
            : new Plan { Writes = [.. Account(), .. Certificate()] };

        IEnumerable<Write> Account() => account is not null ? [] :
        [
            new Write.Create(new ServiceAccount
            {
                ApiVersion = ResourceKinds.ServiceAccount.ApiVersion,
                Kind = ResourceKinds.ServiceAccount.Kind,
                Metadata = New(ServiceAccountName),
            }),
        ];

        IEnumerable<Write> Certificate()
        {
            if (facts.RootCertificate is not { } text)
            {
                return [];
            }

            ValueMap<string> data = ValueMap.Of((RootCertificateKey, text));
            return certificate switch
            {
                null =>
                [
                    new Write.Create(new ConfigMap
                    {
                        ApiVersion = ResourceKinds.ConfigMap.ApiVersion,
                        Kind = ResourceKinds.ConfigMap.Kind,
                        Metadata = New(RootCertificateName),
                        Data = data,
                    }),
                ],
                { Metadata.IsDeleting: false } when certificate.Data != data => [new Write.Update(certificate with { Data = data }, ResourceParts.Desired)],
                _ => [],
            };
        }

        ObjectMeta New(string name) => new() { Name = name, Namespace = space.Name, Uid = ids.Uid(), CreationTimestamp = now };
    }
}
