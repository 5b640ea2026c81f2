using ControlPlane.Agent.Runtimes;
using ControlPlane.Simulation.Using;

namespace ControlPlane.Simulation.Nodes;

/// <summary>The images that a node has: a tag stands there for what it stood for when it was pulled.</summary>
internal sealed class SimulatedImages(string node, SimulatedRegistry registry)
{
    private readonly Dictionary<string, string> pulled = new(StringComparer.Ordinal);

    public bool Has(string image) => registry.Has(image) ? pulled.ContainsKey(image) : !Versions.IsMissing(image);

    /// <exception cref="ImagePullException">There is no such image.</exception>
    public void Pull(string image)
    {
        if (Versions.IsMissing(image))
        {
            throw new ImagePullException($"manifest for {image} not found");
        }

        if (registry.Has(image))
        {
            string digest = registry.DigestOf(image);
            pulled[image] = digest;
            pulled[digest] = digest;
        }
    }

    /// <summary>What an image's name stands for here; of one that no registry gave, its id, which is another one on each node.</summary>
    public string? Resolve(string image) =>
        registry.Has(image) ? pulled.GetValueOrDefault(image) : registry.IsOn && Has(image) ? SimulatedRegistry.Hash($"{image} on {node}") : null;
}
