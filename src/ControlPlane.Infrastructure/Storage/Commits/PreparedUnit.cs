using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

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

    public PreparedUnit(CommitUnit unit, CommitCall call)
    {
        Unit = unit;
        Call = call;
        Rows = [.. unit.Writes.Select(write => (write is Write.SetAgentSession ? "AgentSession" : write.Kind.Kind, write.Key))];
        Columns = [.. unit.Writes.Select(write => write switch
        {
            Write.Create create => ResourceColumns.Of(create.Object, ResourceParts.All),
            Write.Update update => ResourceColumns.Of(update.Object, update.Parts),
            _ => null,
        })];
        if (FindUnstorable() is { } refusal)
        {
            Complete(refusal);
        }
    }

    public CommitUnit Unit { get; }

    public CommitCall Call { get; }

    public ImmutableArray<(string Kind, ObjectKey Key)> Rows { get; }

    /// <summary>For each write what it stores; null for one that stores no object.</summary>
    public ImmutableArray<ResourceColumns?> Columns { get; }

    public Task<UnitResult> Result => result.Task;

    public void Complete(UnitResult unitResult) => result.TrySetResult(unitResult);

    /// <summary>The database does not take what the unit holds; the call's other units are not concerned.</summary>
    /// <param name="detail">What it said.</param>
    public void Refuse(string detail)
    {
        // Which of several writes it is the database does not say in a form to rely on: the first one stands for the unit.
        Write? first = Unit.Writes.IsEmpty ? null : Unit.Writes[0];
        Complete(new UnitResult.Refused(RefusalReason.Unstorable, first?.Kind.Kind ?? "", first?.Key ?? new ObjectKey("", ""), detail));
    }

    /// <summary>The unit's transaction failed.</summary>
    public void Fail(Exception error)
    {
        Call.Failure ??= error;
        result.TrySetException(Call.Failure);
    }

    /// <summary>Whether nothing is left to be done for the unit. Completes it when its call has failed or was cancelled already.</summary>
    public bool IsGivenUp()
    {
        if (result.Task.IsCompleted)
        {
            return true;
        }

        if (Call.Failure is { } failure)
        {
            return result.TrySetException(failure);
        }

        return Call.CancellationToken.IsCancellationRequested && result.TrySetCanceled(Call.CancellationToken);
    }

    private UnitResult.Refused? FindUnstorable()
    {
        for (int i = 0; i < Columns.Length; i++)
        {
            if (Columns[i] is { } columns && !columns.AreStorable())
            {
                Write write = Unit.Writes[i];
                return new UnitResult.Refused(
                    RefusalReason.Unstorable, write.Kind.Kind, write.Key, "a text holds the character U+0000, which the database cannot keep");
            }
        }

        return null;
    }
}
