using System.Text;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for <c>metadata</c> (apimachinery, ValidateObjectMeta).</summary>
internal sealed class ObjectMetaValidator : AbstractValidator<ObjectMeta>
{
    private const int AnnotationsBytesMax = 256 * 1024;

    private static readonly string[] PlainFinalizers = ["foregroundDeletion", "orphan", "kubernetes"];

    /// <param name="checkName">What is wrong with a name of this kind; null when nothing is.</param>
    public ObjectMetaValidator(Func<string, string?> checkName, bool isNamespaced)
    {
        RuleFor(meta => meta.Name).CheckWith((meta, name) =>
            name.Length > 0 ? Problem(name, checkName)
            : string.IsNullOrEmpty(meta.GenerateName) ? FieldProblem.Required("name or generateName is required")
            : null);
        RuleFor(meta => meta.GenerateName).Check(name => string.IsNullOrEmpty(name) ? null : Problem(name, prefix => checkName(prefix.TrimEnd('-') + "0")));
        RuleFor(meta => meta.Namespace).Check(name =>
            !isNamespaced ? (name.Length == 0 ? null : FieldProblem.Forbidden("not allowed on this type"))
            : name.Length == 0 ? FieldProblem.Required()
            : Problem(name, Names.DnsLabel));
        RuleFor(meta => meta.Labels).CheckAll(Labels);
        RuleFor(meta => meta.Annotations).CheckAll(Annotations);
        RuleFor(meta => meta.OwnerReferences).CheckAll(OnlyOneController);
        RuleForEach(meta => meta.OwnerReferences).CheckAll(Owner);
        RuleForEach(meta => meta.Finalizers).Check(Finalizer);
    }

    /// <summary>What goes waits for those it was known to wait for, and for no new ones (apimachinery, ValidateNoNewFinalizers).</summary>
    public static IEnumerable<FieldError> ErrorsOfUpdate(ObjectMeta updated, ObjectMeta stored)
    {
        string[] added = stored.IsDeleting ? [.. updated.Finalizers.Except(stored.Finalizers)] : [];
        if (added.Length > 0)
        {
            yield return ImmutableFields.Error(
                "metadata.finalizers",
                FieldProblem.Forbidden($"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(name => $"\"{name}\""))}}}"));
        }
    }

    public static IEnumerable<FieldProblem> Labels(ValueMap<string> labels)
    {
        foreach ((string key, string value) in labels)
        {
            if (Names.QualifiedName(key) is { } badKey)
            {
                yield return FieldProblem.Invalid(key, badKey);
            }

            if (Names.LabelValue(value) is { } badValue)
            {
                yield return FieldProblem.Invalid(value, badValue);
            }
        }
    }

    public static IEnumerable<FieldProblem> Annotations(ValueMap<string> annotations)
    {
        long bytes = 0;
        foreach ((string key, string value) in annotations)
        {
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);

            // Unlike a label's, an annotation's key may be in capitals before the slash.
            if (Names.QualifiedName(key.ToLowerInvariant()) is { } problem)
            {
                yield return FieldProblem.Invalid(key, problem);
            }
        }

        if (bytes > AnnotationsBytesMax)
        {
            yield return FieldProblem.TooLong(AnnotationsBytesMax);
        }
    }

    private static FieldProblem? Problem(string value, Func<string, string?> check) =>
        check(value) is { } problem ? FieldProblem.Invalid(value, problem) : null;

    private static IEnumerable<FieldProblem> Owner(OwnerReference owner)
    {
        (string Field, string Value)[] parts = [(".apiVersion", owner.ApiVersion), (".kind", owner.Kind), (".name", owner.Name), (".uid", owner.Uid)];
        return parts.Where(part => part.Value.Length == 0).Select(part => FieldProblem.Invalid("", "must not be empty") with { At = part.Field });
    }

    private static IEnumerable<FieldProblem> OnlyOneController(ValueList<OwnerReference> owners)
    {
        OwnerReference[] controllers = [.. owners.Where(owner => owner.Controller == true)];
        return controllers.Skip(1).Select(other => FieldProblem.Invalid(
            owners,
            "Only one reference can have Controller set to true. Found \"true\" in references for "
            + $"{controllers[0].Kind}/{controllers[0].Name} and {other.Kind}/{other.Name}"));
    }

    private static FieldProblem? Finalizer(string name) =>
        Names.QualifiedName(name) is { } problem ? FieldProblem.Invalid(name, problem)
        : name.Contains('/', StringComparison.Ordinal) || PlainFinalizers.Contains(name) ? null
        : FieldProblem.Invalid(name, "name is neither a standard finalizer name nor is it fully qualified");
}
