using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>The engine's images: present, pulled, and removed when the disk fills up (Kubernetes' numbers: from 85 % down to 80 %).</summary>
/// <param name="client">The engine.</param>
/// <param name="time">How long images have been unused.</param>
/// <param name="log">Says what was removed.</param>
/// <param name="usedPercent">How full the disk of a folder is, in per cent.</param>
internal sealed class DockerImages(DockerClient client, TimeProvider time, ILogger<DockerImages> log, Func<string, int> usedPercent)
{
    private const int FullPercent = 85;
    private const int EnoughPercent = 80;
    private const string Nameless = "<none>:<none>";

    /// <summary>An image that has just been pulled may be about to be used.</summary>
    private static readonly TimeSpan MinAge = TimeSpan.FromMinutes(2);

    private readonly Dictionary<string, long> lastUsed = new(StringComparer.Ordinal);

    public async Task<bool> HasAsync(string image, CancellationToken cancellationToken) => await InspectAsync(image, cancellationToken) is not null;

    /// <summary>
    /// The digest under which the image's own repository gave it, or its id. An image that was pulled by several names has a digest for each repository; one with
    /// several in the same one is the same image under each.
    /// </summary>
    public async Task<string?> ResolveAsync(string image, CancellationToken cancellationToken)
    {
        if (await InspectAsync(image, cancellationToken) is not { } found)
        {
            return null;
        }

        string repository = ImageName.Parse(image).FullRepository;
        string? digest = (found.RepoDigests ?? []).Select(ImageName.Parse)
            .Where(name => name.FullRepository == repository && name.Digest.Length > 0)
            .Select(name => name.Digest)
            .Min(StringComparer.Ordinal);
        return digest is null ? found.ID : ImageName.WithDigest(image, digest);
    }

    /// <summary>Whom the image runs as, such as <c>1000:1000</c>; empty for root, and when there is no such image.</summary>
    public async Task<string> UserOfAsync(string image, CancellationToken cancellationToken) =>
        (await InspectAsync(image, cancellationToken))?.Config?.User ?? "";

    public async Task PullAsync(string image, RegistryLogin? login, CancellationToken cancellationToken)
    {
        ImageName name = ImageName.Parse(image);
        AuthConfig auth = login is not null
            ? new AuthConfig { Username = login.Username, Password = login.Password, ServerAddress = name.Registry }
            : await HostLogin.FindAsync(name.Registry, cancellationToken) ?? new AuthConfig();
        string? error = null;
        try
        {
            // The engine answers 200 and says in the stream how the pull went.
            await client.Images.CreateImageAsync(
                new ImagesCreateParameters { FromImage = name.FullRepository, Tag = name.Reference },
                auth,
                new ErrorListener(message => error = message),
                cancellationToken);
        }
        catch (DockerApiException exception)
        {
            throw new ImagePullException(DockerCall.Reason(exception), exception);
        }
        catch (Exception exception) when (DockerCall.IsAway(exception))
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }

        if (error is not null)
        {
            throw new ImagePullException(error);
        }
    }

    /// <summary>On a full disk removes images that no container uses, the longest unused first, until enough is free.</summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<ImagesListResponse> unused = await FindUnusedAsync(cancellationToken);
            string root = (await client.System.GetSystemInfoAsync(cancellationToken)).DockerRootDir;

            // An engine on another machine has a disk that cannot be seen from here.
            if (!Directory.Exists(root) || usedPercent(root) is var used && used < FullPercent)
            {
                return;
            }

            foreach (ImagesListResponse image in unused)
            {
                if (usedPercent(root) <= EnoughPercent)
                {
                    return;
                }

                await RemoveAsync(image, used, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is DockerApiException || DockerCall.IsAway(exception))
        {
            throw new RuntimeUnavailableException(DockerCall.Reason(exception), exception);
        }
    }

    private Task<ImageInspectResponse?> InspectAsync(string image, CancellationToken cancellationToken) => DockerCall.RunAsync(
        async token =>
        {
            try
            {
                return await client.Images.InspectImageAsync(image, token);
            }
            catch (DockerImageNotFoundException)
            {
                return null;
            }
        },
        time,
        cancellationToken);

    private async Task<IReadOnlyList<ImagesListResponse>> FindUnusedAsync(CancellationToken cancellationToken)
    {
        long now = time.GetTimestamp();
        IList<ContainerListResponse> containers = await client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, cancellationToken);
        HashSet<string> inUse = [.. containers.Select(container => container.ImageID)];
        IList<ImagesListResponse> present = await client.Images.ListImagesAsync(new ImagesListParameters(), cancellationToken);
        foreach (ImagesListResponse image in present)
        {
            if (inUse.Contains(image.ID) || !lastUsed.ContainsKey(image.ID))
            {
                lastUsed[image.ID] = now;
            }
        }

        HashSet<string> ids = [.. present.Select(image => image.ID)];
        foreach (string gone in lastUsed.Keys.Where(id => !ids.Contains(id)).ToList())
        {
            lastUsed.Remove(gone);
        }

        return
        [
            .. present
                .Where(image => !inUse.Contains(image.ID) && time.GetElapsedTime(lastUsed[image.ID], now) >= MinAge)
                .OrderBy(image => lastUsed[image.ID])
                .ThenBy(image => image.Created),
        ];
    }

    private async Task RemoveAsync(ImagesListResponse image, int usedPercent, CancellationToken cancellationToken)
    {
        // An image whose name another one has taken has none, or, as some engines say it, <none>:<none>.
        string[] named = [.. (image.RepoTags ?? []).Where(tag => tag != Nameless)];
        IEnumerable<string> names = named.Length > 0 ? named : [image.ID];
        foreach (string name in names)
        {
            try
            {
                await client.Images.DeleteImageAsync(name, new ImageDeleteParameters { Force = false }, cancellationToken);
                log.ImageRemoved(name, image.Size, usedPercent);
            }
            catch (DockerApiException exception) when (exception.StatusCode is System.Net.HttpStatusCode.Conflict or System.Net.HttpStatusCode.NotFound)
            {
                // A container has taken it since, or someone else was faster: both are fine.
                log.ImageKept(name, DockerCall.Reason(exception));
            }
        }
    }

    /// <summary>How full the disk of a folder is, in per cent.</summary>
    public static int UsedPercent(string folder)
    {
        DriveInfo drive = new(folder);
        return (int)(100 - (drive.AvailableFreeSpace * 100 / Math.Max(1, drive.TotalSize)));
    }

    private sealed class ErrorListener(Action<string> hear) : IProgress<JSONMessage>
    {
        public void Report(JSONMessage value)
        {
            if (value.Error?.Message is { Length: > 0 } message)
            {
                hear(message);
            }
        }
    }
}
