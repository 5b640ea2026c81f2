using System.Text;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Wire;

public sealed class BodyDecoderTests
{
    private const string Prefix = "Deployment in version \"v1\" cannot be handled as a Deployment: ";

    [Fact]
    public void Decode_YamlDeployment_ReadsEveryFieldAndFillsInTheKind()
    {
        const string Yaml = """
            metadata: {name: hello, labels: {app: hello, build: "007"}, creationTimestamp: null}
            spec:
              replicas: 3
              selector: {matchLabels: {app: hello}}
              template:
                metadata: {labels: {app: hello}}
                spec:
                  containers:
                  - name: hello
                    image: hello:1
                    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 1}}
                    ports: [{containerPort: 8080}]
            """;

        Decoded<Resource> decoded = Decode(Yaml, MediaTypes.Yaml);

        var deployment = Assert.IsType<Deployment>(decoded.Object);
        Assert.Equal(("apps/v1", "Deployment", "hello"), (deployment.ApiVersion, deployment.Kind, deployment.Name));
        Assert.Equal("007", deployment.Metadata.Labels["build"]);
        Container container = Assert.Single(deployment.Spec.Template.Spec.Containers);
        Assert.Equal(100, container.Resources!.Requests["cpu"].Milli);
        Assert.Equal(1000, container.Resources.Limits["cpu"].Milli);
        Assert.Equal(8080, Assert.Single(container.Ports).Number);
        Assert.Empty(decoded.Warnings);
    }

    [Theory]
    [InlineData("""{"apiVersion":"v1"}""", "the API version in the data (v1) does not match the expected API version (apps/v1)")]
    [InlineData("""{"apiVersion":"apps/v1","kind":"Pod"}""", "Pod in version \"v1\" cannot be handled as a Deployment: the kind in the data (Pod) does not match the expected kind (Deployment)")]
    [InlineData("""{"spec":{"replicas":"three"}}""", Prefix + "spec.replicas: expected an integer, got the string \"three\"")]
    [InlineData("""{"spec":{"replicas":1.5}}""", Prefix + "spec.replicas: expected a 32-bit integer, got the number 1.5")]
    [InlineData("""{"spec":{"replicas":3000000000}}""", Prefix + "spec.replicas: expected a 32-bit integer, got the number 3000000000")]
    [InlineData("""{"spec":{"paused":"yes"}}""", Prefix + "spec.paused: expected a boolean, got the string \"yes\"")]
    [InlineData("""{"spec":[]}""", Prefix + "spec: expected an object, got a list")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":{}}}}}""", Prefix + "spec.template.spec.containers: expected a list, got an object")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[null]}}}}""", Prefix + "spec.template.spec.containers[0]: expected an object, got null")]
    [InlineData("""{"metadata":{"labels":{"a":1}}}""", Prefix + "metadata.labels.a: expected a string, got the number 1")]
    [InlineData("""{"spec":{"strategy":{"rollingUpdate":{"maxSurge":true}}}}""", Prefix + "spec.strategy.rollingUpdate.maxSurge: expected an integer or a string, got a boolean")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}}}}""", Prefix + "spec.template.spec.containers[0].resources.limits.cpu: expected a quantity such as 500m or 128Mi, got the string \"lots\"")]
    [InlineData("""{"metadata":{"creationTimestamp":"soon"}}""", Prefix + "metadata.creationTimestamp: expected a time such as 2026-01-31T12:00:00Z, got the string \"soon\"")]
    [InlineData("""{"metadata":{"creationTimestamp":"12:00"}}""", Prefix + "metadata.creationTimestamp: expected a time such as 2026-01-31T12:00:00Z, got the string \"12:00\"")]
    [InlineData("""{"metadata":{"name":"a\u0000b"}}""", Prefix + "metadata.name: text must not contain the character U+0000")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":["\ud800"]}}}}""", Prefix + "spec.template.spec.containers[0]: expected an object, got a string")]
    [InlineData("""{"metadata":{"name":"\ud800"}}""", Prefix + "metadata.name: the string is not valid Unicode text")]
    [InlineData("""{"spec":{"template":{"spec":{"overhead":{"a":"\u0000"}}}}}""", Prefix + "spec.template.spec.overhead.a: text must not contain the character U+0000")]
    [InlineData("""{"kind":"\udc00"}""", Prefix + "kind: the string is not valid Unicode text")]
    [InlineData("[]", "the object provided is unrecognized (must be of type Deployment): expected an object, got a list")]
    public void Decode_WrongInput_IsA400ThatNamesThePlace(string json, string message)
    {
        ApiException error = Assert.Throws<ApiException>(() => Decode(json, MediaTypes.Json));

        Assert.Equal((400, StatusReason.BadRequest, message), (error.Status.Code, error.Status.Reason, error.Status.Message));
    }

    [Theory]
    [InlineData("{\"spec\":", MediaTypes.Json, "json parse error at line 1")]
    [InlineData("", MediaTypes.Json, "json parse error")]
    [InlineData("", MediaTypes.Yaml, "the body is empty")]
    [InlineData("spec: [", MediaTypes.Yaml, "error converting YAML to JSON: yaml: line ")]
    [InlineData("a: 1\n---\nb: 2\n", MediaTypes.Yaml, "more than one document")]
    [InlineData("---\n---\n# nothing\n", MediaTypes.Yaml, "the body is empty")]
    [InlineData("a: &a 1\n---\n---\nb: *a\n", MediaTypes.Yaml, "'a'")]
    [InlineData("a: *b\n", MediaTypes.Yaml, "unknown anchor 'b' referenced")]
    [InlineData("a: &x [*x]\n", MediaTypes.Yaml, "unknown anchor 'x' referenced")]
    [InlineData("a:\n  : b\nc: 1\n", MediaTypes.Yaml, "a value is missing")]
    [InlineData("a: .inf\n", MediaTypes.Yaml, ".inf is no number that JSON has")]
    [InlineData("? [a]\n: 1\n", MediaTypes.Yaml, "a key must be a plain value")]
    [InlineData("a: !!int text\n", MediaTypes.Yaml, "cannot decode `text` as a !!int")]
    public void Decode_BrokenText_IsA400(string text, string mediaType, string part)
    {
        ApiException error = Assert.Throws<ApiException>(() => Decode(text, mediaType));

        Assert.Equal(400, error.Status.Code);
        Assert.Contains(part, error.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_Strict_RefusesAllUnknownAndRepeatedFieldsAtOnce()
    {
        const string Yaml = """
            spec:
              replicas: 1
              replicas: 2
              foo: 1
              Template: {}
              template: {spec: {containers: [{name: a, imagePullPolice: Always}]}}
            """;

        ApiException error = Assert.Throws<ApiException>(() => Decode(Yaml, MediaTypes.Yaml, FieldValidation.Strict));

        Assert.Equal(
            Prefix + "strict decoding error: duplicate field \"spec.replicas\", unknown field \"spec.foo\", unknown field \"spec.Template\", "
            + "unknown field \"spec.template.spec.containers[0].imagePullPolice\"",
            error.Status.Message);
    }

    [Fact]
    public void Decode_Warn_DropsUnknownFieldsAndKeepsTheLastOfARepeatedOne()
    {
        Decoded<Resource> decoded = Decode("""{"spec":{"replicas":1,"foo":{"bar":1},"replicas":2}}""", MediaTypes.Json, FieldValidation.Warn);

        Assert.Equal(2, ((Deployment)decoded.Object).Spec.Replicas);
        Assert.Equal(["duplicate field \"spec.replicas\"", "unknown field \"spec.foo\""], decoded.Warnings);
        Assert.Empty(Decode("""{"foo":1}""", MediaTypes.Json, FieldValidation.Ignore).Warnings);
    }

    [Fact]
    public void Decode_FieldThatIsNotLookedInto_IsKeptAsItIs()
    {
        const string Json = """{"spec":{"template":{"spec":{"overhead":{"options":{"what":null,"ever":[1]}}}}}}""";

        Decoded<Resource> decoded = Decode(Json, MediaTypes.Json, FieldValidation.Strict);

        Assert.Equal("""{"options":{"what":null,"ever":[1]}}""", ((Deployment)decoded.Object).Spec.Template.Spec.Overhead!.Text);
    }

    [Fact]
    public void Decode_NullInATypedField_MeansAbsent()
    {
        const string Json = """{"metadata":{"name":null},"spec":{"template":{"spec":{"containers":[{"name":null,"ports":[{"containerPort":null}]}]}}},"status":null}""";

        var deployment = (Deployment)Decode(Json, MediaTypes.Json, FieldValidation.Strict).Object;

        Assert.Equal("", deployment.Name);
        Assert.Equal("", deployment.Spec.Template.Spec.Containers[0].Name);
        Assert.Equal(0, deployment.Spec.Template.Spec.Containers[0].Ports[0].Number);
    }

    [Fact]
    public void Decode_BodyOverTheLimit_Is413()
    {
        ApiException error = Assert.Throws<ApiException>(() => Decode(new string(' ', BodyDecoder.MaxBodyBytes + 1), MediaTypes.Json));

        Assert.Equal((413, "Request entity too large: limit is 3145728"), (error.Status.Code, error.Status.Message));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml; charset=utf-8")]
    [InlineData("nonsense")]
    public void Decode_OtherMediaType_Is415ThatNamesTheAcceptedOnes(string mediaType)
    {
        ApiException error = Assert.Throws<ApiException>(() => Decode("{}", mediaType));

        Assert.Equal(415, error.Status.Code);
        Assert.EndsWith("accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf", error.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_DeepNesting_Is400InBothFormats()
    {
        string json = new string('[', 70) + new string(']', 70);

        Assert.Equal(400, Assert.Throws<ApiException>(() => Decode($$"""{"spec":{{json}}}""", MediaTypes.Json)).Status.Code);
        Assert.Contains("nested deeper", Assert.Throws<ApiException>(() => Decode($"spec: {json}", MediaTypes.Yaml)).Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_AliasesThatMultiply_AreRefused()
    {
        StringBuilder bomb = new("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 9; i++)
        {
            bomb.Append($"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        ApiException error = Assert.Throws<ApiException>(() => Decode(bomb.ToString(), MediaTypes.Yaml));

        Assert.Contains("excessive aliasing", error.Status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a{0}: &a{0} [*a{1}]\n", "a0: &a0 [x]\n")]
    [InlineData("a{0}: &a{0} {{<<: *a{1}}}\n", "a0: &a0 {x: 1}\n")]
    public void Decode_AliasesThatNestEverDeeper_AreRefused(string link, string first)
    {
        StringBuilder chain = new(first);
        for (int i = 1; i < 2_000; i++)
        {
            chain.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, link, i, i - 1);
        }

        ApiException error = Assert.Throws<ApiException>(() => Decode(chain.ToString(), MediaTypes.Yaml));

        Assert.Contains("nested deeper than 64 levels", error.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_AnyMangledBody_IsReadOrRefusedButNeverFails()
    {
        const string Yaml = """
            apiVersion: apps/v1
            metadata: {name: a, labels: &l {a: "b", c: 'd'}, annotations: *l}
            spec: {replicas: 0x3, template: {spec: {containers: [{name: a, resources: {limits: {cpu: 1.5}}}], overhead: {a: [~, !!str 1, {<<: *l}]}}}}
            """;
        const string Noise = "{}[]:,&*!|>'\"\\%@`#~<-?\n\t 0u";
        byte[] json = YamlToJson.Convert(Encoding.UTF8.GetBytes(Yaml)).ToArray();
        Random random = new(7);
        int refused = 0;
        for (int i = 0; i < 4_000; i++)
        {
            bool isYaml = i % 2 == 0;
            byte[] body = isYaml ? Encoding.UTF8.GetBytes(Yaml) : [.. json];
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                body[random.Next(body.Length)] = random.Next(4) == 0 ? (byte)random.Next(256) : (byte)Noise[random.Next(Noise.Length)];
            }

            try
            {
                BodyDecoder.Decode(body, isYaml ? MediaTypes.Yaml : MediaTypes.Json, DecodeTarget.Of(ResourceKinds.Deployment), FieldValidation.Ignore);
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
    public void DecodeOptions_EmptyBody_IsTheDefault() =>
        Assert.Equal(new ControlPlane.Api.Wire.Options.DeleteOptions.Body(), BodyDecoder.DecodeOptions<ControlPlane.Api.Wire.Options.DeleteOptions.Body>(default, null, "DeleteOptions"));

    private static Decoded<Resource> Decode(string text, string mediaType, FieldValidation validation = FieldValidation.Strict) =>
        BodyDecoder.Decode(Encoding.UTF8.GetBytes(text), mediaType, DecodeTarget.Of(ResourceKinds.Deployment), validation);
}
