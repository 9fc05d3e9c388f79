using System.Globalization;

namespace AkkaLb.Registry.Etcd;

/// <summary>Tells whether a text looks like an absolute actor path: <c>akka.tcp://System@host:port/user/name#uid</c>.</summary>
/// <remarks>A plain check of the parts, so that a value of another program or a half-written one is caught at the registry. It needs no Akka.</remarks>
public static class SerializedActorPath
{
    private const int LengthMax = 1024;

    /// <param name="needsUid">Whether a path without <c>#uid</c> is refused.</param>
    public static bool IsValid(string path, bool needsUid)
    {
        if (path.Length > LengthMax || !path.StartsWith("akka.", StringComparison.Ordinal) || path.Any(c => c is <= ' ' or > '~'))
        {
            return false;
        }

        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        var at = path.IndexOf('@', StringComparison.Ordinal);
        var slash = scheme < 0 ? -1 : path.IndexOf('/', scheme + "://".Length);
        if (scheme < 0 || at < scheme || slash < at)
        {
            return false;
        }

        var system = path[(scheme + "://".Length)..at];
        return system.Length > 0 && IsHostAndPort(path[(at + 1)..slash]) && IsElementsAndUid(path[slash..], needsUid);
    }

    private static bool IsHostAndPort(string authority)
    {
        var colon = authority.LastIndexOf(':');
        return colon > 0
            && int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is >= 1 and <= 65535;
    }

    private static bool IsElementsAndUid(string elements, bool needsUid)
    {
        var hash = elements.IndexOf('#', StringComparison.Ordinal);
        var names = hash < 0 ? elements : elements[..hash];
        var isNamed = names.Length > 1 && !names.EndsWith('/') && !names.Contains("//", StringComparison.Ordinal);
        var isUidGood = hash < 0
            ? !needsUid
            : long.TryParse(elements.AsSpan(hash + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        return isNamed && isUidGood;
    }
}
