using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlPlane.Api.Tests.Fuzzing;

/// <summary>Ways in which a body goes wrong: in its structure, where it is JSON, and in its bytes.</summary>
internal static class BodyMutations
{
    private const int LongText = 70_000;
    private const int DeepNesting = 2_000;

    private static readonly string[] Values =
    [
        "null", "{}", "[]", "\"\"", "true", "-1", "0", "2147483647", "2147483648", "9223372036854775807", "-9223372036854775809", "1e400", "0.5", "1E-7",
        "\"web\"", "\"Web_1\"", "\"../..\"", "\"%\"", "\"150%\"", "\"-5%\"", "\"1e99\"", "\"99999999999999999999Gi\"", "\"0x10\"", "\"10n\"", "\"\\u0000\"", "\"\\ud800\"",
        "\"\\u202e\\u0301\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.9999999+14:00\"", "\"2026-02-30T00:00:00Z\"", "\"::1\"", "\"1s\"", "\"-1s\"", "\"99999999h\"",
        "[null]", "[{}]", "[[]]", "{\"\":null}", "{\"a\":{\"a\":[1]}}", "[\"a\",\"a\"]", "{\"$patch\":\"delete\"}", "{\"$patch\":\"nothing\"}", "{\"$setElementOrder/x\":[1]}",
        "{\"$retainKeys\":1}", "{\"$deleteFromPrimitiveList/finalizers\":[\"a\"]}", "\"/spec/-\"", "\"/~2\"", "\"-\"", "\"Recreate\"", "\"In\"",
    ];

    private static readonly string[] Names =
    [
        "", "name", "spec", "status", "metadata", "$patch", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "kind", "apiVersion",
        "ownerReferences", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "uid", "generation", "managedFields", "namespace", "generateName", "finalizers", "selector",
        "a.b", "A", "\u0000", "clusterIP", "nodePort", "externalName", "nodeName", "hostNetwork", "maxSurge", "template", "volumes", "initContainers", "volumeMounts", "ephemeralContainers", "hard", "op", "from", "path", "value",
    ];

    /// <summary>What means something in YAML.</summary>
    private static readonly string[] YamlMarks =
    [
        "&a ", "*a", "<<: *a\n", "<<: ", "!!int ", "!!binary ", "!!null ", "!<tag:x> ", "! ", "? ", "|\n", ">-\n", "|9\n", "\t", "\r", "---\n", "...\n", "%YAML 9.9\n", "%TAG ! x\n", "{", "]", ": ", "- ", "# ",
        "'", "\"\\x", "\"\\ud800\"", "\u0085", "\u2028", "\ufeff", "0o9", "0x", "1_", ".nan", "-.inf", "=", "@", "`",
    ];

    /// <summary>What means something in protobuf: numbers of too many bytes, lengths beyond the end, groups, an unknown wire type, no UTF-8.</summary>
    private static readonly byte[][] ProtobufMarks =
    [
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
        [0x0a, 0x80], [0x0a, 0x00], [0x0b], [0x0c], [0x0d], [0x0e], [0x09], [0x08, 0x00], [0x00], [0x0a, 0x02, 0xc3, 0x28], .. new[] { Enumerable.Repeat((byte)0x0b, DeepNesting).ToArray() },
    ];

    public static byte[] Mutate(Random random, byte[] body)
    {
        byte[] mutated = body;
        for (int times = random.Next(1, 3); times > 0; times--)
        {
            mutated = random.Next(4) > 0 && TryParse(mutated) is { } json ? MutateStructure(random, json) : MutateBytes(random, mutated);
        }

        return mutated;
    }

    /// <summary>The same body in the block style of YAML, which is what people write.</summary>
    public static byte[] ToYaml(byte[] body) => TryParse(body) is { } json ? Encoding.UTF8.GetBytes(Block(json, "")) : body;

    private static string Block(JsonNode? node, string indent) => node switch
    {
        JsonObject { Count: > 0 } members => string.Concat(members.Select(member => $"\n{indent}{JsonSerializer.Serialize(member.Key)}: {Block(member.Value, indent + "  ")}")),
        JsonArray { Count: > 0 } items => string.Concat(items.Select(item => $"\n{indent}- {Block(item, indent + "  ")}")),
        _ => node?.ToJsonString() ?? "null",
    };

    /// <returns>Nothing for what a JSON library would not read and write again: two members of one name, half a character.</returns>
    private static JsonNode? TryParse(byte[] body)
    {
        try
        {
            JsonNode? parsed = JsonNode.Parse(body);
            return parsed is not null && PlacesIn(parsed).ToList().Count > 0 && parsed.ToJsonString().Length > 0 ? parsed : null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static byte[] MutateStructure(Random random, JsonNode root)
    {
        List<JsonNode> places = [.. PlacesIn(root)];
        JsonNode place = places[random.Next(places.Count)];
        // A value stands for itself until the end, so that what no JSON library would write (1e400, half a character) is sent, too.
        string value = random.Next(4) > 0 ? Values[random.Next(Values.Length)] : places[random.Next(places.Count)].ToJsonString();
        if (place is JsonObject { Count: > 0 } named && random.Next(16) == 0)
        {
            // A second member of one name follows.
            value = $"{value},{JsonSerializer.Serialize(named.ElementAt(random.Next(named.Count)).Key)}:{Values[random.Next(Values.Length)]}";
        }

        string mark = $"mark-{random.Next()}";
        if (place is JsonObject members)
        {
            MutateMembers(random, members, mark);
        }
        else
        {
            JsonArray items = (JsonArray)place;
            int index = random.Next(items.Count + 1);
            if (index == items.Count || random.Next(3) == 0)
                items.Insert(index, mark);
            else if (random.Next(2) == 0)
                items.RemoveAt(index);
            else
                items[index] = mark;
        }

        return Encoding.UTF8.GetBytes(root.ToJsonString().Replace($"\"{mark}\"", value, StringComparison.Ordinal));
    }

    private static void MutateMembers(Random random, JsonObject members, string mark)
    {
        string name = members.Count > 0 ? members.ElementAt(random.Next(members.Count)).Key : "";
        switch (members.Count > 0 ? random.Next(4) : 3)
        {
            case 0:
                members.Remove(name);
                break;
            case 1:
                JsonNode? moved = members[name]?.DeepClone();
                members.Remove(name);
                members[Names[random.Next(Names.Length)]] = moved;
                break;
            case 2:
                members[name] = mark;
                break;
            default:
                members[Names[random.Next(Names.Length)]] = mark;
                break;
        }
    }

    private static IEnumerable<JsonNode> PlacesIn(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => PlacesIn(member.Value)).Prepend(members),
        JsonArray items => items.SelectMany(PlacesIn).Prepend(items),
        _ => [],
    };

    private static byte[] MutateBytes(Random random, byte[] body)
    {
        int at = random.Next(body.Length + 1);
        int length = Math.Min(random.Next(1, 40), body.Length - at);
        return random.Next(10) switch
        {
            0 => body[..at],
            1 => [.. body[..at], .. body[(at + length)..]],
            2 => [.. body[..at], .. body.AsSpan(at, length), .. body[at..]],
            3 => [.. body[..at], (byte)random.Next(256), .. body[at..]],
            4 => [.. body[..at], .. Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]), .. body[at..]],
            5 when random.Next(8) == 0 => [.. body[..at], .. Enumerable.Repeat((byte)'x', LongText), .. body[at..]],
            6 when random.Next(8) == 0 => [.. body[..at], .. Enumerable.Repeat((byte)"[{"[random.Next(2)], DeepNesting), .. body[at..]],
            7 => [.. body[..at], .. Encoding.UTF8.GetBytes(YamlMarks[random.Next(YamlMarks.Length)]), .. body[at..]],
            8 => [.. body[..at], .. ProtobufMarks[random.Next(ProtobufMarks.Length)], .. body[at..]],
            _ => Flipped(random, body),
        };
    }

    private static byte[] Flipped(Random random, byte[] body)
    {
        byte[] flipped = [.. body];
        for (int times = body.Length == 0 ? 0 : random.Next(1, 5); times > 0; times--)
        {
            flipped[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
        }

        return flipped;
    }
}
