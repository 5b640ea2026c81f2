using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Simulation.Using;

namespace ControlPlane.Simulation.Nodes;

/// <summary>
/// The registry of every second version; the others are on every node already, and no registry's. In seeds whose tags do not move nothing is known of an image but its name.
/// </summary>
internal sealed class SimulatedRegistry(Mixture mixture)
{
    private const string Repository = "app";

    private readonly Dictionary<string, int> pushes = new(StringComparer.Ordinal);

    public bool IsOn => mixture.MovesTags;

    /// <summary>Whether an image is pulled from here: <c>app:4</c>, and <c>app@sha256:…</c>.</summary>
    public bool Has(string image) => IsOn
        && (IsDigest(image) || (image.StartsWith($"{Repository}:", StringComparison.Ordinal) && int.Parse(image[(Repository.Length + 1)..], CultureInfo.InvariantCulture) % 2 == 0));

    /// <summary>What a name stands for now.</summary>
    public string DigestOf(string image) => IsDigest(image) ? image : $"{Repository}@{Hash($"{image} {pushes.GetValueOrDefault(image)}")}";

    /// <summary>Someone pushes something else under a name.</summary>
    public void Move(string image) => pushes[image] = pushes.GetValueOrDefault(image) + 1;

    public static string Hash(string content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}";

    private static bool IsDigest(string image) => image.StartsWith($"{Repository}@", StringComparison.Ordinal);
}
