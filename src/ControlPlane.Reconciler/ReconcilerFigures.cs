using ControlPlane.Domain.Planning.Nodes;

namespace ControlPlane.Reconciler;

/// <summary>What a reconciler counts of itself. Written by its loop alone, read by whoever asks, at any time.</summary>
internal sealed class ReconcilerFigures
{
    private long passes;
    private long passTicks;
    private long refusals;
    private volatile int keysWaiting;
    private volatile int silentNodes;
    private volatile bool leads;
    private volatile bool isBraked;

    /// <summary>Whether this replica leads.</summary>
    public bool Leads => leads;

    /// <summary>Whether evictions are stopped because too many nodes are silent together; false where another replica leads.</summary>
    public bool AreEvictionsStopped => isBraked;

    /// <summary>How many nodes are silent, those that are gone for good aside; 0 where another replica leads.</summary>
    public int SilentNodes => silentNodes;

    /// <summary>How many keys are to be planned, now or by the clock.</summary>
    public int KeysWaiting => keysWaiting;

    public long Passes => Interlocked.Read(ref passes);

    /// <summary>How long all passes took together.</summary>
    public TimeSpan PassTime => TimeSpan.FromTicks(Interlocked.Read(ref passTicks));

    /// <summary>Plans that the store did not take, because what they were made from had changed or cannot be stored.</summary>
    public long Refusals => Interlocked.Read(ref refusals);

    public void BeginTerm() => leads = true;

    /// <summary>What only a leader knows is forgotten; what has been counted stays.</summary>
    public void EndTerm()
    {
        leads = false;
        keysWaiting = 0;
        SetBrake(default);
    }

    public void SetBrake(Brake brake)
    {
        isBraked = brake.IsOn;
        silentNodes = brake.Silent;
    }

    public void AddPass(TimeSpan took, int waiting)
    {
        Interlocked.Increment(ref passes);
        Interlocked.Add(ref passTicks, took.Ticks);
        keysWaiting = waiting;
    }

    public void AddRefusal() => Interlocked.Increment(ref refusals);
}
