using System.Diagnostics;
using System.Text.Json;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Apply;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Patches;
using ControlPlane.Api.Wire.Tables;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using CsCheck;

namespace ControlPlane.Api.Tests.Fuzzing;

/// <summary>
/// Bodies of which parts make no sense, given to all that reads them, without a server in between: many more than <see cref="FuzzTests"/> can send. Each is read, or refused
/// with a <c>Status</c>; what is read and breaks no rule can be stored, read again, listed and shown.
/// </summary>
[Collection(FuzzingCollection.Name)]
public sealed class BodiesTests
{
    private static readonly int Bodies = Environment.GetEnvironmentVariable("CONTROLPLANE_LONG_TESTS") == "1" ? 400_000 : 20_000;

    /// <summary>For one body: nothing in it may make the work grow beyond its size.</summary>
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(10);

    private const string Namespace = "fuzz";

    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What is sent to a collection or an object of it: an object, or a patch of one.</summary>
    private static readonly (FuzzRequest Request, ServedKind Served)[] Samples =
    [
        .. from request in FuzzSamples.All.Select(request => request.In(Namespace))
           let served = ServedBy(request.Path)
           where request.Body is not null && served is not null && request.Method is "POST" or "PUT" or "PATCH"
           select (request, served!),
    ];

    /// <summary>The stored objects that patches meet, by their kinds.</summary>
    private static readonly Dictionary<ResourceKind, Resource> Stored = FuzzSamples.Makes
        .Select(request => request.In(Namespace))
        .Where(request => ServedBy(request.Path) is { Form: null })
        .Select(request => (Resource)BodyDecoder.Decode(request.Body, request.ContentType, DecodeTarget.Of(ServedBy(request.Path)!.Kind), FieldValidation.Strict).Object)
        .ToDictionary(made => ResourceKinds.Find(made.Kind!)!, made => Complete(made, ResourceKinds.Find(made.Kind!)!));

    private static readonly Gen<(FuzzRequest Request, ServedKind Served)> Any = Gen.Select(Gen.Int[0, Samples.Length - 1], Gen.Int, Mutated);

    [Fact]
    public void MutatedBody_IsReadOrRefused() => Any.Sample(
        body =>
        {
            long begun = Stopwatch.GetTimestamp();
            Try(body.Request, body.Served);
            Assert.True(Stopwatch.GetElapsedTime(begun) < ReadWithin, $"it took {Stopwatch.GetElapsedTime(begun)}");
        },
        iter: Bodies,
        print: body => body.Request.ToString());

    /// <summary>Without a change each object is read and can be stored, or this would try nothing.</summary>
    [Fact]
    public void Samples_AreRead()
    {
        (FuzzRequest Request, ServedKind Served)[] whole =
        [
            .. Samples.Where(sample => sample.Request.ContentType is MediaTypes.Json or MediaTypes.Protobuf or MediaTypes.ApplyPatch),
        ];
        Assert.True(whole.Length > 50, $"{whole.Length} samples");
        foreach ((FuzzRequest request, ServedKind served) in whole)
        {
            Exception? refused = Record.Exception(() => Read(request, served));
            Assert.True(refused is null, $"{refused?.Message}\n{request}");
        }
    }

    private static (FuzzRequest Request, ServedKind Served) Mutated(int sample, int seed)
    {
        Random random = new(seed);
        (FuzzRequest request, ServedKind served) = Samples[sample];
        bool isText = request.ContentType is MediaTypes.Yaml or MediaTypes.ApplyPatch;
        byte[] body = isText && random.Next(2) == 0 ? BodyMutations.ToYaml(request.Body!) : request.Body!;
        return (request with { Body = BodyMutations.Mutate(random, body) }, served);
    }

    private static void Try(FuzzRequest request, ServedKind served)
    {
        try
        {
            Read(request, served);
        }
        catch (ApiException refused)
        {
            Assert.InRange(refused.Status.Code, 400, 499);
            Assert.NotEmpty(refused.Status.Message!);
        }
    }

    private static void Read(FuzzRequest request, ServedKind served)
    {
        ResourceKind kind = served.Form?.Stored ?? served.Kind;
        Resource? stored = request.Method == "POST" ? null : Stored.GetValueOrDefault(kind);
        if (request.Method == "PATCH" && stored is null)
        {
            return;
        }

        Resource read = request.ContentType switch
        {
            MediaTypes.ApplyPatch => Applied(request, served, stored!),
            _ when request.Method == "PATCH" => Patched(request, served, stored!),
            _ => FromForm(served, BodyDecoder.Decode(request.Body, request.ContentType, DecodeTarget.Of(served.Kind), FieldValidation.Warn).Object),
        };
        Resource complete = stored is null ? Complete(read, kind) : Updater.PrepareDesired(kind, stored, read);
        Validation.ThrowIfInvalid(kind, complete.Name, ResourceRules.ValidateCreate(complete));
        Serve(complete, served, kind);
    }

    private static Resource Patched(FuzzRequest request, ServedKind served, Resource stored)
    {
        Resource shown = served.Form?.Show(stored) ?? stored;
        return FromForm(served, ResourcePatch.Read(request.Body, request.ContentType).Apply(shown, DecodeTarget.Of(served.Kind), FieldValidation.Warn).Object);
    }

    private static Resource Applied(FuzzRequest request, ServedKind served, Resource stored)
    {
        var declared = DeclaredConfiguration.Read(request.Body, DecodeTarget.Of(served.Kind), FieldValidation.Warn, "", served.Form);
        DecodeTarget target = DecodeTarget.Of(ResourceKinds.Find(stored.Kind!)!);
        AppliedObject applied = declared.ApplyTo(
            Ownership.Json(stored), FieldManagers.None, new FieldManager("fuzz", IsApply: true), force: true,
            merged => Ownership.Json(ResourceRules.WithDefaults(BodyDecoder.Decode(merged, target, FieldValidation.Ignore).Object)), Now);
        return BodyDecoder.Decode(applied.Object, target, FieldValidation.Ignore).Object;
    }

    /// <summary>All that is done with what has been stored.</summary>
    private static void Serve(Resource complete, ServedKind served, ResourceKind kind)
    {
        string json = JsonOf(complete);
        Assert.Equal(json, JsonOf((Resource)JsonSerializer.Deserialize(json, kind.Type, ResourceJson.Options)!));
        Assert.Equal(json, JsonOf(ResourceRules.WithDefaults(complete)));
        Assert.Equal(TableDefinition.For(kind).Columns.Count, TableDefinition.For(kind).Cells(complete, Now).Count);
        if (served.Form is { } form)
        {
            Assert.NotEmpty(ResourceJson.SerializeToUtf8Bytes(form.Show(complete)));
        }
    }

    private static string JsonOf(Resource resource) => JsonSerializer.Serialize(resource, resource.GetType(), ResourceJson.Options);

    private static Resource FromForm(ServedKind served, Resource read) => served.Form?.Read(read) ?? read;

    /// <summary>As a new object is made complete before it is looked at.</summary>
    private static Resource Complete(Resource read, ResourceKind kind) => ResourceRules.WithDefaults(ResourceStatus.Initial(read with
    {
        Metadata = read.Metadata with { Namespace = kind.IsNamespaced ? Namespace : "", Name = read.Name.Length > 0 ? read.Name : "generated", Uid = "uid", CreationTimestamp = Now },
    }));

    /// <summary>The kind at a collection's path or an object's; null for what is below an object.</summary>
    private static ServedKind? ServedBy(string path) => ServedKinds.All.Concat(ServedKinds.Forms).FirstOrDefault(served =>
        served.CollectionPath.Replace("{namespace}", Namespace, StringComparison.Ordinal) is var home && (path == home || path == $"{home}/web"));
}
