using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Manifests;

/// <summary>An object of a manifest.</summary>
/// <param name="Text">As it stands in the file, comments and all; an item of a <c>List</c> as JSON.</param>
/// <param name="Object">What it says.</param>
internal sealed record Manifest(string Text, JsonObject Object)
{
    public string Kind => (string)Object["kind"]!;

    public string Name => (string)Object["metadata"]!["name"]!;

    /// <summary>What it says, without what a cluster's own output has beside, which no later write may bring.</summary>
    public JsonObject Wanted
    {
        get
        {
            var wanted = (JsonObject)Object.DeepClone();
            foreach (string serverSet in (ReadOnlySpan<string>)["managedFields", "uid", "creationTimestamp", "resourceVersion"])
            {
                wanted["metadata"]!.AsObject().Remove(serverSet);
            }

            return wanted;
        }
    }

    /// <summary>Where clients find its kind; for one that is not served, where Kubernetes has it.</summary>
    public string HomeIn(string ns)
    {
        string version = (string)Object["apiVersion"]!;
        string plural = ResourceKinds.All.FirstOrDefault(one => one.Kind == Kind)?.Plural ?? (Kind == "Ingress" ? "ingresses" : $"{Kind.ToLowerInvariant()}s");
        return $"/{(version.Contains('/', StringComparison.Ordinal) ? "apis" : "api")}/{version}/namespaces/{ns}/{plural}";
    }
}

/// <summary>The files beside this one, cut into objects as kubectl does: at lines that begin with <c>---</c>, what is empty left out, a <c>List</c> taken apart.</summary>
internal static partial class ManifestFile
{
    public static IEnumerable<Manifest> Read(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{typeof(ManifestFile).Namespace}.{file}")!;
        using StreamReader reader = new(stream);
        return [.. Separator().Split(reader.ReadToEnd()).Where(IsSomething).SelectMany(ObjectsOf)];
    }

    private static IEnumerable<Manifest> ObjectsOf(string document)
    {
        JsonObject read = JsonNode.Parse(YamlToJson.Convert(Encoding.UTF8.GetBytes(document)).Span)!.AsObject();
        return (string)read["kind"]! != "List" ? [new Manifest(document, read)]
            : read["items"]!.AsArray().Select(item => new Manifest(item!.ToJsonString(), item.AsObject()));
    }

    private static bool IsSomething(string document) =>
        document.Split('\n').Any(line => line.Trim() is { Length: > 0 } text && text[0] != '#');

    [GeneratedRegex(@"^---.*\n?", RegexOptions.Multiline, 1000)]
    private static partial Regex Separator();
}
