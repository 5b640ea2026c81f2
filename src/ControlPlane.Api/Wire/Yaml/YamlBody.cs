using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace ControlPlane.Api.Wire.Yaml;

/// <summary>Takes an answer's JSON and writes its YAML on: never more of either is held than what came since the last flush, and a value that has not ended.</summary>
internal sealed class YamlBody : PipeWriter
{
    private readonly PipeWriter target;
    private readonly ArrayBufferWriter<byte> json = new();
    private readonly JsonToYaml yaml;

    private YamlBody(PipeWriter target, JsonToYaml yaml)
    {
        this.target = target;
        this.yaml = yaml;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => json.WrittenCount;

    /// <summary>Has JSON written, and its YAML written to <paramref name="target"/>.</summary>
    /// <exception cref="OperationCanceledException">The client has gone; what was written by then may be no whole JSON.</exception>
    public static async Task WriteAsync(PipeWriter target, Func<PipeWriter, Task> writeJsonAsync, CancellationToken cancellationToken)
    {
        using Utf8Text text = new(target);
        YamlBody body = new(target, new JsonToYaml(text));
        await writeJsonAsync(body);
        cancellationToken.ThrowIfCancellationRequested();
        body.Turn(isLast: true);
        await target.FlushAsync(cancellationToken);
    }

    public override void Advance(int bytes) => json.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => json.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => json.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Turn(isLast: false);
        return target.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => target.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => throw new NotSupportedException("who had the body written completes it");

    /// <exception cref="JsonException">What was written is no JSON.</exception>
    private void Turn(bool isLast)
    {
        int turned = yaml.Write(json.WrittenSpan, isLast);
        byte[] rest = json.WrittenSpan[turned..].ToArray();
        json.ResetWrittenCount();
        json.Write(rest);
    }
}
