using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using ControlPlane.Api.Requests;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire;

/// <summary>Writes a watch: one JSON object a line, sent as soon as it is there.</summary>
internal static class WatchReply
{
    /// <summary>Marks the bookmark that ends the objects which were there at the start (Kubernetes <c>meta/v1</c>).</summary>
    private const string InitialEventsEnd = "k8s.io/initial-events-end";

    public static async Task WriteAsync(HttpContext http, WatchSession session, ReplyForm form)
    {
        IHostApplicationLifetime lifetime = http.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        http.Response.ContentType = "application/json";
        await http.Response.StartAsync(ending.Token);
        PipeWriter body = http.Response.BodyWriter;
        await body.FlushAsync(ending.Token);
        await using Utf8JsonWriter json = new(body, new JsonWriterOptions { SkipValidation = true, Encoder = ResourceJson.Options.Encoder });
        try
        {
            await foreach (ImmutableArray<WatchItem> batch in session.ReadAsync(ending.Token))
            {
                foreach (WatchItem item in batch)
                {
                    WriteEvent(body, json, session.Kind, item, form);
                }

                FlushResult flushed = await body.FlushAsync(ending.Token);
                if (flushed.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client has gone or the server stops: the end of a watch is the end of its answer.
            return;
        }
    }

    private static void WriteEvent(PipeWriter body, Utf8JsonWriter json, ResourceKind kind, WatchItem item, ReplyForm form)
    {
        json.Reset(body);
        json.WriteStartObject();
        json.WriteString("type", item.Type);
        json.WritePropertyName("object");
        object content = item switch
        {
            { Error: { } error } => error,
            { Object: { } resource } => Shape.Of(resource, form),
            _ => BookmarkOf(kind, item, form),
        };
        JsonSerializer.Serialize(json, content, content.GetType(), ResourceJson.Options);
        json.WriteEndObject();
        json.Flush();
        body.Write("\n"u8);
    }

    /// <summary>An object of the kind that has a revision and nothing else.</summary>
    private static Resource BookmarkOf(ResourceKind kind, WatchItem item, ReplyForm form)
    {
        Resource empty = (Resource)Activator.CreateInstance(kind.Type)!;
        return Shape.Of(empty, form) with
        {
            Metadata = new ObjectMeta
            {
                ResourceVersion = item.Revision.ToString(CultureInfo.InvariantCulture),
                Annotations = item.EndsInitialEvents ? ValueMap.Of((InitialEventsEnd, "true")) : default,
            },
        };
    }
}
