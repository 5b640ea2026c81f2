using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for a volume (Kubernetes: validateVolumeSource and those of the sources).</summary>
internal sealed class VolumeValidator : AbstractValidator<Volume>
{
    private const string OneSource = "may not specify more than 1 volume type";
    private static readonly string[] HostPathTypes = ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];

    public VolumeValidator()
    {
        RuleFor(volume => volume.Name).Check(name => name.Length == 0 ? FieldProblem.Required() : PodSpecValidator.Given(name, Names.DnsLabel));
        RuleFor(volume => volume).CheckAll(MoreThanOne);
        RuleFor(volume => volume.HostPath).CheckAll(source => source is null ? [] : HostPath(source));
        RuleFor(volume => volume.EmptyDir).CheckAll(source => source is null ? [] : EmptyDir(source));
        RuleFor(volume => volume.ConfigMap).CheckAll(source => source is null ? [] :
            [.. Required(source.Name, ".name"), .. Mode(source.DefaultMode, ".defaultMode"), .. Keys(source.Items)]);
        RuleFor(volume => volume.Secret).CheckAll(source => source is null ? [] :
            [.. Required(source.SecretName, ".secretName"), .. Mode(source.DefaultMode, ".defaultMode"), .. Keys(source.Items)]);
        RuleFor(volume => volume.DownwardAPI).CheckAll(source => source is null ? [] : [.. Mode(source.DefaultMode, ".defaultMode"), .. Fields(source.Items)]);
        RuleFor(volume => volume.Projected).CheckAll(source => source is null ? [] : Projected(source));
    }

    /// <summary>The sources of a volume that has several, all but the first.</summary>
    private static IEnumerable<FieldProblem> MoreThanOne(Volume volume) =>
        new (string Name, object? Source)[]
        {
            ("emptyDir", volume.EmptyDir), ("hostPath", volume.HostPath), ("secret", volume.Secret), ("downwardAPI", volume.DownwardAPI),
            ("configMap", volume.ConfigMap), ("projected", volume.Projected),
        }.Where(source => source.Source is not null).Skip(1).Select(source => FieldProblem.Forbidden(OneSource) with { At = "." + source.Name });

    private static IEnumerable<FieldProblem> HostPath(HostPathVolumeSource source)
    {
        if (source.Path.Length == 0)
        {
            yield return FieldProblem.Required() with { At = ".path" };
        }
        else if (Paths.WithoutWayUp(source.Path) is { } problem)
        {
            yield return FieldProblem.Invalid(source.Path, problem) with { At = ".path" };
        }

        if (!HostPathTypes.Contains(source.Type ?? "", StringComparer.Ordinal))
        {
            yield return FieldProblem.NotSupported(source.Type, HostPathTypes) with { At = ".type" };
        }
    }

    private static IEnumerable<FieldProblem> EmptyDir(EmptyDirVolumeSource source)
    {
        if (source.SizeLimit is { Milli: < 0 })
        {
            yield return FieldProblem.Forbidden("SizeLimit field must be a valid resource quantity") with { At = ".sizeLimit" };
        }
        else if (source is { SizeLimit: not null, Medium: null })
        {
            yield return FieldProblem.Forbidden("sizeLimit is not honoured by this control plane on the node's disk; remove it, or use the medium Memory") with { At = ".sizeLimit" };
        }
    }

    private static IEnumerable<FieldProblem> Projected(ProjectedVolumeSource projected)
    {
        foreach (FieldProblem problem in Mode(projected.DefaultMode, ".defaultMode"))
        {
            yield return problem;
        }

        HashSet<string> paths = new(StringComparer.Ordinal);
        for (int i = 0; i < projected.Sources.Count; i++)
        {
            VolumeProjection source = projected.Sources[i];
            foreach (FieldProblem problem in Projection(source, paths))
            {
                yield return problem.Under($".sources[{i}]");
            }
        }
    }

    private static IEnumerable<FieldProblem> Projection(VolumeProjection source, HashSet<string> paths)
    {
        foreach ((string name, object? given) in new (string, object?)[] { ("secret", source.Secret), ("configMap", source.ConfigMap), ("downwardAPI", source.DownwardAPI) }
            .Where(given => given.Item2 is not null).Skip(1))
        {
            yield return FieldProblem.Forbidden(OneSource) with { At = "." + name };
        }

        IEnumerable<FieldProblem> problems = source switch
        {
            { Secret: { } secret } => [.. Required(secret.Name, ".name"), .. Keys(secret.Items), .. Conflicts(secret.Items.Select(item => item.Path), paths)],
            { ConfigMap: { } map } => [.. Required(map.Name, ".name"), .. Keys(map.Items), .. Conflicts(map.Items.Select(item => item.Path), paths)],
            { DownwardAPI: { } pod } => [.. Fields(pod.Items), .. Conflicts(pod.Items.Select(item => item.Path), paths)],
            _ => [],
        };
        string member = source.Secret is not null ? ".secret" : source.ConfigMap is not null ? ".configMap" : ".downwardAPI";
        foreach (FieldProblem problem in problems)
        {
            yield return problem.Under(member);
        }
    }

    private static IEnumerable<FieldProblem> Conflicts(IEnumerable<string> paths, HashSet<string> seen) => paths
        .Where(path => path.Length > 0 && !seen.Add(path))
        .Select(path => FieldProblem.Invalid(path, "conflicting duplicate paths"));

    private static IEnumerable<FieldProblem> Keys(ValueList<KeyToPath> items) => items.SelectMany((item, index) =>
        ((IEnumerable<FieldProblem>)[.. Required(item.Key, ".key"), .. FilePath(item.Path), .. Mode(item.Mode, ".mode")]).Select(problem => problem.Under($".items[{index}]")));

    private static IEnumerable<FieldProblem> Fields(ValueList<DownwardAPIVolumeFile> files) => files.SelectMany((file, index) =>
        ((IEnumerable<FieldProblem>)[.. FilePath(file.Path), .. Mode(file.Mode, ".mode"), .. Field(file)]).Select(problem => problem.Under($".items[{index}]")));

    private static IEnumerable<FieldProblem> Field(DownwardAPIVolumeFile file) => (file.FieldRef, file.ResourceFieldRef) switch
    {
        (null, null) => [FieldProblem.Required("one of fieldRef and resourceFieldRef is required")],
        (not null, not null) => [FieldProblem.Invalid("resource", "fieldRef and resourceFieldRef can not be specified simultaneously")],
        ({ } field, null) => PodFields.Problems(field, PodFields.InFiles).Select(problem => problem.Under(".fieldRef")),
        (null, { } resource) => ContainerResourceFields.Problems(resource, mustNameContainer: true).Select(problem => problem.Under(".resourceFieldRef")),
    };

    private static IEnumerable<FieldProblem> FilePath(string path) =>
        path.Length == 0 ? [FieldProblem.Required() with { At = ".path" }]
        : Paths.Within(path) is { } problem ? [FieldProblem.Invalid(path, problem) with { At = ".path" }]
        : path.StartsWith("..", StringComparison.Ordinal) ? [FieldProblem.Invalid(path, "must not start with '..'") with { At = ".path" }]
        : [];

    private static IEnumerable<FieldProblem> Mode(int? mode, string at) =>
        mode is < 0 or > 511 ? [FieldProblem.Invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive") with { At = at }] : [];

    private static IEnumerable<FieldProblem> Required(string? value, string at) => string.IsNullOrEmpty(value) ? [FieldProblem.Required() with { At = at }] : [];
}

/// <summary>The rules for paths.</summary>
internal static class Paths
{
    /// <summary>What is wrong with a path that may not leave the folder that it is relative to; null when nothing is.</summary>
    public static string? Within(string path) => path.StartsWith('/') ? "must be a relative path" : WithoutWayUp(path);

    /// <summary>What is wrong with a path that may not go up; null when nothing is.</summary>
    public static string? WithoutWayUp(string path) => path.Split('/').Contains("..", StringComparer.Ordinal) ? "must not contain '..'" : null;
}
