using System.Net;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway;

/// <summary>Every message of the gateway, in one place.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1, LogLevel.Information, "the gateway of node {Node} serves {Address} for {Server}")]
    public static partial void Starting(this ILogger log, string node, IPAddress address, Uri server);

    [LoggerMessage(2, LogLevel.Warning, "the routes could not be had; the last ones stay: {Message}")]
    public static partial void RoutesFailed(this ILogger log, string message);

    [LoggerMessage(3, LogLevel.Warning, "the report failed and will be repeated: {Message}")]
    public static partial void ReportFailed(this ILogger log, string message);

    [LoggerMessage(4, LogLevel.Information, "routes of revision {Revision} are older than {Known}, the newest acted on: ignored")]
    public static partial void StaleRoutes(this ILogger log, long revision, long known);

    [LoggerMessage(5, LogLevel.Warning, "{Path} cannot be read and counts as absent: {Message}")]
    public static partial void StateUnreadable(this ILogger log, string path, string message);

    [LoggerMessage(6, LogLevel.Error, "{Path} cannot be written: {Message}")]
    public static partial void StateUnwritable(this ILogger log, string path, string message);

    [LoggerMessage(7, LogLevel.Information, "listening on {EndPoint} for {Port}")]
    public static partial void Listening(this ILogger log, IPEndPoint endPoint, string port);

    [LoggerMessage(8, LogLevel.Information, "no longer listening on {EndPoint}")]
    public static partial void ListeningEnded(this ILogger log, IPEndPoint endPoint);

    [LoggerMessage(9, LogLevel.Error, "{EndPoint} of {Port} cannot be listened on, and will be tried again: {Message}")]
    public static partial void CannotListen(this ILogger log, IPEndPoint endPoint, string port, string message);

    [LoggerMessage(10, LogLevel.Warning, "{EndPoint} does not accept for a moment: {Message}")]
    public static partial void AcceptFailed(this ILogger log, IPEndPoint endPoint, string message);

    [LoggerMessage(11, LogLevel.Warning, "pod {Pod} at {Address}:{Port} cannot be connected to and is left out for a while: {Message}")]
    public static partial void EndpointUnreachable(this ILogger log, string pod, string address, int port, string message);

    [LoggerMessage(12, LogLevel.Debug, "a connection ended early: {Message}")]
    public static partial void ConnectionBroken(this ILogger log, string message);

    [LoggerMessage(13, LogLevel.Error, "a connection failed in an unexpected way")]
    public static partial void ConnectionFailed(this ILogger log, Exception exception);

    [LoggerMessage(14, LogLevel.Information, "took {Count} listening sockets over from the gateway before this one")]
    public static partial void TookOver(this ILogger log, int count);

    [LoggerMessage(15, LogLevel.Warning, "the gateway before this one did not hand its sockets over: {Message}")]
    public static partial void TakeOverFailed(this ILogger log, string message);

    [LoggerMessage(16, LogLevel.Information, "handed {Count} listening sockets to the successor; draining")]
    public static partial void HandedOver(this ILogger log, int count);

    [LoggerMessage(17, LogLevel.Warning, "a successor came and went without taking over: {Message}")]
    public static partial void HandOverFailed(this ILogger log, string message);

    [LoggerMessage(19, LogLevel.Warning, "connections are still open after {Seconds} s and are ended")]
    public static partial void DrainTimeIsUp(this ILogger log, double seconds);

    [LoggerMessage(20, LogLevel.Error, "a header route of service {Service} holds for nothing: {Message}")]
    public static partial void HeaderRouteUnusable(this ILogger log, string service, string message);

    [LoggerMessage(21, LogLevel.Warning, "the control plane's store is {Store} and no longer {Before}: the routes of {Count} Services that it does not serve are kept")]
    public static partial void RoutesKept(this ILogger log, string store, string before, int count);

    [LoggerMessage(22, LogLevel.Information, "containers on {Bridge} find Services in {Range}")]
    public static partial void ServesContainers(this ILogger log, string bridge, string range);

    [LoggerMessage(23, LogLevel.Error, "{Range} cannot be made this host's for the containers on {Bridge}, which therefore reach no Service (it takes root, or CAP_NET_ADMIN), and will be tried again: {Message}")]
    public static partial void CannotServeContainers(this ILogger log, string range, string bridge, string message);

    [LoggerMessage(24, LogLevel.Error, "names cannot be answered at {EndPoint}, and will be tried again: {Message}")]
    public static partial void CannotAnswerNames(this ILogger log, IPEndPoint endPoint, string message);

    [LoggerMessage(25, LogLevel.Information, "answering containers' questions for names at {EndPoint}")]
    public static partial void AnsweringNames(this ILogger log, IPEndPoint endPoint);

    [LoggerMessage(26, LogLevel.Warning, "a question for a name was not answered: {Message}")]
    public static partial void NameNotAnswered(this ILogger log, string message);

    [LoggerMessage(27, LogLevel.Information, "the node's processes find Services in {Range}")]
    public static partial void ServesProcesses(this ILogger log, string range);

    [LoggerMessage(28, LogLevel.Error, "{Path} cannot be locked, so nothing keeps another gateway from serving with the same folder: {Message}")]
    public static partial void CannotLock(this ILogger log, string path, string message);

    [LoggerMessage(18, LogLevel.Warning, "no successor can take over: {Message}")]
    public static partial void NoHandOver(this ILogger log, string message);
}
