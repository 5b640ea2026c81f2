namespace ControlPlane.Api.Requests;

/// <summary>What every write says beside its object.</summary>
/// <param name="Actor">Who writes: the token's name.</param>
/// <param name="DryRun">Everything but the commit is done.</param>
internal sealed record WriteContext(string Actor, bool DryRun = false)
{
    /// <summary>The program that asks, as it calls itself; empty when it does not say.</summary>
    public string UserAgent { get; init; } = "";
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
