namespace AkkaLb.Core.Workers;

/// <summary>What happens to a worker that leaves. An answer that is not waited for changes nothing.</summary>
public abstract record LeavingInput
{
    private LeavingInput() { }

    /// <summary>The first of all.</summary>
    public sealed record Begin : LeavingInput;

    /// <summary>The registration has answered, or has ended.</summary>
    public sealed record DrainingAnnounced : LeavingInput;

    /// <summary>The gate has answered, or has ended.</summary>
    public sealed record Drained : LeavingInput;

    /// <summary>As <see cref="DrainingAnnounced"/>.</summary>
    public sealed record RegistryLeft : LeavingInput;
}
