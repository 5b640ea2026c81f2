using System.Text;
using ControlPlane.Agent.Pods;
using ControlPlane.Agent.Runtimes;

namespace ControlPlane.Agent.Tests.Deciding;

public class TerminationMessageTests
{
    [Theory]
    [InlineData("File", 1, false)]
    [InlineData("FallbackToLogsOnError", 1, true)]
    [InlineData("FallbackToLogsOnError", 0, false)]
    [InlineData(null, 1, false)]
    public void FallsBack_OnErrorsAndWhereThePolicySaysSo(string? policy, int exitCode, bool expected) =>
        Assert.Equal(expected, TerminationMessage.FallsBack(policy, exitCode));

    [Theory]
    [InlineData("", "")]
    [InlineData("\n", "\n")]
    [InlineData("no end", "no end")]
    [InlineData("one\ntwo\n", "one\ntwo\n")]
    public void LinesOf_FewLines_AreAll(string log, string expected) => Assert.Equal(expected, TerminationMessage.LinesOf(Encoding.UTF8.GetBytes(log)));

    [Theory]
    [InlineData("\n")]
    [InlineData("")]
    public void LinesOf_ManyLines_AreTheLastEighty(string end)
    {
        string log = string.Join('\n', Enumerable.Range(1, 100)) + end;

        Assert.Equal(string.Join('\n', Enumerable.Range(21, 80)) + end, TerminationMessage.LinesOf(Encoding.UTF8.GetBytes(log)));
    }

    [Theory]
    [InlineData("abc", "", "abc")]
    [InlineData("abc", "de", "bcde")]
    [InlineData("abc", "defghi", "fghi")]
    [InlineData("", "abcd", "abcd")]
    public void LastBytes_KeepsSoMany(string first, string second, string expected)
    {
        LastBytes last = new(4);
        last.Add(Encoding.UTF8.GetBytes(first));
        last.Add(Encoding.UTF8.GetBytes(second));

        Assert.Equal(expected, Encoding.UTF8.GetString(last.Kept));
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData("", "out of ideas", "out of ideas")]
    [InlineData("no such file", "", "no such file")]
    [InlineData("no such file", "out of ideas", "no such file: out of ideas")]
    public void End_SaysTheRuntimesWordsAndTheContainers(string error, string message, string? expected) =>
        Assert.Equal(expected ?? "", ContainerEnds.Of(Given.Dead() with { Error = error, Message = message }, "test").Message);
}
