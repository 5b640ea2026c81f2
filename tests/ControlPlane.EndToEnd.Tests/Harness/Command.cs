using System.Diagnostics;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>What a program said, and how it ended.</summary>
internal sealed record CommandResult(string What, int ExitCode, string Output, string Errors)
{
    /// <summary>Standard output of a program that must have ended well.</summary>
    public string OrThrow()
    {
        Assert.True(ExitCode == 0, $"{What} ended with {ExitCode}\n{Output}{Errors}");
        return Output;
    }
}

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    public static async Task<CommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? input = null,
        TimeSpan? timeout = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await TellAsync(process.StandardInput, input);
        string what = $"{Path.GetFileName(program)} {string.Join(' ', start.ArgumentList)}";
        using CancellationTokenSource late = new(timeout ?? TimeSpan.FromSeconds(180));
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{what} did not end in time\n{await output}{await errors}");
        }

        return new CommandResult(what, process.ExitCode, await output, await errors);
    }

    /// <summary>A program may end before it has read all: what it said and its exit code tell why.</summary>
    private static async Task TellAsync(StreamWriter standardInput, string? input)
    {
        try
        {
            await standardInput.WriteAsync(input);
            standardInput.Close();
        }
        catch (IOException)
        {
            // Nobody reads any more.
        }
    }
}
