using System.Globalization;
using ControlPlane.Api.Wire.OpenApi;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using DeleteOptionsBody = ControlPlane.Api.Wire.Options.DeleteOptions.Body;

namespace ControlPlane.Api.Wire.Swagger;

/// <summary>Writes what an operation takes and answers, from the same table that Kubernetes' own documents are written from.</summary>
internal sealed class OperationDocumentation : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<Operation>().FirstOrDefault() is not { } known)
        {
            return;
        }

        operation.Parameters = [.. known.PathParameters.Select(PathParameter), .. known.Query.Select(QueryParameter)];
        operation.RequestBody = BodyOf(known, context);
        operation.Responses = new OpenApiResponses
        {
            [SuccessCode(known)] = AnswerOf(known, context),
            ["4XX"] = new OpenApiResponse { Description = "What is wrong with the request.", Content = Json(SchemaOf(typeof(Status), context)) },
            ["5XX"] = new OpenApiResponse { Description = "What the server cannot do now.", Content = Json(SchemaOf(typeof(Status), context)) },
        };
    }

    private static string SuccessCode(Operation operation) =>
        (operation.Method == "post" ? StatusCodes.Status201Created : StatusCodes.Status200OK).ToString(CultureInfo.InvariantCulture);

    private static IOpenApiParameter PathParameter(string name) => new OpenApiParameter
    {
        Name = name,
        In = ParameterLocation.Path,
        Required = true,
        Description = name switch
        {
            "namespace" => "The namespace, such as default.",
            "path" => "The path that is asked for there.",
            _ => "The object's name.",
        },
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Default = name == "namespace" ? "default" : null },
    };

    private static IOpenApiParameter QueryParameter(string name)
    {
        (string type, string description) = QueryParameters.Of(name);
        JsonSchemaType schema = type switch
        {
            "boolean" => JsonSchemaType.Boolean,
            "integer" => JsonSchemaType.Integer,
            _ => JsonSchemaType.String,
        };
        return new OpenApiParameter { Name = name, In = ParameterLocation.Query, Description = description, Schema = new OpenApiSchema { Type = schema } };
    }

    private static OpenApiRequestBody? BodyOf(Operation operation, OperationFilterContext context)
    {
        IOpenApiSchema? schema = operation.Body switch
        {
            Payload.Object => SchemaOf(operation.Type, context),
            Payload.DeleteOptions => SchemaOf(typeof(DeleteOptionsBody), context),
            Payload.Patch => new OpenApiSchema { Type = JsonSchemaType.Object, Description = "What to change, in the form that the content type names." },
            _ => null,
        };
        return schema is null ? null : new OpenApiRequestBody
        {
            Required = !operation.IsBodyOptional,
            Content = operation.Consumes.Reverse().ToDictionary(type => type, IOpenApiMediaType (_) => new OpenApiMediaType { Schema = schema, Example = BodyExamples.For(operation) }),
        };
    }

    private static OpenApiResponse AnswerOf(Operation operation, OperationFilterContext context) => operation.Response switch
    {
        Payload.Text => new OpenApiResponse
        {
            Description = "The log.",
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["text/plain"] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
        },
        Payload.List => new OpenApiResponse { Description = "The list; with watch, one event a line.", Content = Json(ListOf(operation.Type, context)) },
        Payload.Status => new OpenApiResponse { Description = "What the delete came to.", Content = Json(SchemaOf(typeof(Status), context)) },
        _ => new OpenApiResponse { Description = "The object.", Content = Json(SchemaOf(operation.AnswerType, context)) },
    };

    private static OpenApiSchema ListOf(Type type, OperationFilterContext context) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["apiVersion"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["kind"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["metadata"] = SchemaOf(typeof(ListMeta), context),
            ["items"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = SchemaOf(type, context) },
        },
    };

    private static IOpenApiSchema SchemaOf(Type type, OperationFilterContext context) =>
        context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository);

    private static Dictionary<string, IOpenApiMediaType> Json(IOpenApiSchema schema) =>
        new() { ["application/json"] = new OpenApiMediaType { Schema = schema } };
}
