using System.Text.Json;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Agents.Streams;

/// <summary>
/// Reads the sizes of a terminal that come one after the other on <see cref="StreamChannels.Resize"/>, cut anywhere, with or without whitespace between them. What is no size is passed over.
/// </summary>
public sealed class TerminalSizes
{
    /// <summary>The longest text of one size.</summary>
    private const int TextBytesMax = 256;

    private readonly byte[] text = new byte[TextBytesMax];
    private int length;

    /// <summary>The last size that has come whole with these bytes; null when none has.</summary>
    public TerminalSize? Read(ReadOnlySpan<byte> data)
    {
        TerminalSize? last = null;
        foreach (byte next in data)
        {
            if (next == (byte)'{')
            {
                length = 0;
            }
            else if (length == 0)
            {
                continue;
            }

            if (length == TextBytesMax)
            {
                length = 0;
                continue;
            }

            text[length++] = next;
            if (next == (byte)'}')
            {
                last = Parse(text.AsSpan(0, length)) ?? last;
                length = 0;
            }
        }

        return last;
    }

    private static TerminalSize? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<TerminalSize>(json, SizeOptions);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The names as they come, in upper case, unlike everything else's.</summary>
    private static readonly JsonSerializerOptions SizeOptions = new(ResourceJson.Options) { PropertyNameCaseInsensitive = true };
}
