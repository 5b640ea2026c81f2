using ControlPlane.Api.Kinds;
using MediatR;

namespace ControlPlane.Api.Pipeline;

/// <summary>All that depends on MediatR's version: how its mediator, behaviours and handlers are registered (see decision 0020).</summary>
internal static class Mediation
{
    private static readonly Type[] ForScalable = [typeof(Requests.GetScaleHandler<>), typeof(Requests.ReplaceScaleHandler<>)];

    /// <summary>Registers the mediator, the behaviours (the first is the outermost) and each handler, closed for each kind it serves.</summary>
    public static IServiceCollection AddMediation(this IServiceCollection services)
    {
        services.AddScoped<ServiceFactory>(provider => provider.GetService!);
        services.AddScoped<IMediator, Mediator>();
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(AuditBehavior<,>));
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(StoreOutcomeBehavior<,>));

        foreach (Type handler in typeof(Mediation).Assembly.GetTypes().Where(IsHandler))
        {
            if (!handler.IsGenericTypeDefinition)
            {
                AddHandler(services, handler);
                continue;
            }

            foreach (ServedKind served in ServedKinds.All.Where(served => !ForScalable.Contains(handler) || served.Has("scale")))
            {
                AddHandler(services, handler.MakeGenericType(served.Kind.Type));
            }
        }

        return services;
    }

    private static bool IsHandler(Type type) => type is { IsClass: true, IsAbstract: false } && InterfacesOf(type).Any();

    private static IEnumerable<Type> InterfacesOf(Type type) =>
        type.GetInterfaces().Where(item => item.IsGenericType && item.GetGenericTypeDefinition() == typeof(IRequestHandler<,>));

    private static void AddHandler(IServiceCollection services, Type handler)
    {
        foreach (Type service in InterfacesOf(handler))
        {
            services.AddTransient(service, handler);
        }
    }
}
