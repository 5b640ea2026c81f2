using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Agents;

/// <summary>
/// A node's desired state as its agent reads it. It is the whole of it each time that something on the node changes, so the pods' JSON, nearly all of it, is written once for each
/// pod and not once for each answer.
/// </summary>
internal static class DesiredBody
{
    private static ReadOnlySpan<byte> PodsBegin => "{\"pods\":["u8;

    private static ReadOnlySpan<byte> PodsEnd => "],"u8;

    /// <summary>The answer in UTF-8; the same as the state's own JSON, but for the order of its members.</summary>
    public static byte[] Of(DesiredState state)
    {
        if (state.Pods.IsEmpty)
        {
            return ResourceJson.SerializeToUtf8Bytes(state);
        }

        byte[][] pods = [.. state.Pods.Select(ResourceBytes.Of)];
        // Never "{}": a store has an identity.
        ReadOnlySpan<byte> rest = ResourceJson.SerializeToUtf8Bytes(state with { Pods = default }).AsSpan(1);
        byte[] body = new byte[PodsBegin.Length + pods.Sum(pod => pod.Length) + pods.Length - 1 + PodsEnd.Length + rest.Length];
        Span<byte> left = body;
        Append(PodsBegin, ref left);
        for (int i = 0; i < pods.Length; i++)
        {
            Append(pods[i], ref left);
            if (i < pods.Length - 1)
            {
                Append(","u8, ref left);
            }
        }

        Append(PodsEnd, ref left);
        Append(rest, ref left);
        return body;
    }

    private static void Append(ReadOnlySpan<byte> part, ref Span<byte> left)
    {
        part.CopyTo(left);
        left = left[part.Length..];
    }
}
