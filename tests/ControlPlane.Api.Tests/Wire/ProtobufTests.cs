using System.Text;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Decoding.Protobuf;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Tests.Wire;

/// <summary>Bodies in Kubernetes' protobuf form. The base64 texts are what kubectl 1.36 sent.</summary>
public sealed class ProtobufTests
{
    [Fact]
    public void Decode_KubectlCreateDeployment_IsTheDeploymentAsked()
    {
        // kubectl create deployment web --image=hello:1 --replicas=0 --port=8080
        const string Body =
            "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErsBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEokBCAASDAoKCgNhcHASA3dlYhpvChwKABIAGgAiACoAMgA4AEIA"
            + "WgoKA2FwcBIDd2ViEk8SMQoFaGVsbG8SB2hlbGxvOjEqADILCgAQABiQPyIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAa"
            + "DAgAEAAYACAAKAA4ABoAIgA=";

        Deployment deployment = Decode<Deployment>(System.Convert.FromBase64String(Body), ResourceKinds.Deployment);

        Deployment expected = new()
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new() { Name = "web", Labels = ValueMap.Of(("app", "web")) },
            Spec = new()
            {
                Replicas = 0,
                Selector = new() { MatchLabels = ValueMap.Of(("app", "web")) },
                Strategy = new(),
                Template = new()
                {
                    Metadata = new() { Labels = ValueMap.Of(("app", "web")) },
                    Spec = new() { Containers = [new() { Name = "hello", Image = "hello:1", Resources = new(), Ports = [new() { Number = 8080 }] }] },
                },
            },
            Status = new(),
        };
        Assert.Equal(ResourceJson.Serialize(expected), ResourceJson.Serialize(deployment));
        Assert.Equal(0, deployment.Spec.Replicas);
    }

    [Fact]
    public void Decode_KubectlCreateNamespaceAndSecret_AreTheOnesAsked()
    {
        // kubectl create namespace shop; kubectl create secret generic g --from-literal=a=b --type=Opaque
        Namespace shop = Decode<Namespace>(
            System.Convert.FromBase64String("azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEc2hvcBIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA=="), ResourceKinds.Namespace);
        Secret secret = Decode<Secret>(
            System.Convert.FromBase64String("azhzAAoMCgJ2MRIGU2VjcmV0EiMKEQoBZxIAGgAiACoAMgA4AEIAEgYKAWESAWIaBk9wYXF1ZRoAIgA="), ResourceKinds.Secret);

        Assert.Equal("shop", shop.Name);
        Assert.Equal(("g", "Opaque", "Yg=="), (secret.Name, secret.Type, secret.Data["a"]));
    }

    [Fact]
    public void Decode_ConfigMap_HasItsTextsAsTheyAreAndItsBytesInBase64()
    {
        byte[] map = Message(
            (1, Message((1, "settings"u8.ToArray()))),
            (2, Message((1, "text"u8.ToArray()), (2, "größer"u8.ToArray()))),
            (2, Message((1, "empty"u8.ToArray()))),
            (3, Message((1, "bytes"u8.ToArray()), (2, [0, 255]))),
            (4, 1));

        ConfigMap decoded = Decode<ConfigMap>(Envelope(map, "ConfigMap"), ResourceKinds.ConfigMap);

        Assert.Equal(("settings", true), (decoded.Name, decoded.Immutable));
        Assert.Equal(ValueMap.Of(("empty", ""), ("text", "größer")), decoded.Data);
        Assert.Equal(ValueMap.Of(("bytes", "AP8=")), decoded.BinaryData);
    }

    [Fact]
    public void Decode_ServiceAccount_HasWhatItNames()
    {
        byte[] account = Message(
            (1, Message((1, "robot"u8.ToArray()))), (2, Message((3, "token"u8.ToArray()))), (3, Message((1, "login"u8.ToArray()))), (4, 0));

        ServiceAccount decoded = Decode<ServiceAccount>(Envelope(account, "ServiceAccount"), ResourceKinds.ServiceAccount);

        Assert.Equal(("robot", "token", "login", false), (decoded.Name, decoded.Secrets[0].Name, decoded.ImagePullSecrets[0].Name, decoded.AutomountServiceAccountToken));
    }

    [Fact]
    public void Decode_ResourceQuota_HasItsAmounts()
    {
        byte[] entry = Message((1, "pods"u8.ToArray()), (2, Message((1, "5"u8.ToArray()))));
        byte[] quota = Message((1, Message((1, "q"u8.ToArray()))), (2, Message((1, entry))));

        ResourceQuota decoded = Decode<ResourceQuota>(Envelope(quota, "ResourceQuota"), ResourceKinds.ResourceQuota);

        Assert.Equal(("q", "pods=5"), (decoded.Name, decoded.Spec.Hard.ToString()));
    }

    [Fact]
    public void Decode_EveryFormOfValue_IsReadAsItsJsonWouldBe()
    {
        byte[] probe = Message(
            (1, Message((2, Message((1, "/ready"u8.ToArray()), (2, Message((1, 1), (3, "http"u8.ToArray()))))))),
            (2, 0), (4, 5), (7, 30));
        byte[] lifecycle = Message((1, Message((1, Message((1, "true"u8.ToArray()))))), (2, Message((4, Message((1, 5))))));
        byte[] container = Message(
            (1, "web"u8.ToArray()), (3, "sh"u8.ToArray()), (3, ""u8.ToArray()), (8, Message((1, Message((1, "cpu"u8.ToArray()), (2, Message((1, "500m"u8.ToArray()))))))), (11, probe), (12, lifecycle), (15, Message((1, Message((1, "NET_ADMIN"u8.ToArray()), (2, "ALL"u8.ToArray()))), (2, 0), (11, Message((1, "RuntimeDefault"u8.ToArray()))))));
        byte[] pod = Message(
            (1, Message((1, "p"u8.ToArray()), (8, Message((1, 1_769_860_800))), (13, Message((1, "Node"u8.ToArray()), (3, "n"u8.ToArray()), (6, 1))))),
            (2, Message((2, container), (4, 0), (14, Message((4, 7), (4, 8))), (37, 0))),
            (3, Message((1, "Running"u8.ToArray()), (2, Message((1, "Ready"u8.ToArray()), (2, "True"u8.ToArray()), (5, "because"u8.ToArray()))))));

        Pod decoded = Decode<Pod>(Envelope(pod), ResourceKinds.Pod);

        Container read = Assert.Single(decoded.Spec.Containers);
        Assert.Equal("http", read.ReadinessProbe!.HttpGet!.Port.Text);
        Assert.Equal("/ready", read.ReadinessProbe.HttpGet.Path);
        Assert.Equal((null, 5, 30L), (read.ReadinessProbe.InitialDelaySeconds, read.ReadinessProbe.PeriodSeconds, read.ReadinessProbe.TerminationGracePeriodSeconds));
        Assert.Equal(["sh", ""], read.Command);
        Assert.Equal(500, read.Resources!.Limits["cpu"].Milli);
        Assert.Equal(["true"], read.Lifecycle!.PostStart!.Exec!.Command);
        Assert.Equal(5, read.Lifecycle.PreStop!.Sleep!.Seconds);
        Assert.False(read.SecurityContext!.Privileged);
        Assert.Equal(new Capabilities { Add = ["NET_ADMIN"], Drop = ["ALL"] }, read.SecurityContext.Capabilities);
        Assert.Equal("RuntimeDefault", read.SecurityContext.SeccompProfile!.Type);
        Assert.Equal(0, decoded.Spec.TerminationGracePeriodSeconds);
        Assert.False(decoded.Spec.HostUsers);
        Assert.Equal([7L, 8L], decoded.Spec.SecurityContext!.SupplementalGroups);
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), decoded.Metadata.CreationTimestamp);
        Assert.Equal(new OwnerReference { Kind = "Node", Name = "n", Controller = true }, Assert.Single(decoded.Metadata.OwnerReferences));
        Assert.Equal("because", Assert.Single(decoded.Status!.Conditions).Reason);
    }

    [Fact]
    public void Decode_WhatCannotBeRead_IsRefusedAndNeverDropped()
    {
        byte[] withOverhead = Message((2, Message((32, Message((1, Message((1, Message((1, "x"u8.ToArray()))))))))));
        byte[] withUnknown = Message((2, Message((99, "x"u8.ToArray()))));
        byte[] withNothing = Message((2, Message((99, Message((1, 0), (2, Message((3, ""u8.ToArray()))))), (36, ""u8.ToArray()))));

        Assert.StartsWith("spec.overhead cannot be read from protobuf here", Refusal(Envelope(withOverhead)).Message, StringComparison.Ordinal);
        Assert.StartsWith("spec, field 99 cannot be read from protobuf here", Refusal(Envelope(withUnknown)).Message, StringComparison.Ordinal);
        Assert.Equal("{}", Decode<Pod>(Envelope(withNothing), ResourceKinds.Pod).Spec.Os!.Text);
    }

    [Fact]
    public void Decode_NoProtobuf_Is400()
    {
        Assert.Contains("does not appear to be a protobuf message", Refusal("{}"u8.ToArray()).Message, StringComparison.Ordinal);
        Assert.Contains("does not match the expected kind", Refusal(Envelope(Message((1, Message((1, "x"u8.ToArray())))), "Secret")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_AnyMangledBody_IsReadOrRefusedButNeverFails()
    {
        byte[] body = Envelope(Message((1, Message((1, "p"u8.ToArray()), (8, Message((1, 1_769_860_800))))), (2, Message((2, Message((1, "web"u8.ToArray()))), (7, Message((1, "a"u8.ToArray()), (2, "b"u8.ToArray())))))));
        Random random = new(11);
        int refused = 0;
        for (int i = 0; i < 4_000; i++)
        {
            byte[] mangled = [.. body];
            mangled[random.Next(4, mangled.Length)] = (byte)random.Next(256);
            try
            {
                Decode<Pod>(mangled[..random.Next(mangled.Length - 5, mangled.Length + 1)], ResourceKinds.Pod);
            }
            catch (ApiException error)
            {
                Assert.Equal(400, error.Status.Code);
                refused++;
            }
        }

        Assert.InRange(refused, 1_000, 3_999);
    }

    [Fact]
    public void Decode_MessagesNestedWithoutEnd_AreRefused()
    {
        byte[] nested = Message((1, 1));
        for (int i = 0; i < 1_000; i++)
        {
            nested = Message((99, nested));
        }

        Assert.Equal(400, Refusal(Envelope(Message((2, nested)))).Code);
    }

    [Fact]
    public void DecodeOptions_OfAGoClient_AreRead()
    {
        byte[] body = Envelope(Message((1, 0), (2, Message((1, "u"u8.ToArray()))), (4, "Foreground"u8.ToArray())), "DeleteOptions");

        DeleteOptions.Body options = BodyDecoder.DecodeOptions<DeleteOptions.Body>(body, MediaTypes.Protobuf, "DeleteOptions");

        Assert.Equal((0L, "u", "Foreground"), (options.GracePeriodSeconds, options.Preconditions!.Uid, options.PropagationPolicy));
    }

    [Fact]
    public void Fields_OfEveryMessage_AreMembersOfItsRecord()
    {
        foreach (ResourceKind kind in ResourceKinds.All.Concat(ServedKinds.Forms.Concat(ServedKinds.Reviews).Select(served => served.Kind)))
        {
            Check(Schema.Of(kind.Type));
        }

        static void Check(Schema schema)
        {
            foreach (ProtobufField field in ProtobufFields.Of(schema.Type).Values.Where(field => field.Name.Length > 0))
            {
                Assert.True(schema.Properties.ContainsKey(field.Name), $"{schema.Type.Name} has no {field.Name}");
            }

            foreach (SchemaProperty property in schema.Properties.Values)
            {
                Check(property.Schema.Element ?? property.Schema);
            }
        }
    }

    private static T Decode<T>(byte[] body, ResourceKind kind)
        where T : Resource =>
        (T)BodyDecoder.Decode(body, MediaTypes.Protobuf, DecodeTarget.Of(kind), FieldValidation.Strict).Object;

    private static Status Refusal(byte[] body) => Assert.Throws<ApiException>(() => Decode<Pod>(body, ResourceKinds.Pod)).Status;

    private static byte[] Envelope(byte[] raw, string kind = "Pod") =>
        [.. "k8s\0"u8, .. Message((1, Message((1, "v1"u8.ToArray()), (2, Encoding.UTF8.GetBytes(kind)))), (2, raw), (3, ""u8.ToArray()), (4, ""u8.ToArray()))];

    private static byte[] Message(params Field[] fields) => [.. fields.SelectMany(field => field.Bytes)];

    /// <summary>A field: its number, and a number or bytes.</summary>
    private sealed record Field(byte[] Bytes)
    {
        public static implicit operator Field((int Number, long Value) field) => new([.. Varint(field.Number << 3), .. Varint((ulong)field.Value)]);

        public static implicit operator Field((int Number, byte[] Content) field) =>
            new([.. Varint(((ulong)field.Number << 3) | 2), .. Varint((ulong)field.Content.Length), .. field.Content]);

        private static byte[] Varint(long value) => Varint((ulong)value);

        private static byte[] Varint(ulong value) =>
            value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
    }
}
