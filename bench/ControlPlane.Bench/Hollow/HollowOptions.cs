using System.Globalization;

namespace ControlPlane.Bench.Hollow;

/// <summary>How many hollow nodes, and how their containers behave.</summary>
internal sealed record HollowOptions(Uri Server, string TokenFile, string DataFolder, int Nodes, TimeSpan StartDelay)
{
    public IReadOnlyList<string> ToArguments() =>
        [Server.ToString(), TokenFile, DataFolder, Nodes.ToString(CultureInfo.InvariantCulture), ((int)StartDelay.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)];

    /// <exception cref="FormatException">Not what <see cref="ToArguments"/> makes.</exception>
    public static HollowOptions Parse(IReadOnlyList<string> arguments) => arguments is [var server, var token, var data, var nodes, var delay]
        ? new HollowOptions(
            new Uri(server), token, data, int.Parse(nodes, CultureInfo.InvariantCulture), TimeSpan.FromMilliseconds(int.Parse(delay, CultureInfo.InvariantCulture)))
        : throw new FormatException("expected SERVER TOKEN-FILE DATA-FOLDER NODES START-DELAY-MS");
}
