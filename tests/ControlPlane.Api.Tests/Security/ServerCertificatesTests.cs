using System.Security.Cryptography.X509Certificates;
using ControlPlane.Api.Security;
using ControlPlane.Testing;

namespace ControlPlane.Api.Tests.Security;

public sealed class ServerCertificatesTests : IDisposable
{
    private readonly TemporaryFolder folder = new("certificates");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void SecondStart_WithTheSameNames_KeepsAuthorityAndCertificate()
    {
        string first = Start([]).Thumbprint;
        Assert.Equal(first, Start([]).Thumbprint);
    }

    [Fact]
    public void NewName_MakesANewCertificateOfTheSameAuthority()
    {
        X509Certificate2 before = Start([]);
        string authority = File.ReadAllText(Path.Combine(folder.Path, "ca.crt"));
        X509Certificate2 after = Start(["control.example", "10.1.2.3"]);

        Assert.NotEqual(before.Thumbprint, after.Thumbprint);
        Assert.Equal(authority, File.ReadAllText(Path.Combine(folder.Path, "ca.crt")));
        X509SubjectAlternativeNameExtension names = after.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Contains("control.example", names.EnumerateDnsNames());
        Assert.Contains("localhost", names.EnumerateDnsNames());
        Assert.Contains("10.1.2.3", names.EnumerateIPAddresses().Select(address => address.ToString()));
    }

    [Fact]
    public void CertificateNearItsEnd_IsRenewedWithoutARestart()
    {
        MovableTime time = new();
        using ServerCertificates certificates = new(folder.Path, [], time);
        string before = certificates.Current.Thumbprint;
        time.Offset = TimeSpan.FromDays(340);
        Assert.NotEqual(before, certificates.Current.Thumbprint);
        Assert.Equal(File.ReadAllText(Path.Combine(folder.Path, "ca.crt")), certificates.RootCertificate);
    }

    private X509Certificate2 Start(string[] advertised) => new ServerCertificates(folder.Path, advertised, TimeProvider.System).Current;

    private sealed class MovableTime : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
    }
}
