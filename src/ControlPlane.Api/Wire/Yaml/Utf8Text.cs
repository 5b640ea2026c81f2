using System.Buffers;
using System.Globalization;
using System.Text;

namespace ControlPlane.Api.Wire.Yaml;

/// <summary>Text that is written to a buffer as UTF-8. What is held back goes there with <see cref="Flush"/>.</summary>
internal sealed class Utf8Text(IBufferWriter<byte> output) : TextWriter(CultureInfo.InvariantCulture)
{
    private const int HeldChars = 4096;

    private readonly char[] held = new char[HeldChars];

    /// <summary>Keeps the first half of a character whose second half comes later.</summary>
    private readonly Encoder encoder = Encoding.UTF8.GetEncoder();

    private int count;

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        if (count == HeldChars)
        {
            Flush();
        }

        held[count++] = value;
    }

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (buffer.Length > HeldChars - count)
        {
            Flush();
        }

        if (buffer.Length > HeldChars)
        {
            encoder.Convert(buffer, output, flush: false, out _, out _);
            return;
        }

        buffer.CopyTo(held.AsSpan(count));
        count += buffer.Length;
    }

    public override void Flush()
    {
        encoder.Convert(held.AsSpan(0, count), output, flush: false, out _, out _);
        count = 0;
    }
}
