using System.Collections.Immutable;
using ControlPlane.Domain.Commits;

namespace ControlPlane.Infrastructure.Storage.Commits;

/// <summary>The units of one call: they keep their order, and once a transaction has failed no more of them are tried.</summary>
internal sealed class CommitCall(CancellationToken cancellationToken)
{
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>How a transaction of the call failed; null while none has. Written by the committing loop, before the units complete.</summary>
    public Exception? Failure { get; set; }
}

/// <summary>A unit that waits to be committed, serialized already so that nothing is serialized under the revision lock.</summary>
internal sealed class PreparedUnit
{
    private readonly TaskCompletionSource<UnitResult> result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <exception cref="ArgumentException">The unit cannot be stored as it is.</exception>
    public PreparedUnit(CommitUnit unit, CommitCall call)
    {
        Unit = unit;
        Call = call;
        Rows = [.. unit.Writes.Select(write => (write is Write.SetAgentSession ? "AgentSession" : write.Kind.Kind, write.Key))];
        if (Rows.Distinct().Count() != Rows.Length)
        {
            throw new ArgumentException("A unit may write an object only once.", nameof(unit));
        }

        Columns = [.. unit.Writes.Select(write => write switch
        {
            Write.Create create => ResourceColumns.Of(create.Object, ResourceParts.All),
            Write.Update update => ResourceColumns.Of(update.Object, update.Parts),
            _ => null,
        })];
    }

    public CommitUnit Unit { get; }

    public CommitCall Call { get; }

    public ImmutableArray<(string Kind, Domain.Resources.ObjectKey Key)> Rows { get; }

    /// <summary>For each write what it stores; null for one that stores no object.</summary>
    public ImmutableArray<ResourceColumns?> Columns { get; }

    public Task<UnitResult> Result => result.Task;

    public void Complete(UnitResult unitResult) => result.TrySetResult(unitResult);

    /// <summary>The unit cannot be stored as it is; the call's other units are not concerned.</summary>
    public void Reject(ArgumentException error) => result.TrySetException(error);

    /// <summary>The unit's transaction failed.</summary>
    public void Fail(Exception error)
    {
        Call.Failure ??= error;
        result.TrySetException(Call.Failure);
    }

    /// <summary>Completes the unit when its call has failed or was cancelled already, and says whether.</summary>
    public bool IsGivenUp()
    {
        if (Call.Failure is { } failure)
        {
            return result.TrySetException(failure);
        }

        return Call.CancellationToken.IsCancellationRequested && result.TrySetCanceled(Call.CancellationToken);
    }
}
