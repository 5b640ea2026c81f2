using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ControlPlane.Api.Security;

/// <summary>
/// The certificate that HTTPS is served with, signed by an authority of our own. Both are made at the first start and kept as
/// <c>ca.crt</c>, <c>ca.key</c>, <c>tls.crt</c> and <c>tls.key</c>; the certificate is made anew when its names change or its end is near.
/// </summary>
internal sealed class ServerCertificates : IDisposable
{
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);
    private static readonly TimeSpan LeafLifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>Clocks of clients may be behind ours.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    private readonly string folder;
    private readonly string[] names;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private X509Certificate2 leaf;

    /// <param name="folder">Where the four files are.</param>
    /// <param name="advertised">Names and addresses beside localhost and the host's own name.</param>
    /// <param name="time">Tells when a certificate is near its end.</param>
    public ServerCertificates(string folder, IEnumerable<string> advertised, TimeProvider time)
    {
        this.folder = folder;
        this.time = time;
        names = [.. new[] { "localhost", "127.0.0.1", "::1", Dns.GetHostName() }.Concat(advertised).Distinct(StringComparer.OrdinalIgnoreCase)];
        leaf = LoadOrMakeLeaf();
    }

    /// <summary>The certificate in force; renewed here when its end is near.</summary>
    public X509Certificate2 Current
    {
        get
        {
            lock (gate)
            {
                if (!IsFresh(leaf))
                {
                    leaf = LoadOrMakeLeaf();
                }

                return leaf;
            }
        }
    }

    /// <summary>The authority's certificate in PEM, by which clients know <see cref="Current"/>.</summary>
    public string RootCertificate { get; private set; } = "";

    public void Dispose() => leaf.Dispose();

    private string PathOf(string file) => Path.Combine(folder, file);

    private bool IsFresh(X509Certificate2 certificate) => time.GetUtcNow() < certificate.NotAfter.ToUniversalTime() - RenewBefore;

    private X509Certificate2 LoadOrMakeLeaf()
    {
        using X509Certificate2 authority = LoadOrMakeAuthority();
        RootCertificate = authority.ExportCertificatePem() + "\n";
        if (File.Exists(PathOf("tls.crt")) && File.Exists(PathOf("tls.key")))
        {
            X509Certificate2 kept = X509Certificate2.CreateFromPemFile(PathOf("tls.crt"), PathOf("tls.key"));
            if (IsFresh(kept) && kept.Issuer == authority.Subject && NamesOf(kept).SetEquals(names) && IsSignedBy(kept, authority))
            {
                return kept;
            }

            kept.Dispose();
        }

        return MakeLeaf(authority);
    }

    private static HashSet<string> NamesOf(X509Certificate2 certificate)
    {
        X509SubjectAlternativeNameExtension? extension = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return extension is null
            ? []
            : extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString()))
                .ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }

    private X509Certificate2 LoadOrMakeAuthority()
    {
        if (File.Exists(PathOf("ca.crt")) && File.Exists(PathOf("ca.key")))
        {
            X509Certificate2 kept = X509Certificate2.CreateFromPemFile(PathOf("ca.crt"), PathOf("ca.key"));
            if (IsFresh(kept))
            {
                return kept;
            }

            kept.Dispose();
        }

        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN=controlplane-ca-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset now = time.GetUtcNow();
        X509Certificate2 made = request.CreateSelfSigned(now - ClockTolerance, now + AuthorityLifetime);
        Keep("ca", made, key);
        return made;
    }

    private X509Certificate2 MakeLeaf(X509Certificate2 authority)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=controlplane-api", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(AlternativeNames());

        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset end = now + LeafLifetime;
        DateTimeOffset authorityEnd = authority.NotAfter.ToUniversalTime();
        using X509Certificate2 signed = request.Create(
            authority, now - ClockTolerance, end < authorityEnd ? end : authorityEnd, RandomNumberGenerator.GetBytes(16));
        Keep("tls", signed, key);
        return signed.CopyWithPrivateKey(key);
    }

    private X509Extension AlternativeNames()
    {
        SubjectAlternativeNameBuilder builder = new();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }

    private void Keep(string name, X509Certificate2 certificate, ECDsa key)
    {
        SecretFiles.Write(PathOf($"{name}.key"), key.ExportPkcs8PrivateKeyPem() + "\n");
        SecretFiles.Write(PathOf($"{name}.crt"), certificate.ExportCertificatePem() + "\n");
    }
}
