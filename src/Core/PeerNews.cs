namespace AkkaLb.Core;

/// <summary>Tells once that another node is gone, and once that it is back, however often its connection fails meanwhile.</summary>
/// <remarks>Not thread-safe. Remembers what it was told is gone, and nothing of nodes that are no longer of interest: see
/// <see cref="Keep"/>.</remarks>
public sealed class PeerNews
{
    private readonly HashSet<string> _gone = [];

    /// <summary>Its connection broke, or could not be made.</summary>
    /// <returns>Whether that is news.</returns>
    public bool IsGone(string peer) => _gone.Add(peer);

    /// <summary>It is connected.</summary>
    /// <returns>Whether that is news.</returns>
    public bool IsBack(string peer) => _gone.Remove(peer);

    /// <summary>Only these are of interest from now on.</summary>
    public void Keep(IEnumerable<string> peers) => _gone.IntersectWith(peers);
}
