namespace ControlPlane.Launcher.Output;

/// <summary>A log file of bounded size: full, it becomes <c>.1</c>, and what was <c>.1</c> becomes <c>.2</c>, up to three files in all.</summary>
internal sealed class RotatingLog : IDisposable
{
    public const long FileBytesMax = 10 * 1024 * 1024;
    private const int Files = 3;

    private readonly string path;
    private readonly long bytesMax;
    private readonly Lock gate = new();
    private StreamWriter writer;

    public RotatingLog(string path, long bytesMax = FileBytesMax)
    {
        this.path = path;
        this.bytesMax = bytesMax;
        writer = Open();
    }

    public string Path => path;

    public void Write(string line)
    {
        lock (gate)
        {
            writer.WriteLine(line);
            if (writer.BaseStream.Position >= bytesMax)
            {
                Rotate();
            }
        }
    }

    public void Dispose() => writer.Dispose();

    private void Rotate()
    {
        writer.Dispose();
        for (int i = Files - 1; i >= 1; i--)
        {
            string from = i == 1 ? path : $"{path}.{i - 1}";
            if (File.Exists(from))
            {
                File.Move(from, $"{path}.{i}", overwrite: true);
            }
        }

        writer = Open();
    }

    private StreamWriter Open() => new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
}
