namespace AkkaLb.Core.Machines;

/// <summary>Something that decides. What happens comes in as an input, what is to be done goes out as an effect, and nothing else touches the
/// world.</summary>
/// <remarks>
/// No actor, I/O, clock or randomness of its own: the time comes with each input, randomness with the constructor. So the same machine runs in an
/// actor, in a test and in a simulation. Inputs are messages of the protocol and the machine's own input records; effects carry the very messages
/// that go out. Not thread-safe: whoever owns it hands in one input after another.
/// </remarks>
/// <typeparam name="TEffect">What it asks its owner to do.</typeparam>
public interface IMachine<TEffect>
{
    /// <summary>When <see cref="Tick"/> is to be handed in next; null: not before another input. It may lie in the past: then at once. A tick
    /// too early or too often does no harm. One that is due moves it: otherwise ticks would follow each other without end.</summary>
    TimeSpan? NextDue { get; }

    /// <summary>Decides what follows from an input.</summary>
    /// <param name="input">A <see cref="Tick"/>, or one of the inputs that the machine names.</param>
    /// <param name="now">Any clock that never goes back; the same for each call.</param>
    /// <param name="outbox">Gets what is to be done, in this order, behind what it holds. The effects belong to the owner from then on.</param>
    /// <exception cref="ArgumentException">It is no input of this machine.</exception>
    void Handle(object input, TimeSpan now, List<TEffect> outbox);
}

/// <summary>The input that time has passed.</summary>
public sealed record Tick
{
    private Tick()
    {
    }

    public static Tick Instance { get; } = new();
}
