// Prints what a mutation report says: each mutant that no test noticed, and the score. Usage: dotnet run scripts/mutants.cs REPORT
using System.Text.Json;

using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(args[0]));
int killed = 0;
int survived = 0;
foreach (JsonProperty file in report.RootElement.GetProperty("files").EnumerateObject())
{
    string name = file.Name[(file.Name.IndexOf("/Planning/", StringComparison.Ordinal) + 1)..];
    foreach (JsonElement mutant in file.Value.GetProperty("mutants").EnumerateArray())
    {
        switch (mutant.GetProperty("status").GetString())
        {
            case "Killed" or "Timeout":
                killed++;
                break;
            case "Survived" or "NoCoverage":
                survived++;
                int line = mutant.GetProperty("location").GetProperty("start").GetProperty("line").GetInt32();
                string replacement = string.Join(' ', mutant.GetProperty("replacement").GetString()!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
                Console.WriteLine($"{name}:{line}  {mutant.GetProperty("mutatorName").GetString()}  →  {(replacement.Length > 120 ? replacement[..120] + "…" : replacement)}");
                break;
        }
    }
}

int total = killed + survived;
Console.WriteLine($"{killed} of {total} mutants killed, {(total == 0 ? 0 : 100.0 * killed / total):F1} % (limit 90 %)");
