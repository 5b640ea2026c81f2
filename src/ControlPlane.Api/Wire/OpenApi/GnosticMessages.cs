using ProtoBuf;

namespace ControlPlane.Api.Wire.OpenApi;

// The part of gnostic's OpenAPI v2 messages that these documents use; field numbers: google/gnostic, openapiv2/OpenAPIv2.proto.
// Maps are lists of named values there, and a value of any type is its YAML text (of which JSON is a part).

[ProtoContract]
internal sealed class GnosticDocument
{
    [ProtoMember(1)]
    public string? Swagger { get; set; }

    [ProtoMember(2)]
    public GnosticInfo? Info { get; set; }

    [ProtoMember(8)]
    public GnosticPaths? Paths { get; set; }

    [ProtoMember(9)]
    public GnosticSchemas? Definitions { get; set; }
}

[ProtoContract]
internal sealed class GnosticInfo
{
    [ProtoMember(1)]
    public string? Title { get; set; }

    [ProtoMember(2)]
    public string? Version { get; set; }
}

[ProtoContract]
internal sealed class GnosticPaths
{
    [ProtoMember(2)]
    public List<GnosticNamed<GnosticPathItem>> Items { get; } = [];
}

/// <summary>An entry of a map.</summary>
[ProtoContract]
internal sealed class GnosticNamed<T>
    where T : class
{
    [ProtoMember(1)]
    public string? Name { get; set; }

    [ProtoMember(2)]
    public T? Value { get; set; }
}

[ProtoContract]
internal sealed class GnosticAny
{
    [ProtoMember(2)]
    public string? Yaml { get; set; }
}

[ProtoContract]
internal sealed class GnosticPathItem
{
    [ProtoMember(2)]
    public GnosticOperation? Get { get; set; }

    [ProtoMember(3)]
    public GnosticOperation? Put { get; set; }

    [ProtoMember(4)]
    public GnosticOperation? Post { get; set; }

    [ProtoMember(5)]
    public GnosticOperation? Delete { get; set; }

    [ProtoMember(6)]
    public GnosticOperation? Options { get; set; }

    [ProtoMember(7)]
    public GnosticOperation? Head { get; set; }

    [ProtoMember(8)]
    public GnosticOperation? Patch { get; set; }

    [ProtoMember(9)]
    public List<GnosticParametersItem> Parameters { get; } = [];
}

[ProtoContract]
internal sealed class GnosticOperation
{
    [ProtoMember(1)]
    public List<string> Tags { get; } = [];

    [ProtoMember(5)]
    public string? OperationId { get; set; }

    [ProtoMember(6)]
    public List<string> Produces { get; } = [];

    [ProtoMember(7)]
    public List<string> Consumes { get; } = [];

    [ProtoMember(8)]
    public List<GnosticParametersItem> Parameters { get; } = [];

    [ProtoMember(9)]
    public GnosticResponses? Responses { get; set; }

    [ProtoMember(13)]
    public List<GnosticNamed<GnosticAny>> Extensions { get; } = [];
}

[ProtoContract]
internal sealed class GnosticParametersItem
{
    [ProtoMember(1)]
    public GnosticParameter? Parameter { get; set; }
}

[ProtoContract]
internal sealed class GnosticParameter
{
    [ProtoMember(1)]
    public GnosticBodyParameter? Body { get; set; }

    [ProtoMember(2)]
    public GnosticNonBodyParameter? NonBody { get; set; }
}

[ProtoContract]
internal sealed class GnosticBodyParameter
{
    [ProtoMember(2)]
    public string? Name { get; set; }

    [ProtoMember(3)]
    public string? In { get; set; }

    [ProtoMember(4)]
    public bool Required { get; set; }

    [ProtoMember(5)]
    public GnosticSchema? Schema { get; set; }
}

[ProtoContract]
internal sealed class GnosticNonBodyParameter
{
    [ProtoMember(3)]
    public GnosticQueryParameter? Query { get; set; }

    [ProtoMember(4)]
    public GnosticPathParameter? Path { get; set; }
}

[ProtoContract]
internal sealed class GnosticQueryParameter
{
    [ProtoMember(2)]
    public string? In { get; set; }

    [ProtoMember(3)]
    public string? Description { get; set; }

    [ProtoMember(4)]
    public string? Name { get; set; }

    [ProtoMember(6)]
    public string? Type { get; set; }

    [ProtoMember(20)]
    public bool UniqueItems { get; set; }
}

[ProtoContract]
internal sealed class GnosticPathParameter
{
    [ProtoMember(1)]
    public bool Required { get; set; }

    [ProtoMember(2)]
    public string? In { get; set; }

    [ProtoMember(3)]
    public string? Description { get; set; }

    [ProtoMember(4)]
    public string? Name { get; set; }

    [ProtoMember(5)]
    public string? Type { get; set; }
}

[ProtoContract]
internal sealed class GnosticResponses
{
    [ProtoMember(1)]
    public List<GnosticNamed<GnosticResponseValue>> Codes { get; } = [];
}

[ProtoContract]
internal sealed class GnosticResponseValue
{
    [ProtoMember(1)]
    public GnosticResponse? Response { get; set; }
}

[ProtoContract]
internal sealed class GnosticResponse
{
    [ProtoMember(1)]
    public string? Description { get; set; }

    [ProtoMember(2)]
    public GnosticSchemaItem? Schema { get; set; }
}

/// <summary>A schema where another form would be possible.</summary>
[ProtoContract]
internal sealed class GnosticSchemaItem
{
    [ProtoMember(1)]
    public GnosticSchema? Schema { get; set; }
}

[ProtoContract]
internal sealed class GnosticSchemas
{
    [ProtoMember(1)]
    public List<GnosticNamed<GnosticSchema>> Items { get; } = [];
}

[ProtoContract]
internal sealed class GnosticSchema
{
    [ProtoMember(1)]
    public string? Ref { get; set; }

    [ProtoMember(2)]
    public string? Format { get; set; }

    [ProtoMember(4)]
    public string? Description { get; set; }

    [ProtoMember(19)]
    public List<string> Required { get; } = [];

    [ProtoMember(21)]
    public GnosticSchemaItem? AdditionalProperties { get; set; }

    [ProtoMember(22)]
    public GnosticType? Type { get; set; }

    [ProtoMember(23)]
    public GnosticItems? Items { get; set; }

    [ProtoMember(25)]
    public GnosticSchemas? Properties { get; set; }

    [ProtoMember(31)]
    public List<GnosticNamed<GnosticAny>> Extensions { get; } = [];
}

[ProtoContract]
internal sealed class GnosticType
{
    [ProtoMember(1)]
    public List<string> Values { get; } = [];
}

[ProtoContract]
internal sealed class GnosticItems
{
    [ProtoMember(1)]
    public List<GnosticSchema> Schemas { get; } = [];
}
