using System.Buffers.Binary;
using System.Text;

namespace ControlPlane.Api.Wire.Spdy;

/// <summary>The text that both sides of SPDY/3 take as already sent when they compress headers ("SPDY Protocol, Draft 3", 2.6.10.1).</summary>
internal static class SpdyDictionary
{
    /// <summary>Its checksum, by which a compressed stream says that it builds on it.</summary>
    public const uint Checksum = 0xE3C6A7C2;

    /// <summary>These stand in it as headers do: each after its length in 32 bits.</summary>
    private const string Words =
        "options|head|post|put|delete|trace|accept|accept-charset|accept-encoding|accept-language|accept-ranges|age|allow|authorization|cache-control|connection|content-base|content-encoding|content-language|"
        + "content-length|content-location|content-md5|content-range|content-type|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|location|"
        + "max-forwards|pragma|proxy-authenticate|proxy-authorization|range|referer|retry-after|server|te|trailer|transfer-encoding|upgrade|user-agent|vary|via|warning|www-authenticate|method|get|status|200 OK|"
        + "version|HTTP/1.1|url|public|set-cookie|keep-alive|origin";

    /// <summary>These follow, without lengths.</summary>
    private const string Rest =
        "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
        + "404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
        + "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

    /// <summary>The text.</summary>
    public static ReadOnlyMemory<byte> Bytes { get; } = Build();

    private static byte[] Build()
    {
        using MemoryStream text = new();
        Span<byte> length = stackalloc byte[sizeof(uint)];
        foreach (string word in Words.Split('|'))
        {
            BinaryPrimitives.WriteInt32BigEndian(length, word.Length);
            text.Write(length);
            text.Write(Encoding.ASCII.GetBytes(word));
        }

        text.Write(Encoding.ASCII.GetBytes(Rest));
        return text.ToArray();
    }
}
