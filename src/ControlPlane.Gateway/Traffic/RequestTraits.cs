using System.Net;
using Microsoft.AspNetCore.Http;

namespace ControlPlane.Gateway.Traffic;

/// <summary>What a request or connection shows that decides where it goes.</summary>
/// <param name="Client">The client's address.</param>
/// <param name="Request">Its headers and cookies; null for a connection of a TCP port.</param>
internal readonly record struct RequestTraits(IPAddress Client, HttpRequest? Request = null);
