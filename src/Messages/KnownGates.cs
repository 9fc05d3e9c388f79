using System.Collections.Concurrent;
using Akka.Actor;

namespace AkkaLb.Messages;

/// <summary>Remembers which paths of gates were read: a balancer names the same few workers in every answer, and parsing their paths took longer
/// than all the rest of it. Thread-safe.</summary>
internal sealed class KnownGates
{
    /// <summary>Bound of the paths remembered; when it is reached all are forgotten.</summary>
    private const int CountMax = 4096;

    private readonly ConcurrentDictionary<string, string> _paths = new(StringComparer.Ordinal);

    /// <summary>A gate's path is complete: from one without a uid, or no path at all, Akka makes a reference that can be neither told nor
    /// watched.</summary>
    /// <exception cref="FormatException">It is not complete.</exception>
    public string Known(string path)
    {
        if (_paths.TryGetValue(path, out var known))
        {
            return known;
        }

        WireFields.Check(
            path.Length <= WireFields.NameLengthMax && ActorPath.TryParse(path, out var parsed) && parsed.Uid != ActorCell.UndefinedUid,
            "path");
        if (_paths.Count >= CountMax)
        {
            _paths.Clear();
        }

        return _paths.GetOrAdd(path, path);
    }
}
