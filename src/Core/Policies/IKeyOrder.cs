namespace AkkaLb.Core.Policies;

/// <summary>Puts the workers in an order of its own for each key.</summary>
/// <remarks>The order depends on the key, on the ids of the workers and on their rates, and on nothing else: not on who came first, not on the
/// process. Not thread-safe.</remarks>
public interface IKeyOrder
{
    /// <inheritdoc cref="IChooser.Rebuild"/>
    void Rebuild(Candidate[] eligible);

    /// <summary>The first in the key's order that has room; null: nobody has. Allocates nothing.</summary>
    /// <param name="key">Its hash.</param>
    Candidate? First(ulong key, in Room room);
}
