using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire.Tables;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire;

/// <summary>Writes a watch: one JSON object a line, sent as soon as it is there.</summary>
internal static class WatchReply
{
    /// <param name="wire">The form that the objects are shown in; null for their own.</param>
    public static async Task WriteAsync(HttpContext http, WatchSession session, ReplyForm form, WireForm? wire = null)
    {
        IHostApplicationLifetime lifetime = http.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        EventWriter events = new(session.Kind, form, form.Content == ReplyContent.Table ? TableWriter.For(http, TableDefinition.For(session.Kind), form, wire) : null, wire);
        if (http.WebSockets.IsWebSocketRequest)
        {
            await WatchSocket.WriteAsync(http, session, events, ending);
            return;
        }

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
                    events.Write(body, json, item);
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
}

/// <summary>Writes the events of one watch, in the form that it asked for.</summary>
internal sealed class EventWriter(ResourceKind kind, ReplyForm form, TableWriter? tables, WireForm? wire)
{
    /// <summary>Marks the bookmark that ends the objects which were there at the start (Kubernetes <c>meta/v1</c>).</summary>
    private const string InitialEventsEnd = "k8s.io/initial-events-end";

    private bool hasSentColumns;

    public void Write(IBufferWriter<byte> body, Utf8JsonWriter json, WatchItem item)
    {
        json.Reset(body);
        json.WriteStartObject();
        json.WriteString("type", item.Type);
        json.WritePropertyName("object");
        if (item.Object is { } resource && form.Content == ReplyContent.Objects)
        {
            json.WriteRawValue(ResourceBytes.Of(resource, wire), skipInputValidation: true);
        }
        else
        {
            object content = ContentOf(item);
            JsonSerializer.Serialize(json, content, content.GetType(), ResourceJson.Options);
        }

        json.WriteEndObject();
        json.Flush();
        body.Write("\n"u8);
    }

    private object ContentOf(WatchItem item) => item switch
    {
        { Error: { } error } => error,
        { Object: { } resource } => ContentOf(resource),
        _ => tables is null ? Shown(BookmarkOf(item)) : tables.Bookmark(BookmarkOf(item)),
    };

    private object ContentOf(Resource resource)
    {
        if (tables is null)
        {
            return Shape.Of(resource, form);
        }

        Table table = tables.Of([resource], new ListMeta { ResourceVersion = resource.Metadata.ResourceVersion }, hasColumns: !hasSentColumns);
        hasSentColumns = true;
        return table;
    }

    private Resource Shown(Resource resource) => form.Content == ReplyContent.Objects && wire is not null ? wire.Show(resource) : Shape.Of(resource, form);

    /// <summary>An object of the kind that has a revision and nothing else.</summary>
    private Resource BookmarkOf(WatchItem item) => (Resource)Activator.CreateInstance(kind.Type)! with
    {
        Metadata = new ObjectMeta
        {
            ResourceVersion = item.Revision.ToString(CultureInfo.InvariantCulture),
            Annotations = item.EndsInitialEvents ? ValueMap.Of((InitialEventsEnd, "true")) : default,
        },
    };
}
