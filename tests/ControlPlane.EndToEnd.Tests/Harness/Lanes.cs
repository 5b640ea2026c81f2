// The shared product and the benchmarks, which have node and Service addresses of their own, side by side; then those of OwnProduct, one after another.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>
/// Tests that start products for themselves. These have the node addresses of <c>./run</c>, of which there is one set on a machine, so that there is one product at a time. They come last: by then
/// other test processes are done with the one Docker Engine that the machine can have.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OwnProduct
{
    public const string Name = "own product";
}
