using System.Text;

namespace ControlPlane.Launcher.Starting;

/// <summary>The file that makes kubectl and the client libraries find and trust this control plane.</summary>
internal static class Kubeconfig
{
    /// <summary>Writes it, for its owner alone, with certificate authority and token inside.</summary>
    public static async Task WriteAsync(DataFolder data, int httpsPort, CancellationToken cancellationToken)
    {
        string authority = Convert.ToBase64String(await File.ReadAllBytesAsync(data.Authority, cancellationToken));
        string token = (await File.ReadAllTextAsync(data.AdminToken, cancellationToken)).Trim();
        string text = $"""
            apiVersion: v1
            kind: Config
            current-context: controlplane
            clusters:
            - name: controlplane
              cluster:
                server: https://127.0.0.1:{httpsPort}
                certificate-authority-data: {authority}
            users:
            - name: admin
              user:
                token: {token}
            contexts:
            - name: controlplane
              context:
                cluster: controlplane
                user: admin
                namespace: default

            """;
        string beside = data.Kubeconfig + ".new";
        FileStreamOptions open = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (FileStream file = new(beside, open))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        }

        File.Move(beside, data.Kubeconfig, overwrite: true);
    }
}
