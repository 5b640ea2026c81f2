using System.IO.Pipelines;
using System.Text.Json;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Pipeline;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Tables;
using ControlPlane.Api.Wire.Yaml;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire;

/// <summary>Writes one object.</summary>
internal static class ObjectReply
{
    /// <param name="wire">The form that it is shown in; null for its own.</param>
    public static async Task WriteAsync(HttpContext http, int code, Resource resource, ReplyForm form, WireForm? wire = null)
    {
        byte[] body = form.Content switch
        {
            ReplyContent.Objects => ResourceBytes.Of(resource, wire),
            ReplyContent.Metadata => ResourceJson.SerializeToUtf8Bytes(Shape.Of(resource, form)),
            _ => ResourceJson.SerializeToUtf8Bytes(
                TableWriter.For(http, TableDefinition.For(resource), form, wire).Of([resource], new ListMeta { ResourceVersion = resource.Metadata.ResourceVersion })),
        };
        body = Notation.For(http, body, form.Format);
        http.Response.StatusCode = code;
        http.Response.ContentType = form.MediaType;
        http.Response.ContentLength = body.Length;
        if (body.Length <= CompressingWriter.SmallMax)
        {
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
            return;
        }

        await CompressingWriter.WriteAsync(http, async writer => await writer.WriteAsync(body, http.RequestAborted));
    }
}

/// <summary>JSON as a request wants to have it.</summary>
internal static class Notation
{
    /// <summary>The same document in another format, or for people.</summary>
    public static byte[] For(HttpContext http, byte[] json, BodyFormat format) => format == BodyFormat.Yaml ? JsonToYaml.Convert(json) : PrettyJson.For(http, json);
}

/// <summary>What is written for an object.</summary>
internal static class Shape
{
    /// <summary>An object in the form that was asked for, with its kind said.</summary>
    public static Resource Of(Resource resource, ReplyForm form)
    {
        if (form.Content == ReplyContent.Metadata)
        {
            return PartialObjectMetadata.Of(resource, form);
        }

        if (resource.Kind is { Length: > 0 } && resource.ApiVersion is { Length: > 0 })
        {
            return resource;
        }

        ResourceKind kind = ResourceKinds.Of(resource);
        return resource with { ApiVersion = kind.ApiVersion, Kind = kind.Kind };
    }
}

/// <summary>Writes a list, item by item, so that a large one is never whole in memory twice.</summary>
internal static class ListReply
{
    /// <summary>How much is written between two flushes.</summary>
    private const int FlushBytes = 64 * 1024;

    /// <param name="wire">The form that the items are shown in; null for their own.</param>
    public static Task WriteAsync<T>(HttpContext http, Page<T> page, ReplyForm form, WireForm? wire = null)
        where T : Resource
    {
        http.Response.ContentType = form.MediaType;
        return CompressingWriter.WriteAsync(http, body => form.Format == BodyFormat.Yaml
            ? YamlBody.WriteAsync(body, json => WriteAsync(http, json, page, form, wire), http.RequestAborted)
            : WriteAsync(http, body, page, form, wire));
    }

    private static async Task WriteAsync<T>(HttpContext http, PipeWriter body, Page<T> page, ReplyForm form, WireForm? wire)
        where T : Resource
    {
        ResourceKind kind = wire?.Kind ?? ResourceKinds.Of<T>();
        ListMeta meta = new()
        {
            ResourceVersion = page.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Continue = page.Continue,
            RemainingItemCount = page.Remaining,
        };
        if (form.Content == ReplyContent.Table)
        {
            Table table = TableWriter.For(http, TableDefinition.For(ResourceKinds.Of<T>()), form, wire).Of(page.Items, meta);
            await JsonSerializer.SerializeAsync(body, table, ResourceJson.Options, http.RequestAborted);
            return;
        }

        bool isMetadata = form.Content == ReplyContent.Metadata;
        bool isPretty = form.Format == BodyFormat.Json && PrettyJson.IsWanted(http);
        await using Utf8JsonWriter json = new(
            body, new JsonWriterOptions { SkipValidation = true, Indented = isPretty, NewLine = "\n", Encoder = ResourceJson.Options.Encoder });
        json.WriteStartObject();
        json.WriteString("kind", isMetadata ? "PartialObjectMetadataList" : $"{kind.Kind}List");
        json.WriteString("apiVersion", isMetadata ? form.ApiVersion : kind.ApiVersion);
        json.WritePropertyName("metadata");
        JsonSerializer.Serialize(json, meta, ResourceJson.Options);
        json.WriteStartArray("items");
        long flushed = 0;
        foreach (T item in page.Items)
        {
            if (isMetadata)
            {
                JsonSerializer.Serialize(json, PartialObjectMetadata.Of(item, form), ResourceJson.Options);
            }
            else if (isPretty)
            {
                using JsonDocument document = JsonDocument.Parse(ResourceBytes.Of(item, wire));
                document.RootElement.WriteTo(json);
            }
            else
            {
                json.WriteRawValue(ResourceBytes.Of(item, wire), skipInputValidation: true);
            }

            if (json.BytesCommitted + json.BytesPending - flushed > FlushBytes)
            {
                json.Flush();
                flushed = json.BytesCommitted;
                await body.FlushAsync(http.RequestAborted);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        await body.FlushAsync(http.RequestAborted);
    }
}

/// <summary>Writes what a delete answers when the object is gone.</summary>
internal static class DeleteReply
{
    public static Task WriteDeletedAsync(HttpContext http, ResourceKind kind, Resource deleted) => ErrorResponses.WriteAsync(http, new Status
    {
        Outcome = Status.Success,
        Code = StatusCodes.Status200OK,
        Details = new StatusDetails { Name = deleted.Name, Group = kind.Group, Kind = kind.Plural, Uid = deleted.Uid },
    });
}
