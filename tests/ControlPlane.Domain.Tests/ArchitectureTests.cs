using System.Text.RegularExpressions;
using System.Xml.Linq;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests;

/// <summary>The shape of the house: who may reference whom, a Domain that does nothing but decide, and seams that a simulation can take over.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Root = FindRoot();

    [Theory]
    [InlineData("Domain", "")]
    [InlineData("Infrastructure", "Domain")]
    [InlineData("Reconciler", "Infrastructure")]
    [InlineData("Api", "Reconciler")]
    [InlineData("Agent", "Domain")]
    [InlineData("Gateway", "Domain")]
    [InlineData("Launcher", "Infrastructure")]
    public void Project_ReferencesItsOneNeighbour(string project, string expected)
    {
        IEnumerable<string> references = LinkedProjects(project).Select(path => Path.GetFileNameWithoutExtension(path)["ControlPlane.".Length..]);

        Assert.Equal(expected, string.Join(' ', references));
    }

    [Fact]
    public void EveryProject_IsUnderTheRuleOfReferences() => Assert.Equal(
        [
            "ControlPlane.Agent", "ControlPlane.Api", "ControlPlane.Domain", "ControlPlane.Gateway", "ControlPlane.Infrastructure", "ControlPlane.Launcher",
            "ControlPlane.Reconciler",
        ],
        Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void Domain_NeedsNoPackageButItsValidatorsAndAnalyzers() => Assert.Equal(
        ["FluentValidation", "Microsoft.CodeAnalysis.BannedApiAnalyzers"],
        Items("Domain", "PackageReference").Order(StringComparer.Ordinal));

    [Fact]
    public void Domain_ReferencesNoAssemblyThatDoesInputOrOutput()
    {
        string[] effects =
        [
            "System.Net.", "System.IO.", "System.Data", "System.Diagnostics.Process", "System.Console", "System.Threading.Thread",
            "Npgsql", "Microsoft.EntityFrameworkCore", "Microsoft.AspNetCore", "Microsoft.Extensions.",
        ];
        string[] references = [.. typeof(Resource).Assembly.GetReferencedAssemblies().Select(reference => reference.Name ?? "")];

        Assert.NotEmpty(references);
        Assert.DoesNotContain(references, reference => effects.Any(effect => reference.StartsWith(effect, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("P:System.DateTime.UtcNow")]
    [InlineData("P:System.DateTimeOffset.UtcNow")]
    [InlineData("P:System.TimeProvider.System")]
    [InlineData("M:System.Guid.NewGuid")]
    [InlineData("T:System.Random")]
    public void Domain_IsKeptFromClocksAndDiceByTheCompiler(string symbol)
    {
        Assert.Contains("BannedSymbols.txt", Items("Domain", "AdditionalFiles"));
        Assert.Contains(symbol + ";", File.ReadAllText(Path.Combine(Folder("Domain"), "BannedSymbols.txt")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Reconciler")]
    [InlineData("Agent")]
    [InlineData("Gateway")]
    public void Seams_AreUsedForTimeAndScheduling(string project)
    {
        string[] offences = [.. SourcesOf(project).SelectMany(OffencesIn)];

        Assert.True(offences.Length == 0, $"not under a virtual clock or scheduler:\n{string.Join('\n', offences)}");
    }

    [Theory]
    [InlineData("await Task.Run(Work);")]
    [InlineData("await work.ConfigureAwait(false);")]
    [InlineData("var now = DateTimeOffset.UtcNow;")]
    [InlineData("var now = DateTime.Now;")]
    [InlineData("var watch = Stopwatch.StartNew();")]
    [InlineData("await Task.Delay(1000, cancellationToken);")]
    [InlineData("using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));")]
    [InlineData("using PeriodicTimer timer = new(Interval);")]
    [InlineData("Thread.Sleep(1);")]
    public void SeamRule_SeesWhatGoesPastTheSeams(string line) => Assert.Single(OffencesIn(("x.cs", line)));

    [Theory]
    [InlineData("await Task.Delay(delay, timeProvider, cancellationToken);")]
    [InlineData("using PeriodicTimer timer = new(Interval, time);")]
    [InlineData("DateTimeOffset now = time.GetUtcNow();")]
    [InlineData("// Task.Run would leave the simulated scheduler.")]
    public void SeamRule_LetsTheSeamsBe(string line) => Assert.Empty(OffencesIn(("x.cs", line)));

    /// <summary>
    /// A copy of a dictionary that others write to is taken by its own <c>ToArray</c>, under its locks. A collection expression, and LINQ's <c>ToList</c>, ask for the count first and throw
    /// when one more comes before they copy.
    /// </summary>
    [Theory]
    [InlineData("Agent")]
    [InlineData("Api")]
    [InlineData("Gateway")]
    [InlineData("Infrastructure")]
    [InlineData("Launcher")]
    [InlineData("Reconciler")]
    public void ConcurrentDictionaries_AreCopiedUnderTheirLocks(string project) =>
        Assert.Empty(SourcesOf(project).SelectMany(UnsafeCopiesIn));

    [Theory]
    [InlineData("private readonly ConcurrentDictionary<string, long> seen = new(); KeyValuePair<string, long>[] all = [.. seen];", true)]
    [InlineData("ConcurrentDictionary<string, List<int>> seen = new(); var all = seen.ToList();", true)]
    [InlineData("ConcurrentDictionary<string, long> seen = new(); var all = seen.ToArray();", false)]
    [InlineData("ConcurrentDictionary<string, long> seen = new(); long[] all = [.. seen.Values];", false)]
    public void CopyRule_SeesUnsafeCopies(string line, bool isUnsafe) => Assert.Equal(isUnsafe, UnsafeCopiesIn(("x.cs", line)).Any());

    private static IEnumerable<string> UnsafeCopiesIn((string Name, string Text) source) =>
        from declared in ConcurrentDictionaries().Matches(source.Text)
        let name = declared.Groups["name"].Value
        where source.Text.Contains($"[.. {name}]", StringComparison.Ordinal) || source.Text.Contains($" {name}.ToList()", StringComparison.Ordinal)
        select $"{source.Name}: {name}";

    private static IEnumerable<string> OffencesIn((string Name, string Text) source) =>
        from match in PastTheSeams().Matches(Comments().Replace(source.Text, ""))
        where !(match.Groups["timed"].Success && TimeProviderArgument().IsMatch(match.Value))
        select $"{source.Name}: {match.Value}";

    private static IEnumerable<(string Name, string Text)> SourcesOf(string project) =>
        from path in Directory.EnumerateFiles(Folder(project), "*.cs", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(Folder(project), path)
        where !name.StartsWith("bin/", StringComparison.Ordinal) && !name.StartsWith("obj/", StringComparison.Ordinal)
        select (name, File.ReadAllText(path));

    /// <summary>A project that is only built along (the launcher's programs) is no reference: nothing of it can be called.</summary>
    private static IEnumerable<string> LinkedProjects(string project) =>
        Elements(project, "ProjectReference").Where(element => (string?)element.Attribute("ReferenceOutputAssembly") != "false").Select(Include);

    private static string[] Items(string project, string item) => [.. Elements(project, item).Select(Include)];

    private static IEnumerable<XElement> Elements(string project, string item) =>
        XDocument.Load(Path.Combine(Folder(project), $"ControlPlane.{project}.csproj")).Descendants(item);

    private static string Include(XElement element) => ((string?)element.Attribute("Include") ?? "").Replace('\\', '/');

    private static string Folder(string project) => Path.Combine(Root, "src", $"ControlPlane.{project}");

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ControlPlane.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"no ControlPlane.sln above {AppContext.BaseDirectory}");
    }

    /// <summary>Calls that are wrong as they stand, and those (timed) that are right with a TimeProvider among their arguments.</summary>
    [GeneratedRegex(@"\bTask\.Run\(|\bTask\.Factory\.StartNew\(|\.ConfigureAwait\(|\bDateTime(?:Offset)?\.(?:Utc)?Now\b|\bStopwatch\.|\bThread\.Sleep\(|(?<timed>\bTask\.Delay\([^;]*;|\bnew PeriodicTimer\([^;]*;|\bPeriodicTimer \w+ = new\([^;]*;)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PastTheSeams();

    [GeneratedRegex(@"\b_?(?:time|clock|timeProvider)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex TimeProviderArgument();

    [GeneratedRegex(@"\bConcurrentDictionary<[^;=]*>\s+(?<name>\w+)\s*=", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ConcurrentDictionaries();

    [GeneratedRegex(@"//[^\n]*", RegexOptions.CultureInvariant)]
    private static partial Regex Comments();
}
