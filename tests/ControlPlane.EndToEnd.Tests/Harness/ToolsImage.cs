using ControlPlane.Testing;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>An image with a shell and a few programs of this machine, for the sample's has none.</summary>
internal static class ToolsImage
{
    public const string Name = "tools:v1";

    private const string Make = """
        set -e
        root=$(mktemp -d)
        trap 'rm -rf "$root"' EXIT
        mkdir -p "$root/bin" "$root/tmp"
        for name in sh cat head printenv sleep stat stty tar tty wc; do
          program=$(readlink -f "$(command -v "$name")")
          cp "$program" "$root/bin/$name"
          for library in $(ldd "$program" | grep -o '/[^ ]*'); do
            mkdir -p "$root$(dirname "$library")"
            cp -L "$library" "$root$library"
          done
        done
        tar -C "$root" -c . | docker import -c 'ENV PATH=/bin' -c 'WORKDIR /tmp' - "$0"
        """;

    /// <summary>Makes it on an engine.</summary>
    public static Task MakeAsync(DockerEngineFixture engine) => engine.RunAsync("sh", "-c", Make, Name);
}
