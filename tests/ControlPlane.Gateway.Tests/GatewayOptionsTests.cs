using System.Net;

namespace ControlPlane.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    private static readonly string[] Required = ["--server", "https://10.0.0.5:8443", "--token-file", "/t"];

    [Fact]
    public void Parse_OnlyWhatIsRequired_TheRestHasItsDefaults()
    {
        GatewayOptions options = GatewayOptions.Parse(Required);

        Assert.Equal((new Uri("https://10.0.0.5:8443"), "/t", null), (options.Server, options.TokenFile, options.CaFile));
        Assert.Equal((Environment.MachineName.ToLowerInvariant(), IPAddress.Loopback), (options.NodeName, options.NodeAddress));
        Assert.Equal((Path.GetFullPath(".data/gateway"), 9464, TimeSpan.FromSeconds(30)), (options.DataFolder, options.MetricsPort, options.Drain));
    }

    [Fact]
    public void Parse_Everything_IsTaken()
    {
        GatewayOptions options = GatewayOptions.Parse(
            [
                .. Required, "--ca-file", "/ca", "--node-name", "n", "--node-address", "10.0.0.7", "--data", "/d", "--metrics-port", "0", "--drain-seconds", "0",
            ]);

        Assert.Equal(("/ca", "n", IPAddress.Parse("10.0.0.7"), "/d"), (options.CaFile, options.NodeName, options.NodeAddress, options.DataFolder));
        Assert.Equal((0, TimeSpan.Zero), (options.MetricsPort, options.Drain));
    }

    [Theory]
    [InlineData("--server is required", "--token-file", "/t")]
    [InlineData("--token-file is required", "--server", "https://h")]
    [InlineData("--server: expected an http or https URL, got 'ftp://h'", "--server", "ftp://h", "--token-file", "/t")]
    [InlineData("--server: expected an http or https URL, got 'h'", "--server", "h", "--token-file", "/t")]
    [InlineData("--node-address: expected an IP address, got 'localhost'", "--server", "http://h", "--token-file", "/t", "--node-address", "localhost")]
    [InlineData("--drain-seconds: expected a number from 0 to 3600, got '3601'", "--server", "http://h", "--token-file", "/t", "--drain-seconds", "3601")]
    [InlineData("--drain-seconds: expected a number from 0 to 3600, got '-1'", "--server", "http://h", "--token-file", "/t", "--drain-seconds", "-1")]
    [InlineData("--metrics-port: expected a number from 0 to 65535, got '65536'", "--server", "http://h", "--token-file", "/t", "--metrics-port", "65536")]
    [InlineData("--port: unknown, or given twice", "--server", "http://h", "--token-file", "/t", "--port", "1")]
    [InlineData("--server: unknown, or given twice", "--server", "http://h", "--server", "http://i")]
    [InlineData("--data: a value is missing, or the option is unknown", "--server", "http://h", "--token-file", "/t", "--data")]
    public void Parse_AWrongArgument_IsNamed(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => GatewayOptions.Parse(arguments)).Message);
}
