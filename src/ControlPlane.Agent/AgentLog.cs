using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent;

/// <summary>Every message of the agent, in one place.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(1, LogLevel.Information, "node {Node} at {Address} runs pods on {Runtime} ({Why}) for {Server}")]
    public static partial void Starting(this ILogger log, string node, string address, string runtime, string why, string server);

    [LoggerMessage(2, LogLevel.Warning, "the report failed and will be repeated: {Message}")]
    public static partial void ReportFailed(this ILogger log, string message);

    [LoggerMessage(3, LogLevel.Information, "the control plane does not know the session: sending everything in a new one")]
    public static partial void SendAll(this ILogger log);

    [LoggerMessage(4, LogLevel.Warning, "the desired state could not be had; what runs is kept as it is: {Message}")]
    public static partial void DesiredFailed(this ILogger log, string message);

    [LoggerMessage(5, LogLevel.Warning, "{Path} cannot be read and counts as absent: {Message}")]
    public static partial void StateUnreadable(this ILogger log, string path, string message);

    [LoggerMessage(6, LogLevel.Error, "{Path} cannot be written: {Message}")]
    public static partial void StateUnwritable(this ILogger log, string path, string message);

    [LoggerMessage(7, LogLevel.Information, "a desired state of revision {Revision} is older than {Known}, the newest acted on: ignored")]
    public static partial void StaleReply(this ILogger log, long revision, long known);

    [LoggerMessage(8, LogLevel.Warning, "the store is another one: was {Known}, is {Other}. Nothing that the former ordered is stopped until a person confirms; new pods are started")]
    public static partial void OtherStore(this ILogger log, string known, string other);

    [LoggerMessage(19, LogLevel.Warning, "{Warning}")]
    public static partial void OtherStoresRun(this ILogger log, string warning);

    [LoggerMessage(9, LogLevel.Warning, "the container runtime does not answer; nothing is concluded from that: {Message}")]
    public static partial void RuntimeUnavailable(this ILogger log, string message);

    [LoggerMessage(10, LogLevel.Information, "stopping {Id}: {Why}")]
    public static partial void Stopping(this ILogger log, string id, string why);

    [LoggerMessage(11, LogLevel.Debug, "the steps for {Pod}/{Container} were cancelled")]
    public static partial void StepsCancelled(this ILogger log, string pod, string container);

    [LoggerMessage(12, LogLevel.Warning, "{Pod}/{Container} could not be started: {Reason}: {Message}")]
    public static partial void StartFailed(this ILogger log, string pod, string container, string reason, string message);

    [LoggerMessage(13, LogLevel.Information, "stopping all {Count} containers of this node before exiting")]
    public static partial void StoppingAll(this ILogger log, int count);

    [LoggerMessage(14, LogLevel.Warning, "stream {Id} ended early: {Message}")]
    public static partial void StreamFailed(this ILogger log, string id, string message);

    [LoggerMessage(15, LogLevel.Warning, "a container's state in {Path} cannot be read; it is left alone: {Message}")]
    public static partial void ContainerStateUnreadable(this ILogger log, string path, string message);

    [LoggerMessage(16, LogLevel.Information, "removed unused image {Image} ({Bytes} bytes): the disk is {Percent} % full")]
    public static partial void ImageRemoved(this ILogger log, string image, long bytes, int percent);

    [LoggerMessage(18, LogLevel.Information, "image {Image} is kept: {Why}")]
    public static partial void ImageKept(this ILogger log, string image, string why);

    [LoggerMessage(19, LogLevel.Debug, "the times of the log in {Path} cannot be noted: {Message}")]
    public static partial void LogTimesUnwritable(this ILogger log, string path, string message);

    [LoggerMessage(20, LogLevel.Warning, "the control plane did not say what {Image} stands for in the revision of {Pod}; it runs as {Resolved}: {Message}")]
    public static partial void ImageUnresolved(this ILogger log, string image, string pod, string resolved, string message);

    [LoggerMessage(21, LogLevel.Information, "made the network {Name} for this node's containers: {Subnet}, of which Services have those from {Services}")]
    public static partial void NetworkMade(this ILogger log, string name, string subnet, string services);

    [LoggerMessage(22, LogLevel.Information, "the files of {Pod}'s volume {Volume} have changed")]
    public static partial void VolumeRefreshed(this ILogger log, string pod, string volume);

    [LoggerMessage(23, LogLevel.Warning, "the files of {Pod}'s volume {Volume} stay as they were: {Message}")]
    public static partial void VolumeNotRefreshed(this ILogger log, string pod, string volume, string message);

    [LoggerMessage(24, LogLevel.Warning, "{Folder} is left behind: {Message}")]
    public static partial void VolumesNotRemoved(this ILogger log, string folder, string message);

    [LoggerMessage(25, LogLevel.Warning, "{Folder} is kept: its pod has no record, and was ordered by {Store}, which the store in use has not been confirmed to have replaced, or later than that store's word")]
    public static partial void VolumesKept(this ILogger log, string folder, string store);

    [LoggerMessage(26, LogLevel.Warning, "{Range} is where another control plane's processes on this machine find Services (its agent is process {Process}): this node takes another range; what already runs here was told of the first")]
    public static partial void RangeTaken(this ILogger log, string range, string process);

    [LoggerMessage(27, LogLevel.Warning, "whether the node has a network for pods is not known until the first of them: {Message}")]
    public static partial void NetworkUnknown(this ILogger log, string message);

    [LoggerMessage(28, LogLevel.Information, "what {Image} stands for here is not known before its container's turn: {Message}")]
    public static partial void ImageNotFound(this ILogger log, string image, string message);

    [LoggerMessage(29, LogLevel.Debug, "{Image} is not pulled any more for a later container of pod {Pod}")]
    public static partial void PullAheadCancelled(this ILogger log, string image, string pod);

    [LoggerMessage(17, LogLevel.Warning, "cleaning up failed and will be tried again: {Message}")]
    public static partial void CleaningFailed(this ILogger log, string message);
}
