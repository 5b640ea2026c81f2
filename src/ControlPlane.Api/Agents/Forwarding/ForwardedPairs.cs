using System.Collections.Concurrent;
using System.Globalization;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Spdy;

namespace ControlPlane.Api.Agents.Forwarding;

/// <summary>The two streams of one forwarded connection: its bytes, and a text where it fails.</summary>
internal sealed record ForwardedPair(int Port, IForwardedStream Data, IForwardedStream Error);

/// <summary>Finds the streams that belong together: the client gives both the same number, one after the other.</summary>
internal sealed class ForwardedPairs
{
    private const string TypeHeader = "streamtype";
    private const string PortHeader = "port";
    private const string RequestHeader = "requestid";

    private readonly ConcurrentDictionary<string, SpdyStream> waiting = new(StringComparer.Ordinal);

    /// <summary>The pair that a stream completes; null when it is the first of its pair.</summary>
    /// <exception cref="SpdyProtocolException">Its headers are not those of a forwarded connection.</exception>
    public ForwardedPair? Take(SpdyStream stream)
    {
        string type = stream.Headers.GetValueOrDefault(TypeHeader, "");
        string number = stream.Headers.GetValueOrDefault(RequestHeader, "");
        if (type is not ("data" or "error") || number.Length == 0
            || !ushort.TryParse(stream.Headers.GetValueOrDefault(PortHeader), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            throw new SpdyProtocolException($"stream {stream.Id} says no {TypeHeader} data or error, no {RequestHeader} or no {PortHeader}");
        }

        if (!waiting.TryRemove(number, out SpdyStream? other))
        {
            waiting[number] = stream;
            return waiting.Count <= SpdyConnection.StreamsMax ? null : throw new SpdyProtocolException($"more than {SpdyConnection.StreamsMax} streams wait for their other half");
        }

        if (other.Headers[TypeHeader] == type || other.Headers[PortHeader] != stream.Headers[PortHeader])
        {
            throw new SpdyProtocolException($"streams {other.Id} and {stream.Id} of request {number} are no pair");
        }

        return type == "data" ? new ForwardedPair(port, stream, other) : new ForwardedPair(port, other, stream);
    }
}
