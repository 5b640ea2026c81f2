using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace ControlPlane.Api.Tests.Fuzzing;

/// <summary>A request as it is sent, whether it makes sense or not.</summary>
internal sealed record FuzzRequest(string Method, string Path, string Query = "", string? ContentType = null, byte[]? Body = null)
{
    private const int ShownBytesMax = 2000;

    /// <summary>Parameters by which a client asks to be kept waiting: no answer yet is then no hang.</summary>
    private static readonly string[] Waiting = ["watch", "follow", "wait"];

    public ImmutableList<(string Name, string Value)> Headers { get; init; } = [];

    public bool MayStayOpen => Waiting.Any(word => Query.Contains(word, StringComparison.Ordinal));

    /// <summary>The same with a namespace in the place of <c>{ns}</c>, in the body too.</summary>
    public FuzzRequest In(string ns) => this with
    {
        Path = Path.Replace("{ns}", ns, StringComparison.Ordinal),
        // One character a byte, there and back: bodies need not be text.
        Body = Body is null ? null : Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(Body).Replace("{ns}", ns, StringComparison.Ordinal)),
    };

    public HttpRequestMessage ToMessage(Uri server)
    {
        string target = Path + (Query.Length > 0 ? $"?{Query}" : "");
        // As it is: a path that has been tidied up on the client's side would try nothing.
        UriCreationOptions untouched = new() { DangerousDisablePathAndQueryCanonicalization = true };
        HttpRequestMessage message = new(new HttpMethod(Method), new Uri($"http://{server.Authority}{target}", untouched));
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }

        foreach ((string name, string value) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    /// <summary>For whoever wants to send it again.</summary>
    public override string ToString()
    {
        StringBuilder text = new($"{Method} {Path}?{Query}");
        foreach ((string name, string value) in Headers.Insert(0, ("Content-Type", ContentType ?? "")))
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n{name}: {WebUtility.UrlEncode(value)}");
        }

        byte[] shown = Body is null ? [] : Body[..Math.Min(Body.Length, ShownBytesMax)];
        bool isText = shown.All(one => one is >= 0x20 and < 0x7f or (byte)'\n');
        return text.Append(isText ? $"\n\n{Encoding.ASCII.GetString(shown)}" : $"\n\nbase64 {System.Convert.ToBase64String(shown)}").ToString();
    }
}
