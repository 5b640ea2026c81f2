using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Quotas;

/// <summary>
/// Whether there is room for an object in its namespace's quotas (Kubernetes: resource quota admission), and how much of them is used. What is used is counted from what
/// is stored, not from what a status says. Who makes an object writes the quotas' statuses with it, and on the condition that nobody else has: so of two who see the same
/// room one is refused, and looks again.
/// </summary>
public static class QuotaAccounting
{
    /// <summary>Whether an object counts for anything in a quota.</summary>
    public static bool Concerns(ResourceQuota quota, Resource item)
    {
        ArgumentNullException.ThrowIfNull(quota);
        ArgumentNullException.ThrowIfNull(item);
        return quota.Namespace == item.Namespace && QuotaScopes.Include(quota, item) && QuotaUsage.Of(item).Keys.Any(quota.Spec.Hard.ContainsKey);
    }

    /// <summary>The plan for a quota's status. It rests on the quota as it was read, for whoever makes objects writes to it, too.</summary>
    public static Plan Plan(ResourceQuota quota, IEnumerable<Resource> contents)
    {
        ArgumentNullException.ThrowIfNull(quota);
        ArgumentNullException.ThrowIfNull(contents);
        ResourceQuotaStatus status = new() { Hard = quota.Spec.Hard, Used = QuotaUsage.Sum(quota, quota.Spec.Hard.Keys, contents) };
        return status == quota.Status
            ? Planning.Plan.Nothing
            : new Plan { Preconditions = [Unchanged(quota)], Writes = [new Write.Update(quota with { Status = status }, ResourceParts.Status)] };
    }

    /// <summary>What one more object, or a changed one, comes to.</summary>
    /// <param name="wanted">The object as it is to be stored.</param>
    /// <param name="stored">The object as it is stored; null for a new one.</param>
    /// <param name="quotas">The quotas of its namespace.</param>
    /// <param name="alike">The objects of its kind in its namespace, as of the same revision as the quotas.</param>
    public static QuotaAnswer Judge(Resource wanted, Resource? stored, IEnumerable<ResourceQuota> quotas, IReadOnlyCollection<Resource> alike)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(quotas);
        ArgumentNullException.ThrowIfNull(alike);
        return Judge(wanted, stored, quotas, (quota, names) => QuotaUsage.Sum(quota, names, alike));
    }

    /// <inheritdoc cref="Judge(Resource, Resource?, IEnumerable{ResourceQuota}, IReadOnlyCollection{Resource})"/>
    /// <param name="usedOf">What there is of some of a quota's names.</param>
    internal static QuotaAnswer Judge(
        Resource wanted, Resource? stored, IEnumerable<ResourceQuota> quotas, Func<ResourceQuota, IReadOnlyCollection<string>, ValueMap<Quantity>> usedOf)
    {
        List<ResourceQuota> charged = [];
        foreach (ResourceQuota quota in quotas.Where(quota => QuotaScopes.Include(quota, wanted)).OrderBy(quota => quota.Name, StringComparer.Ordinal))
        {
            // What only falls into a quota's scopes by the change counts for all that it is.
            Dictionary<string, long> more = More(wanted, stored is not null && QuotaScopes.Include(quota, stored) ? stored : null);
            if (stored is null && wanted is Pod pod && Unsaid(quota, pod) is { } unsaid)
            {
                return new QuotaAnswer.Refused(unsaid);
            }

            string[] names = [.. quota.Spec.Hard.Keys.Where(more.ContainsKey)];
            if (names.Length == 0)
            {
                continue;
            }

            ValueMap<Quantity> used = usedOf(quota, names);
            if (Exceeded(quota, names, more, used) is { } exceeded)
            {
                return new QuotaAnswer.Refused(exceeded);
            }

            charged.Add(Charged(quota, names, more, used));
        }

        return new QuotaAnswer.Fits([.. charged.Select(Unchanged)], [.. charged.Select(quota => new Write.Update(quota, ResourceParts.Status))]);
    }

    internal static Precondition Unchanged(ResourceQuota quota) => new Precondition.AtResourceVersion(ResourceKinds.ResourceQuota, quota.Key, quota.Metadata.Revision);

    private static Dictionary<string, long> More(Resource wanted, Resource? stored)
    {
        IReadOnlyDictionary<string, long> before = stored is null ? new Dictionary<string, long>() : QuotaUsage.Of(stored);
        return QuotaUsage.Of(wanted)
            .Select(usage => (usage.Key, Value: usage.Value - before.GetValueOrDefault(usage.Key)))
            .Where(usage => usage.Value > 0)
            .ToDictionary(usage => usage.Key, usage => usage.Value, StringComparer.Ordinal);
    }

    /// <summary>
    /// A quota for what containers may ask for has each of them say it (Kubernetes: pod evaluator, Constraints): <c>failed quota: q: must specify limits.cpu for: a,b;
    /// requests.cpu for: b</c>.
    /// </summary>
    private static string? Unsaid(ResourceQuota quota, Pod pod)
    {
        string[] missing =
        [
            .. quota.Spec.Hard.Keys.Where(QuotaNames.Compute.Contains).Order(StringComparer.Ordinal)
                .Select(name => (Name: name, Containers: pod.Spec.AllContainers().Where(container => !Says(container, name)).Select(container => container.Name).Order(StringComparer.Ordinal).ToArray()))
                .Where(missing => missing.Containers.Length > 0)
                .Select(missing => $"{missing.Name} for: {string.Join(',', missing.Containers)}"),
        ];
        return missing.Length == 0 ? null : $"failed quota: {quota.Name}: must specify {string.Join("; ", missing)}";
    }

    private static bool Says(Container container, string name)
    {
        string resource = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return container.Resources is { } resources
            && (name.StartsWith("limits.", StringComparison.Ordinal) ? resources.Limits : resources.Requests).ContainsKey(resource);
    }

    private static string? Exceeded(ResourceQuota quota, string[] names, Dictionary<string, long> more, ValueMap<Quantity> used)
    {
        string[] exceeded = [.. names.Where(name => Amounts.Plus(used[name].Milli, more[name]) > quota.Spec.Hard[name].Milli).Order(StringComparer.Ordinal)];
        return exceeded.Length == 0 ? null
            : $"exceeded quota: {quota.Name}, requested: {Listed(name => QuotaUsage.Amount(name, more[name]))}, used: {Listed(name => used[name])}, limited: {Listed(name => quota.Spec.Hard[name])}";

        string Listed(Func<string, Quantity> amount) => string.Join(',', exceeded.Select(name => $"{name}={amount(name)}"));
    }

    /// <summary>The quota with a status that counts the object in; what the object is not about stays as it was counted last.</summary>
    private static ResourceQuota Charged(ResourceQuota quota, string[] names, Dictionary<string, long> more, ValueMap<Quantity> used)
    {
        ValueMap<Quantity> counted = names.Select(name => KeyValuePair.Create(name, QuotaUsage.Amount(name, Amounts.Plus(used[name].Milli, more[name])))).ToValueMap();
        return quota with { Status = (quota.Status ?? new ResourceQuotaStatus()) with { Hard = quota.Spec.Hard, Used = (quota.Status?.Used ?? default).SetItems(counted) } };
    }
}

/// <summary>What quotas say of an object.</summary>
public abstract record QuotaAnswer
{
    private QuotaAnswer()
    {
    }

    /// <summary>There is room. What to commit with the object; nothing where no quota is about it.</summary>
    public sealed record Fits(ValueList<Precondition> Preconditions, ValueList<Write> Writes) : QuotaAnswer;

    /// <summary>There is none, or the object does not say what it needs.</summary>
    public sealed record Refused(string Why) : QuotaAnswer;
}
