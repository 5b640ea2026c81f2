using ControlPlane.Api.Kinds;
using ControlPlane.Domain.Resources;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace ControlPlane.Api.Wire.Swagger;

/// <summary>Swagger UI at <c>/swagger</c>, from which each operation can be tried with a token, and its document. Both are open to all.</summary>
internal static class SwaggerSetup
{
    /// <summary>Where the pages are, and nothing else.</summary>
    public const string Path = "/swagger";

    private const string DocumentName = "v1";
    private const string SchemeName = "token";

    public static IServiceCollection AddSwagger(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSingleton<ISerializerDataContractResolver, ResourceContracts>();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(DocumentName, new OpenApiInfo
            {
                Title = "ControlPlane",
                Version = Discovery.ServerVersion.GitVersion,
                Description = "Kubernetes' API for what is served: Deployments and what belongs to them. Choose Authorize and give the token of "
                    + "`admin.token` in the data folder.",
            });
            options.AddSecurityDefinition(SchemeName, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A token, such as the one in admin.token.",
            });
            options.AddSecurityRequirement(document => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(SchemeName, document)] = [] });
            options.OperationFilter<OperationDocumentation>();
            options.CustomSchemaIds(SchemaIdOf);
            options.IncludeXmlComments(typeof(Resource).Assembly);
        });
        return services;
    }

    /// <summary>A record's name; with that of its group and version before it where another form of a kind has the same.</summary>
    private static string SchemaIdOf(Type type)
    {
        string? form = ServedKinds.Forms.Where(served => served.Kind.Type.Namespace == type.Namespace).Select(_ => type.Namespace!.Split('.')[^1]).FirstOrDefault();
        return type.DeclaringType?.Name ?? form + type.Name;
    }

    public static void UseSwaggerPages(this IApplicationBuilder app)
    {
        app.UseSwagger();
        app.UseSwaggerUI(options =>
        {
            options.DocumentTitle = "ControlPlane";
            options.SwaggerEndpoint($"{Path}/{DocumentName}/swagger.json", "ControlPlane");
            options.DisplayOperationId();
            options.DefaultModelsExpandDepth(-1);

            // A page with every operation of every kind open takes a browser seconds: each kind opens with a click.
            options.DocExpansion(DocExpansion.None);
            options.EnableTryItOutByDefault();
            options.EnablePersistAuthorization();
        });
    }
}
