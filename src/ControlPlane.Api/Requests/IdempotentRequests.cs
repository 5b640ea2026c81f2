using System.Security.Cryptography;
using System.Text;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.Idempotency;

namespace ControlPlane.Api.Requests;

/// <summary>
/// Does a request once, however often it is sent with the same <c>Idempotency-Key</c>. Only what succeeded is kept: a request that was refused, or of which it
/// is known that nothing was stored, may be sent again with its key.
/// </summary>
internal sealed partial class IdempotentRequests(IIdempotentResults results, ILogger<IdempotentRequests> logger)
{
    public const string Header = "Idempotency-Key";

    /// <summary>The longest key, in characters.</summary>
    public const int KeyLengthMax = 255;

    private const int BusyRetryAfterSeconds = 1;

    /// <summary>Tells a request by its sender, key and content from all others, in 32 letters and digits; null for one without a key.</summary>
    public static string? MarkOf(string actor, string? key, string request) =>
        key is null ? null : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{actor}\n{key}\n{request}")))[..32];

    /// <summary>The first result of a request.</summary>
    /// <param name="actor">Who sends it.</param>
    /// <param name="key">The client's key; null when it sent none: then the request is simply done.</param>
    /// <param name="request">All that tells the request from another.</param>
    /// <param name="perform">Does it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> OnceAsync<T>(string actor, string? key, string request, Func<CancellationToken, Task<T>> perform, CancellationToken cancellationToken)
        where T : Resource
    {
        if (key is null)
        {
            return await perform(cancellationToken);
        }

        CheckKey(key);
        string fingerprint = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(request)));
        return await results.ClaimAsync(actor, key, fingerprint, cancellationToken) switch
        {
            KeyClaim.Known known => ResourceJson.Deserialize<T>(known.Result),
            KeyClaim.Taken claim => await PerformAsync(claim, perform),
            KeyClaim.Mismatch => throw StatusError.Unprocessable($"{Header} \"{key}\" was sent before with another request"),
            _ => throw StatusError.Busy($"a request with the {Header} \"{key}\" is being worked on", BusyRetryAfterSeconds),
        };
    }

    /// <summary>
    /// A client that goes away in the middle does not end what it asked for: it is the one that sends its key again, to learn what became of it.
    /// </summary>
    private async Task<T> PerformAsync<T>(KeyClaim.Taken claim, Func<CancellationToken, Task<T>> perform)
        where T : Resource
    {
        T result;
        try
        {
            result = await perform(CancellationToken.None);
        }
        catch (Exception failure) when (failure is ApiException or CommitRefusedException or StoreUnavailableException)
        {
            await SettleAsync(claim, () => results.ReleaseAsync(claim, CancellationToken.None));
            throw;
        }

        await SettleAsync(claim, () => results.CompleteAsync(claim, ResourceJson.Serialize(result), CancellationToken.None));
        return result;
    }

    /// <summary>The request is done, or refused, whether or not that can be kept now; a claim that nobody settles ends by itself.</summary>
    private async Task SettleAsync(KeyClaim.Taken claim, Func<Task> settle)
    {
        try
        {
            await settle();
        }
        catch (StoreUnavailableException unavailable)
        {
            LogUnsettled(logger, unavailable, claim.Actor, claim.Key);
        }
    }

    private static void CheckKey(string key)
    {
        if (key.Length is 0 or > KeyLengthMax || key.Any(c => c is < ' ' or > '~'))
        {
            throw StatusError.BadRequest($"{Header}: Invalid value: must be 1 to {KeyLengthMax} printable ASCII characters");
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "what became of {Actor}'s request with the idempotency key {Key} could not be kept; sent again, it may be done again")]
    private static partial void LogUnsettled(ILogger logger, Exception exception, string actor, string key);
}
