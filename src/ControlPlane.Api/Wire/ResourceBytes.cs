using System.Runtime.CompilerServices;
using ControlPlane.Api.Kinds;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire;

/// <summary>
/// Objects' JSON as it is sent. An object never changes, and one of the cache is read many times by gets, lists and watches: what was written once is
/// kept for as long as the object is.
/// </summary>
internal static class ResourceBytes
{
    /// <summary>What is kept at most, in bytes: once so much was written, all of it is forgotten and kept anew. 5,000 pods are about 10 MB.</summary>
    internal const long KeptMax = 32 * 1024 * 1024;

    private static readonly ConditionalWeakTable<Resource, byte[]> Kept = [];
    private static long keptBytes;

    /// <summary>An object in another form than its own, which is not kept; in its own where <paramref name="wire"/> is null.</summary>
    public static byte[] Of(Resource resource, WireForm? wire) => wire is null ? Of(resource) : ResourceJson.SerializeToUtf8Bytes(wire.Show(resource));

    /// <summary>An object with its kind said, in UTF-8. Not to be changed by the caller.</summary>
    public static byte[] Of(Resource resource)
    {
        if (Kept.TryGetValue(resource, out byte[]? known))
        {
            return known;
        }

        byte[] written = ResourceJson.SerializeToUtf8Bytes(Shape.Of(resource, ReplyForm.Objects));
        if (Interlocked.Add(ref keptBytes, written.Length) > KeptMax)
        {
            Interlocked.Exchange(ref keptBytes, written.Length);
            Kept.Clear();
        }

        Kept.AddOrUpdate(resource, written);
        return written;
    }
}
