namespace AkkaLb.Core.Workers;

/// <summary>What a worker that leaves does next.</summary>
public abstract record LeavingEffect
{
    private LeavingEffect() { }

    /// <summary>To the registration; answer with <see cref="LeavingInput.DrainingAnnounced"/>.</summary>
    public sealed record AnnounceDraining : LeavingEffect;

    /// <summary>To the gate; answer with <see cref="LeavingInput.Drained"/>.</summary>
    public sealed record StartDrain(TimeSpan Timeout) : LeavingEffect;

    /// <summary>To the registration; answer with <see cref="LeavingInput.RegistryLeft"/>.</summary>
    public sealed record LeaveRegistry : LeavingEffect;

    /// <summary>The process can end.</summary>
    public sealed record End : LeavingEffect;
}
