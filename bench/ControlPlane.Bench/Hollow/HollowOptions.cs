using System.Globalization;

namespace ControlPlane.Bench.Hollow;

/// <summary>Which hollow nodes a process has, and how their containers behave.</summary>
/// <param name="Server">The API.</param>
/// <param name="TokenFile">The agents' token.</param>
/// <param name="DataFolder">Where each has a folder.</param>
/// <param name="First">The number of the first, from 1.</param>
/// <param name="Nodes">How many.</param>
/// <param name="Behaviour">Of their containers.</param>
internal sealed record HollowOptions(Uri Server, string TokenFile, string DataFolder, int First, int Nodes, HollowBehaviour Behaviour)
{
    /// <summary>The nodes' names.</summary>
    public IEnumerable<string> Names => Enumerable.Range(First, Nodes).Select(HollowNodes.NameOf);

    public IReadOnlyList<string> ToArguments() => [Server.ToString(), TokenFile, DataFolder, Text(First), Text(Nodes), .. Behaviour.ToArguments()];

    /// <exception cref="FormatException">Not what <see cref="ToArguments"/> makes.</exception>
    public static HollowOptions Parse(string[] arguments) => arguments is [var server, var token, var data, var first, var nodes, .. var behaviour]
        ? new HollowOptions(new Uri(server), token, data, Number(first), Number(nodes), HollowBehaviour.Parse(behaviour))
        : throw new FormatException("expected SERVER TOKEN-FILE DATA-FOLDER FIRST NODES, and how their containers behave");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
