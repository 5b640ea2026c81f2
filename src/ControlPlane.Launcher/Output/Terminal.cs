namespace ControlPlane.Launcher.Output;

/// <summary>What the person at the terminal reads: the story on standard output, trouble on standard error.</summary>
internal sealed class Terminal(TextWriter output, TextWriter errors)
{
    private readonly Lock gate = new();

    public void Say(string line)
    {
        lock (gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    public void Warn(string line)
    {
        lock (gate)
        {
            errors.WriteLine(line);
            errors.Flush();
        }
    }
}
