// One after another, for they share the machine's two cores with other test processes: the shared product and the benchmarks first, then those of OwnProduct.
[assembly: CollectionBehavior(MaxParallelThreads = 1)]

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
