using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ControlPlane.Api.Wire.Swagger;

/// <summary>Tells Swashbuckle how the values with a JSON form of their own are written.</summary>
internal sealed class ResourceContracts : ISerializerDataContractResolver
{
    private readonly JsonSerializerDataContractResolver inner = new(ResourceJson.Options);

    public DataContract GetDataContractForType(Type type)
    {
        Type effective = Nullable.GetUnderlyingType(type) ?? type;
        if (effective == typeof(Quantity) || effective == typeof(IntOrString))
        {
            return DataContract.ForPrimitive(effective, DataType.String, dataFormat: null, jsonConverter: null);
        }

        if (effective == typeof(DateTimeOffset) || effective == typeof(MicroTime))
        {
            return DataContract.ForPrimitive(effective, DataType.String, dataFormat: "date-time", jsonConverter: null);
        }

        if (effective == typeof(RawJson))
        {
            return DataContract.ForDynamic(effective, jsonConverter: null);
        }

        if (effective.IsGenericType && effective.GetGenericTypeDefinition() == typeof(ValueMap<>))
        {
            return DataContract.ForDictionary(effective, effective.GetGenericArguments()[0], keys: null, jsonConverter: null);
        }

        return effective.IsGenericType && effective.GetGenericTypeDefinition() == typeof(ValueList<>)
            ? DataContract.ForArray(effective, effective.GetGenericArguments()[0], jsonConverter: null)
            : inner.GetDataContractForType(type);
    }
}
