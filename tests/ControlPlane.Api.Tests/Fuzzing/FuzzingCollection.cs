namespace ControlPlane.Api.Tests.Fuzzing;

/// <summary>One after another: one of them measures the memory of the process that both are in.</summary>
[CollectionDefinition(Name)]
public sealed class FuzzingCollection
{
    public const string Name = "fuzzing";
}
