using ControlPlane.Agent;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Runtimes;

AgentOptions options;
try
{
    if (args is ["--help" or "-h"])
    {
        Console.WriteLine(AgentOptions.Usage);
        return 0;
    }

    options = AgentOptions.Parse(args);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Message}\n\n{AgentOptions.Usage}");
    return 2;
}

try
{
    await AgentHost.RunAsync(options);
    return 0;
}
catch (Exception exception) when (exception is RuntimeUnavailableException or FormatException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"the agent cannot start: {exception.Message}");
    return 1;
}
