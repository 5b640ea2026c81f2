namespace ControlPlane.Api.Requests;

/// <summary>What every write says beside its object.</summary>
/// <param name="Actor">Who writes: the token's name.</param>
/// <param name="DryRun">Everything but the commit is done.</param>
internal sealed record WriteContext(string Actor, bool DryRun = false)
{
    /// <summary>The program that asks, as it calls itself; empty when it does not say.</summary>
    public string UserAgent { get; init; } = "";

    /// <summary>Whom the fields that are written belong to: the query's <c>fieldManager</c>; the program's name where it is not given (Kubernetes: managerOrUserAgent).</summary>
    public string FieldManager
    {
        get => field.Length > 0 ? field : ProgramName(UserAgent);
        init => field = value ?? "";
    }
    = "";

    /// <summary>What the change is, in one sentence, where the request knows more than the objects tell; else empty.</summary>
    public string Change { get; init; } = "";

    /// <summary>Through which subresource fields are written; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>Whether the write is a server-side apply, which says itself who owns what.</summary>
    public bool IsApply { get; init; }

    private static string ProgramName(string userAgent)
    {
        string program = userAgent.Split('/')[0];
        return program.Length == 0 ? "unknown" : program.Length > Wire.Apply.FieldManager.MaxNameLength ? program[..Wire.Apply.FieldManager.MaxNameLength] : program;
    }
}

/// <summary>A request that changes something; what the audit log says of it.</summary>
internal interface IWriteRequest
{
    string Verb { get; }

    string KindName { get; }

    /// <summary>The object's namespace and name, as far as the request names them.</summary>
    string Target { get; }

    WriteContext Context { get; }
}
