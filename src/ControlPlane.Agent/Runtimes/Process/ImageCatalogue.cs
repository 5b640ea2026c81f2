using System.Text.Json;
using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>Which command stands for which image. An entry's tag does not count: <c>hello:v1</c> and <c>hello:v2</c> are one command with another <c>VERSION</c>.</summary>
internal sealed class ImageCatalogue
{
    private readonly Dictionary<string, IReadOnlyList<string>> commands = new(StringComparer.Ordinal);
    private readonly string names;

    /// <param name="entries">Image name → command: words parted by blanks, or a JSON array.</param>
    /// <exception cref="FormatException">A command is empty or no JSON array of strings.</exception>
    public ImageCatalogue(ValueMap<string> entries)
    {
        names = string.Join(", ", entries.Keys);
        foreach ((string image, string command) in entries)
        {
            commands[ImageName.Parse(image).FullRepository] = Words(image, command);
        }
    }

    public IReadOnlyList<string>? Find(string image) => commands.GetValueOrDefault(ImageName.Parse(image).FullRepository);

    public string NotFound(string image) => commands.Count == 0
        ? $"image \"{image}\" is not in the process runtime's catalogue, which is empty"
        : $"image \"{image}\" is not in the process runtime's catalogue, which has: {names}";

    private static string[] Words(string image, string command)
    {
        try
        {
            string[] words = command.StartsWith('[')
                ? JsonSerializer.Deserialize<string[]>(command) ?? []
                : command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 0 ? words : throw new FormatException($"the catalogue's command for '{image}' is empty");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the catalogue's command for '{image}' is no JSON array of strings: {exception.Message}", exception);
        }
    }
}
