namespace ControlPlane.Api.Tests.Fuzzing;

/// <summary>One after another, and after all others: one of them measures the memory of the process that all are in.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FuzzingCollection
{
    public const string Name = "fuzzing";
}
