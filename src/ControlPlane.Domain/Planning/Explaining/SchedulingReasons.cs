using System.Globalization;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>
/// The scheduler's sentence, which is Kubernetes' and which clients show as it is, put the other way round: what is missing, and on how many nodes.
/// </summary>
internal static class SchedulingReasons
{
    private const string Prefix = "0/";
    private const string Subject = " nodes are available: ";

    /// <summary>
    /// <c>0/300 nodes are available: 1 node(s) were unschedulable, 212 Insufficient cpu.</c> is
    /// <c>212 of 300 nodes: Insufficient cpu; 1 of 300 nodes: were unschedulable</c>. Most nodes first; any other sentence stays as it is.
    /// </summary>
    public static string Grouped(string? sentence)
    {
        if (string.IsNullOrEmpty(sentence))
        {
            return "no node fits";
        }

        int subject = sentence.IndexOf(Subject, StringComparison.Ordinal);
        if (!sentence.StartsWith(Prefix, StringComparison.Ordinal) || subject < 0)
        {
            return sentence;
        }

        string total = sentence[Prefix.Length..subject];
        List<(int Nodes, string Reason)> groups = [];
        foreach (string part in sentence[(subject + Subject.Length)..].TrimEnd('.').Split(", "))
        {
            int space = part.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || !int.TryParse(part[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int nodes))
            {
                return sentence;
            }

            string reason = part[(space + 1)..];
            groups.Add((nodes, reason.StartsWith("node(s) ", StringComparison.Ordinal) ? reason["node(s) ".Length..] : reason));
        }

        return string.Join("; ", groups.OrderByDescending(group => group.Nodes).Select(group => $"{group.Nodes} of {total} nodes: {group.Reason}"));
    }
}
