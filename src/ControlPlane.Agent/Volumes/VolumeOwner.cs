using System.Text.Json;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Volumes;

/// <summary>
/// Whose a pod's volumes are: who ordered the newest of the containers that they were made for. Written beside the volumes, for no container need be left to tell it.
/// </summary>
/// <param name="Store">The identity of the store that ordered the container.</param>
/// <param name="BornAtRevision">The revision at which this node first saw the pod's record.</param>
internal sealed record VolumeOwner(string Store, long BornAtRevision)
{
    /// <summary>No volume has such a name: those are DNS labels.</summary>
    private const string FileName = "..owner";

    /// <summary>Reads whose the volumes in a pod's folder are; null when that is not known.</summary>
    public static VolumeOwner? Read(string podFolder)
    {
        try
        {
            return JsonSerializer.Deserialize<VolumeOwner>(File.ReadAllBytes(Path.Combine(podFolder, FileName)), ResourceJson.Options) is { Store.Length: > 0, BornAtRevision: > 0 } owner ? owner : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it, beside and renamed, so that there is all of it or nothing.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Write(string podFolder)
    {
        string path = Path.Combine(podFolder, FileName);
        File.WriteAllBytes(path + ".new", ResourceJson.SerializeToUtf8Bytes(this));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Whose they are in a state's eyes: see <see cref="LostRevisions.OwnerOf"/>.</summary>
    public string OwnerIn(DesiredState state) => LostRevisions.OwnerOf(Store, BornAtRevision, state.StoreIdentity, state.LostRevisions);

    /// <summary>
    /// Whether the volumes of a pod without a record may be removed, as its containers may be stopped: the store in use ordered it and its word is not older than that, or it has replaced the one
    /// that did, as a person confirmed.
    /// </summary>
    public bool MayBeRemoved(DesiredState state) =>
        OwnerIn(state) is var owner && owner == state.StoreIdentity ? BornAtRevision <= state.Revision : state.ReplacedStores.Contains(owner);
}
