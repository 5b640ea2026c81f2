// Reads mutation reports (the schema of mutation-testing-elements).
//   dotnet run scripts/mutants.cs survivors REPORT        where mutants live, as files under Planning with the spans of their text
//   dotnet run scripts/mutants.cs score LIMIT REPORT…     each mutant that is killed in no report, and the score; fails below LIMIT per cent
using System.Globalization;
using System.Text.Json;

switch (args)
{
    case ["survivors", string report]:
        foreach (IGrouping<string, Mutant> file in Read(report).Where(mutant => !mutant.Killed).GroupBy(mutant => mutant.File))
        {
            Console.WriteLine(file.Key + string.Concat(file.Select(mutant => $"{{{mutant.Start}..{mutant.End}}}").Distinct()));
        }

        return 0;

    case ["score", string limit, .. string[] reports]:
        return Score(double.Parse(limit, CultureInfo.InvariantCulture), reports);

    default:
        Console.Error.WriteLine("usage: mutants.cs survivors REPORT | mutants.cs score LIMIT REPORT…");
        return 2;
}

// A mutant of the first report is killed when any report says so of the same place, mutator and replacement.
static int Score(double limit, string[] reports)
{
    List<Mutant> mutants = Read(reports[0]);
    ILookup<object, Mutant> later = reports.Skip(1).SelectMany(Read).ToLookup(mutant => mutant.Identity);
    List<Mutant> survivors = [.. mutants.Where(mutant => !mutant.Killed && !later[mutant.Identity].Any(again => again.Killed))];
    foreach (Mutant mutant in survivors)
    {
        Console.WriteLine($"{mutant.File}:{mutant.Line}  {mutant.Mutator}  {Short(mutant.Original)}  →  {Short(mutant.Replacement)}");
    }

    foreach (IGrouping<string, Mutant> directory in mutants.GroupBy(mutant => Path.GetDirectoryName(mutant.File) is { Length: > 0 } name ? name : "(top)"))
    {
        Print(directory.Key, directory.Count(), directory.Except(survivors).Count());
    }

    Print("all", mutants.Count, mutants.Count - survivors.Count);
    Console.WriteLine(FormattableString.Invariant(
        $"{mutants.Count(mutant => mutant.Killed)} were killed by the examples; {mutants.Count(mutant => mutant.TimedOut)} of them took too long"));
    return mutants.Count == 0 || 100.0 * (mutants.Count - survivors.Count) / mutants.Count < limit ? 1 : 0;
}

static void Print(string name, int mutants, int killed) =>
    Console.WriteLine(FormattableString.Invariant($"{name,-12} {killed,5} of {mutants,5} mutants killed, {100.0 * killed / mutants:F1} %"));

static string Short(string text)
{
    string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    return line.Length > 90 ? line[..90] + "…" : line;
}

// The mutants that were tested; those that no test reaches count, those that do not compile or were left out do not.
static List<Mutant> Read(string report)
{
    using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(report));
    List<Mutant> mutants = [];
    foreach (JsonProperty file in document.RootElement.GetProperty("files").EnumerateObject())
    {
        string name = file.Name[(file.Name.LastIndexOf("/Planning/", StringComparison.Ordinal) + "/Planning/".Length)..];
        string source = file.Value.GetProperty("source").GetString()!;
        foreach (JsonElement mutant in file.Value.GetProperty("mutants").EnumerateArray())
        {
            string status = mutant.GetProperty("status").GetString()!;
            if (status is "Killed" or "Timeout" or "Survived" or "NoCoverage")
            {
                JsonElement start = mutant.GetProperty("location").GetProperty("start");
                JsonElement end = mutant.GetProperty("location").GetProperty("end");
                (int from, int to) = (Offset(source, start), Offset(source, end));
                mutants.Add(new Mutant(
                    name, start.GetProperty("line").GetInt32(), from, to, mutant.GetProperty("mutatorName").GetString()!, source[from..to],
                    mutant.GetProperty("replacement").GetString()!, status is "Killed" or "Timeout", status == "Timeout"));
            }
        }
    }

    return mutants;
}

// A position counts lines and columns from 1.
static int Offset(string source, JsonElement position)
{
    int offset = 0;
    for (int line = position.GetProperty("line").GetInt32(); line > 1; line--)
    {
        offset = source.IndexOf('\n', offset) + 1;
    }

    return offset + position.GetProperty("column").GetInt32() - 1;
}

internal sealed record Mutant(
    string File, int Line, int Start, int End, string Mutator, string Original, string Replacement, bool Killed, bool TimedOut)
{
    public object Identity => (File, Start, End, Mutator, Replacement);
}
