namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>One of the two real kubectls, in a namespace of a test's own.</summary>
internal sealed class Kubectl(Installation product, string version, string? space = null)
{
    /// <summary>Debian 12's, the oldest that is still in a supported Debian, and the newest Debian's.</summary>
    public static TheoryData<string> Versions => ["1.20", "recent"];

    public string Namespace => space ?? "default";

    /// <summary>In a namespace.</summary>
    public Kubectl In(string other) => new(product, version, other);

    /// <summary>Makes a namespace and stays in it.</summary>
    public async Task<Kubectl> InNewAsync(string name)
    {
        await OkAsync("create", "namespace", name);
        return In(name);
    }

    public Task<CommandResult> RunAsync(params string[] arguments) => RunWithInputAsync(input: null, arguments);

    public async Task<string> OkAsync(params string[] arguments) => (await RunAsync(arguments)).OrThrow();

    public Task<CommandResult> RunWithInputAsync(string? input, params string[] arguments) =>
        Command.RunAsync(Program, [.. Scope, .. arguments], Environment, input, TimeSpan.FromSeconds(180));

    /// <summary>The same as a line for a shell, which must have <see cref="Environment"/>.</summary>
    public string LineOf(params string[] arguments) =>
        string.Join(' ', new[] { Program }.Concat(Scope).Concat(arguments).Select(word => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'"));

    /// <summary>kubectl caches discovery in the home folder: a cache for each product, as each starts anew.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?> { ["KUBECONFIG"] = product.Kubeconfig, ["HOME"] = product.DataFolder };

    private string Program => Clone.Tool($"kubectl-{version}");

    private IEnumerable<string> Scope => space is null ? [] : ["--namespace", space];
}
