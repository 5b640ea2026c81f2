namespace ControlPlane.Gateway.Tests;

/// <summary>Asks again and again, and counts what failed. POSTs: no client sends those again by itself.</summary>
internal sealed class Load(Uri url, bool closes)
{
    private int requests;
    private int failures;

    public int Requests => Volatile.Read(ref requests);

    public int Failures => Volatile.Read(ref failures);

    public async Task RunAsync(CancellationToken enough)
    {
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        while (!enough.IsCancellationRequested)
        {
            try
            {
                using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = new StringContent("body") };
                request.Headers.ConnectionClose = closes;
                using HttpResponseMessage answer = await client.SendAsync(request, CancellationToken.None);
                if (!answer.IsSuccessStatusCode)
                {
                    Interlocked.Increment(ref failures);
                }
            }
            catch (HttpRequestException)
            {
                Interlocked.Increment(ref failures);
            }

            Interlocked.Increment(ref requests);
        }
    }
}
