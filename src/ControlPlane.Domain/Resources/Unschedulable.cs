using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>
/// Why a pod fits on no node: for each reason, on how many nodes it holds. A node is counted under the first filter that it fails, and there under
/// everything that it lacks, so that the counts may add up to more than there are nodes.
/// </summary>
/// <param name="Nodes">How many nodes there are.</param>
/// <param name="Reasons">What holds on most nodes comes first; equal ones in the order of their texts. Empty only when there are no nodes.</param>
public sealed record Unschedulable([property: WriteEmpty] int Nodes, ValueList<UnschedulableReason> Reasons)
{
    /// <summary>
    /// Kubernetes' sentence (kube-scheduler, FitError), whose parts are in the order of their texts, counts included:
    /// <c>0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.</c>
    /// </summary>
    [JsonIgnore]
    public string Message => Nodes == 0
        ? "no nodes available to schedule pods"
        : $"0/{Nodes} nodes are available: {string.Join(", ", Reasons.Select(reason => $"{reason.Nodes} {reason.Text}").Order(StringComparer.Ordinal))}.";

    /// <summary>For people, what holds most pods up first: <c>212 of 300 nodes: cpu; 88 of 300 nodes: cordoned</c>.</summary>
    [JsonIgnore]
    public string Summary => Nodes == 0
        ? "no nodes"
        : string.Join("; ", Reasons.Select(reason => $"{reason.Nodes} of {Nodes} nodes: {reason.Subject}"));
}

/// <summary>One reason, and on how many nodes it holds.</summary>
/// <param name="Nodes">On how many nodes.</param>
/// <param name="Subject">What it is about, in a word or two: <c>cpu</c>, <c>taint gpu</c>, <c>node affinity</c>.</param>
/// <param name="Text">Kubernetes' words: <c>Insufficient cpu</c>.</param>
public sealed record UnschedulableReason(int Nodes, string Subject, string Text);
