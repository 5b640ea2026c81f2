using System.Buffers.Binary;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ControlPlane.Agent.Tests.Probing;

/// <summary>A server with gRPC's health service, whose services are named by how they are. It reads what it is asked as gRPC writes it, byte by byte.</summary>
internal static class GrpcServer
{
    public static async Task<WebApplication> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        WebApplication server = builder.Build();
        server.MapPost("/grpc.health.v1.Health/Check", AnswerAsync);
        await server.StartAsync();
        return server;
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        string service = ServiceIn(body.ToArray());
        http.Response.ContentType = "application/grpc";
        (string code, string why, byte[] message) = service switch
        {
            _ when http.Request.ContentType != "application/grpc" || http.Request.Headers.TE != "trailers" => ("13", "no gRPC", []),
            "" or "ready" => ("0", "", (byte[])[0x08, 1]),
            "unready" => ("0", "", [0x08, 2]),
            "fresh" => ("0", "", []),
            "old" => ("12", "", []),
            { Length: 300 } => ("0", "", [0x08, 1]),
            _ => ("5", $"unknown%20service%20{service}", []),
        };
        if (code == "0")
        {
            await http.Response.Body.WriteAsync((byte[])[0, 0, 0, 0, (byte)message.Length, .. message]);
        }

        http.Response.AppendTrailer("grpc-status", code);
        http.Response.AppendTrailer("grpc-message", why);
    }

    private static string ServiceIn(ReadOnlySpan<byte> request)
    {
        Assert.Equal(0, request[0]);
        ReadOnlySpan<byte> message = request[5..];
        Assert.Equal(BinaryPrimitives.ReadInt32BigEndian(request[1..]), message.Length);
        if (message.IsEmpty)
        {
            return "";
        }

        Assert.Equal(0x0a, message[0]);
        int length = message[1] & 0x7f;
        int start = 2;
        if (message[1] > 0x7f)
        {
            length |= message[2] << 7;
            start = 3;
        }

        Assert.Equal(length, message.Length - start);
        return Encoding.UTF8.GetString(message[start..]);
    }
}
