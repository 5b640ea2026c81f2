namespace ControlPlane.Api.Wire.Spdy;

/// <summary>The other side of a SPDY connection does not keep to the protocol or to its bounds: the connection ends with a GOAWAY.</summary>
internal sealed class SpdyProtocolException(string message) : IOException(message);
