using System.Text;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Wire;

public sealed class ResourceBytesTests
{
    [Fact]
    public void Of_SameObjectTwice_IsWrittenOnce()
    {
        Namespace resource = Named("once");

        byte[] first = ResourceBytes.Of(resource);

        Assert.Same(first, ResourceBytes.Of(resource));
        Assert.Equal("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"once"}}""", Encoding.UTF8.GetString(first));
    }

    [Fact]
    public void Of_ObjectThatEqualsAnotherButIsChanged_IsItsOwn()
    {
        Namespace before = Named("changing");
        ResourceBytes.Of(before);
        Namespace after = before with { Metadata = before.Metadata with { Labels = ValueMap.Of(("a", "b")) } };

        Assert.Contains("\"labels\":{\"a\":\"b\"}", Encoding.UTF8.GetString(ResourceBytes.Of(after)), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_MoreThanIsKept_IsForgottenAndWrittenAnew()
    {
        Namespace early = Named("early");
        byte[] first = ResourceBytes.Of(early);
        Namespace large = early with { Metadata = early.Metadata with { Annotations = ValueMap.Of(("text", new string('x', (int)ResourceBytes.KeptMax / 2))) } };

        ResourceBytes.Of(large);
        ResourceBytes.Of(large with { Kind = null });

        byte[] again = ResourceBytes.Of(early);
        Assert.NotSame(first, again);
        Assert.Equal(first, again);
    }

    private static Namespace Named(string name) => new() { Metadata = new ObjectMeta { Name = name } };
}
