using System.Text;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Configs;

/// <summary>
/// Makes what ConfigMaps and Secrets hold a part of a Deployment's revision, where its annotation asks for that. Each content that its template refers to is kept in an immutable
/// copy of its own, and revisions refer to the copies: another content is another copy, hence another template, hence a rollout; and a ReplicaSet of an older
/// revision still has the content that it ran with.
/// </summary>
/// <remarks>
/// The template as it is declared is never changed. Worked example: <c>web</c> refers to the ConfigMap <c>settings</c>; its ReplicaSet's template refers to <c>settings-6d4cf56db6</c>. <c>settings</c> changes: a
/// second ReplicaSet refers to <c>settings-7c9f8b5d4</c>. <c>kubectl rollout undo</c> puts the first one's template into the Deployment, which then refers to <c>settings-6d4cf56db6</c> itself, until its
/// manifest is applied again.
/// </remarks>
public static class ConfigRevisions
{
    /// <summary>Of a Deployment; <c>true</c>: another content of what its template refers to is another revision.</summary>
    public const string Annotation = "controlplane.dev/roll-on-config-change";

    /// <summary>Of a copy: the name of what it is a copy of.</summary>
    public const string CopyOf = "controlplane.dev/copy-of";

    private const int NameLengthMax = 253;

    private static readonly ValueList<string> Kinds = [nameof(ConfigMap), nameof(Secret)];

    /// <summary>Whether contents are part of the Deployment's revisions.</summary>
    public static bool AreOn(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        return deployment.Metadata.Annotations[Annotation] == "true";
    }

    /// <summary>The Deployment as it is to be rolled out; null where contents are no part of its revisions.</summary>
    /// <param name="declared">The Deployment as it is stored, or would be.</param>
    /// <param name="replicaSets">Its ReplicaSets: where something is not there any more, the content stays that was rolled out last.</param>
    /// <param name="find">A ConfigMap or a Secret of its namespace by kind and name.</param>
    public static ConfiguredDeployment? Of(Deployment declared, IReadOnlyList<ReplicaSet> replicaSets, Func<string, string, Resource?> find)
    {
        ArgumentNullException.ThrowIfNull(replicaSets);
        ArgumentNullException.ThrowIfNull(find);
        if (!AreOn(declared))
        {
            return null;
        }

        Dictionary<(string Kind, string Name), ConfigCopy> copies = [];
        PodSpec spec = ConfigNames.Renamed(declared.Spec.Template.Spec, (kind, name) =>
        {
            if (copies.TryGetValue((kind, name), out ConfigCopy? known))
            {
                return known.Name;
            }

            if (find(kind, name) is not { } source)
            {
                return LastOf(kind, name, declared, replicaSets, find) ?? name;
            }

            return IsCopyFor(source, declared) ? name : (copies[(kind, name)] = CopyFor(source, kind, declared, find)).Name;
        });
        return new ConfiguredDeployment(
            declared,
            declared with { Spec = declared.Spec with { Template = declared.Spec.Template with { Spec = spec } } },
            copies.Values.OrderBy(copy => copy.Kind, StringComparer.Ordinal).ThenBy(copy => copy.Name, StringComparer.Ordinal).ToValueList());
    }

    /// <summary>The snapshot with the Deployment as it is to be rolled out.</summary>
    /// <param name="snapshot">Of a Deployment, or of a bare ReplicaSet, which stays as it is.</param>
    /// <param name="find">A ConfigMap or a Secret of its namespace by kind and name.</param>
    /// <param name="dependants">What the Deployment owns.</param>
    public static WorkloadSnapshot Configured(WorkloadSnapshot snapshot, Func<string, string, Resource?> find, IEnumerable<Resource> dependants)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Deployment is not { } declared)
        {
            return snapshot;
        }

        ConfiguredDeployment? configured = Of(declared, snapshot.ReplicaSets, find);
        Resource[] copies = [.. dependants.Where(item => IsCopyFor(item, declared))];
        return configured is null && copies.Length == 0
            ? snapshot
            : snapshot with { Deployment = configured?.Effective ?? declared, Configured = configured, ConfigCopies = copies };
    }

    /// <summary>Makes the copies that these templates refer to and that are not there, and ends those to which none refers any more.</summary>
    /// <param name="snapshot">Of a Deployment that stays.</param>
    /// <param name="templates">Those of all ReplicaSets that stay.</param>
    /// <param name="read">Where to enter what the copies are made from.</param>
    internal static IEnumerable<Write> Writes(WorkloadSnapshot snapshot, IEnumerable<PodTemplateSpec> templates, ICollection<Resource> read)
    {
        if (snapshot.Configured is null && snapshot.ConfigCopies.Count == 0)
        {
            yield break;
        }

        HashSet<(string Kind, string Name)> used = NamesIn(templates);
        foreach (ConfigCopy copy in (snapshot.Configured?.Copies ?? default).Where(copy => !copy.IsStored && used.Contains((copy.Kind, copy.Name))))
        {
            read.Add(copy.Source);
            yield return new Write.Create(Made(copy, snapshot.Deployment!, snapshot.Now, snapshot.Ids));
        }

        used.UnionWith(NamesIn([(snapshot.Configured?.Declared ?? snapshot.Deployment!).Spec.Template]));
        foreach (Resource unused in snapshot.ConfigCopies.Where(item => item.Metadata is { IsDeleting: false, Finalizers.IsEmpty: true } && !used.Contains((ResourceKinds.Of(item).Kind, item.Name))))
        {
            yield return Write.Remove.Of(unused);
        }
    }

    /// <summary>The names of ConfigMaps and Secrets in templates.</summary>
    internal static HashSet<(string Kind, string Name)> NamesIn(IEnumerable<PodTemplateSpec> templates) => templates
        .SelectMany(template => EnvironmentReference.Of(new Pod { Spec = template.Spec }))
        .Select(reference => (reference.Kind, reference.Name))
        .ToHashSet();

    /// <summary>The copy of something in the newest revision that refers to one; null where none does.</summary>
    private static string? LastOf(string kind, string name, Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets, Func<string, string, Resource?> find) => replicaSets
        .OrderByDescending(Revisions.Of)
        .SelectMany(replicaSet => NamesIn([replicaSet.Spec.Template]))
        .Where(used => used.Kind == kind && find(kind, used.Name) is { } copy && copy.Metadata.Annotations[CopyOf] == name && IsCopyFor(copy, deployment))
        .Select(used => used.Name)
        .FirstOrDefault();

    private static Resource Made(ConfigCopy copy, Deployment deployment, DateTimeOffset now, IdSource ids)
    {
        ObjectMeta metadata = new()
        {
            Name = copy.Name,
            Namespace = deployment.Namespace,
            Uid = ids.Uid(),
            CreationTimestamp = now,
            Annotations = ValueMap.Of((CopyOf, copy.Source.Name)),
            OwnerReferences = [Ownership.ControllerReference(deployment) with { BlockOwnerDeletion = null }],
        };
        return copy.Source switch
        {
            ConfigMap map => new ConfigMap { ApiVersion = map.ApiVersion, Kind = map.Kind, Metadata = metadata, Immutable = true, Data = map.Data, BinaryData = map.BinaryData },
            Secret secret => new Secret { ApiVersion = secret.ApiVersion, Kind = secret.Kind, Metadata = metadata, Immutable = true, Data = secret.Data, Type = secret.Type },
            _ => throw new ArgumentException("neither a ConfigMap nor a Secret", nameof(copy)),
        };
    }

    /// <summary>Named after the content; another object that has the name already, by accident or by a collision of hashes, makes it the next one.</summary>
    private static ConfigCopy CopyFor(Resource source, string kind, Deployment deployment, Func<string, string, Resource?> find)
    {
        string content = ContentOf(source);
        for (int attempt = 0; ; attempt++)
        {
            string hash = Templates.HashOf(Encoding.UTF8.GetBytes($"{kind} {deployment.Uid} {attempt} {content}"));
            int room = NameLengthMax - hash.Length - 1;
            string name = $"{(source.Name.Length > room ? source.Name[..room] : source.Name)}-{hash}";
            Resource? known = find(kind, name);
            if (known is null || (IsCopyFor(known, deployment) && ContentOf(known) == content))
            {
                return new ConfigCopy(kind, name, source, IsStored: known is not null);
            }
        }
    }

    private static string ContentOf(Resource resource) => resource switch
    {
        ConfigMap map => ResourceJson.Serialize(new ConfigMap { Data = map.Data, BinaryData = map.BinaryData }),
        Secret secret => ResourceJson.Serialize(new Secret { Data = secret.Data, Type = secret.Type }),
        _ => throw new ArgumentException("neither a ConfigMap nor a Secret", nameof(resource)),
    };

    private static bool IsCopyFor(Resource resource, Deployment deployment) =>
        Kinds.Contains(ResourceKinds.Of(resource).Kind) && resource.Metadata.Annotations.ContainsKey(CopyOf) && resource.Metadata.Controller?.Uid == deployment.Uid;
}

/// <summary>A content that a revision runs with.</summary>
/// <param name="Kind"><c>ConfigMap</c> or <c>Secret</c>.</param>
/// <param name="Name">The copy's name.</param>
/// <param name="Source">What it is a copy of.</param>
/// <param name="IsStored">Whether there is such a copy.</param>
public sealed record ConfigCopy(string Kind, string Name, Resource Source, bool IsStored);

/// <summary>A Deployment whose template refers to copies.</summary>
/// <param name="Declared">As its users declared it.</param>
/// <param name="Effective">As it is rolled out.</param>
/// <param name="Copies">The copies that its template refers to, by kind and name.</param>
public sealed record ConfiguredDeployment(Deployment Declared, Deployment Effective, ValueList<ConfigCopy> Copies)
{
    /// <summary>What was made of the Deployment as it is rolled out, with the references that its users declared, unless these were changed on purpose (a rollback).</summary>
    public Deployment Restored(Deployment changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        return changed.Spec.Template.Spec != Effective.Spec.Template.Spec ? changed : changed with
        {
            Spec = changed.Spec with { Template = changed.Spec.Template with { Spec = Declared.Spec.Template.Spec } },
        };
    }

    /// <summary>Which contents are others than those a template refers to, for people: <c>content of configmap/settings</c>; empty when none is.</summary>
    internal string ChangeSince(PodTemplateSpec before)
    {
        HashSet<(string Kind, string Name)> known = ConfigRevisions.NamesIn([before]);
        string[] others = [.. Copies.Where(copy => !known.Contains((copy.Kind, copy.Name))).Select(copy => $"{copy.Kind.ToLowerInvariant()}/{copy.Source.Name}")];
        return others.Length == 0 ? "" : $"content of {string.Join(", ", others)}";
    }
}
