using System.Threading.RateLimiting;
using ControlPlane.Api.Hosting;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.OpenApi;
using ControlPlane.Api.Wire.Options;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Pipeline;

/// <summary>Bounds how many requests are worked on at a time: short ones, and those that stay open, apart from each other.</summary>
internal static class RequestLimits
{
    /// <summary>Seconds after which a client that was turned away may try again.</summary>
    private const int RetryAfterSeconds = 1;

    public static IServiceCollection AddRequestLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = static async (rejected, _) => await ErrorResponses.WriteAsync(
                rejected.HttpContext, StatusError.TooManyRequests("too many requests, please try again later", RetryAfterSeconds).Status);
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, RequestClass>(http =>
            {
                ApiOptions options = http.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value;
                RequestClass requestClass = ClassOf(http);
                return requestClass == RequestClass.Health
                    ? RateLimitPartition.GetNoLimiter(requestClass)
                    : RateLimitPartition.GetConcurrencyLimiter(requestClass, _ => LimitsOf(requestClass, options));
            });
        });
        return services;
    }

    private static ConcurrencyLimiterOptions LimitsOf(RequestClass requestClass, ApiOptions options) => requestClass == RequestClass.Long
        ? new ConcurrencyLimiterOptions { PermitLimit = options.LongRequestsMax, QueueLimit = 0 }
        : new ConcurrencyLimiterOptions
        {
            PermitLimit = options.RequestsMax,
            QueueLimit = options.RequestsMax,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        };

    internal static RequestClass ClassOf(HttpContext http)
    {
        EndpointMetadataCollection? known = http.GetEndpoint()?.Metadata;
        if (known?.GetMetadata<LongRequestAttribute>() is not null || known?.GetMetadata<Operation>() is { IsConnection: true })
        {
            return RequestClass.Long;
        }

        if (http.User.Identity?.IsAuthenticated != true)
        {
            return RequestClass.Health;
        }

        QueryReader query = new(http.Request.Query, nameof(RequestClass));
        return query.Boolean("watch") == true || query.Boolean("follow") == true || query.Text("wait") is not null ? RequestClass.Long : RequestClass.Short;
    }

    internal enum RequestClass
    {
        Health,
        Short,
        Long,
    }
}

/// <summary>Marks an endpoint whose requests stay open by their nature.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongRequestAttribute : Attribute;
