using Microsoft.Extensions.Logging;

namespace ControlPlane.Launcher.Output;

/// <summary>A logger for what runs inside the launcher itself: writes as a child's lines are written.</summary>
internal sealed class LogFileLogger(ChildOutput output, TimeProvider time) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string line = $"{time.GetUtcNow():HH:mm:ss} {logLevel}: {formatter(state, exception)}{(exception is null ? "" : $" {exception}")}";
            output.Write(line, isTrouble: logLevel >= LogLevel.Warning);
        }
    }
}
