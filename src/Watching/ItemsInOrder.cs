using System.Collections;
using System.Collections.Immutable;

namespace AkkaLb.Watching;

/// <summary>Items in the order in which their keys were created. A change costs what changed, and so does the list of all after it.</summary>
/// <remarks>Not thread-safe; the lists are.</remarks>
public sealed class ItemsInOrder<T>
    where T : class
{
    /// <summary>Keys that one transaction puts share the revision; the id breaks the tie the same way every time.</summary>
    private static readonly Comparer<(long Created, string Id)> InOrder = Comparer<(long Created, string Id)>.Create(
        (a, b) => a.Created != b.Created ? a.Created.CompareTo(b.Created) : string.CompareOrdinal(a.Id, b.Id));

    private readonly ImmutableSortedDictionary<(long Created, string Id), T>.Builder _items =
        ImmutableSortedDictionary.CreateBuilder<(long Created, string Id), T>(InOrder);

    /// <summary>As of now; it does not change any more.</summary>
    public IReadOnlyCollection<T> All => new List(_items.ToImmutable());

    /// <param name="created">The revision at which the key was created.</param>
    public void Set(long created, string id, T item) => _items[(created, id)] = item;

    /// <summary>Nothing happens when there is no such item.</summary>
    public void Remove(long created, string id) => _items.Remove((created, id));

    private sealed class List(ImmutableSortedDictionary<(long Created, string Id), T> items) : IReadOnlyCollection<T>
    {
        public int Count => items.Count;

        public IEnumerator<T> GetEnumerator() => items.Values.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
