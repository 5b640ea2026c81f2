using ControlPlane.Gateway;
using ControlPlane.Gateway.Hosting;

GatewayOptions options;
try
{
    if (args is ["--help" or "-h"])
    {
        Console.WriteLine(GatewayOptions.Usage);
        return 0;
    }

    options = GatewayOptions.Parse(args);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Message}\n\n{GatewayOptions.Usage}");
    return 2;
}

try
{
    return await GatewayHost.RunAsync(options) ? 0 : 1;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"the gateway cannot start: {exception.Message}");
    return 1;
}
