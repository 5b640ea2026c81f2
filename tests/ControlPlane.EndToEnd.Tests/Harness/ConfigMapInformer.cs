using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>
/// What controllers do with a client library: list once, watch from there, and when a watch ends go on from the last revision seen, or list
/// again where that is too old.
/// </summary>
internal sealed class ConfigMapInformer(IKubernetes client, string space)
{
    private readonly Dictionary<string, V1ConfigMap> known = new(StringComparer.Ordinal);
    private string revision = "";

    /// <summary>How many watches there have been.</summary>
    public int Watches { get; private set; }

    /// <summary>How many lists there have been.</summary>
    public int Lists { get; private set; }

    /// <summary>What there is, as <c>name=value of k</c>.</summary>
    public string Seen => string.Join(' ', known.Values.OrderBy(one => one.Name(), StringComparer.Ordinal).Select(one => $"{one.Name()}={one.Data["k"]}"));

    /// <summary>Forgets where it was, as a client does that was away for days.</summary>
    public void ContinueFrom(string past) => revision = past;

    /// <summary>Follows until what it has seen is as expected.</summary>
    public async Task FollowUntilAsync(string expected, CancellationToken cancellationToken)
    {
        while (Seen != expected)
        {
            if (revision.Length == 0)
            {
                await ListAsync(cancellationToken);
                continue;
            }

            await WatchAsync(expected, cancellationToken);
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        Lists++;
        V1ConfigMapList list = await client.CoreV1.ListNamespacedConfigMapAsync(space, labelSelector: "informed", cancellationToken: cancellationToken);
        known.Clear();
        foreach (V1ConfigMap one in list.Items)
        {
            known[one.Name()] = one;
        }

        revision = list.Metadata.ResourceVersion;
    }

    /// <summary>One watch, which the server ends after a second.</summary>
    private async Task WatchAsync(string expected, CancellationToken cancellationToken)
    {
        Watches++;
        try
        {
            await foreach ((WatchEventType type, V1ConfigMap one) in client.CoreV1.WatchListNamespacedConfigMapAsync(
                space, allowWatchBookmarks: true, labelSelector: "informed", resourceVersion: revision, timeoutSeconds: 1, cancellationToken: cancellationToken))
            {
                Take(type, one);
                if (Seen == expected)
                {
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is KubernetesException { Status.Code: 410 } or HttpOperationException { Response.StatusCode: HttpStatusCode.Gone })
        {
            // In the stream, or in answer to the request, when the revision is too old already.
            revision = "";
        }
    }

    private void Take(WatchEventType type, V1ConfigMap one)
    {
        revision = one.ResourceVersion();
        switch (type)
        {
            case WatchEventType.Added or WatchEventType.Modified:
                known[one.Name()] = one;
                break;
            case WatchEventType.Deleted:
                known.Remove(one.Name());
                break;
        }
    }
}
