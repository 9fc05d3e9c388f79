using System.Globalization;
using AkkaLb.Endpoints;
using AkkaLb.Messages;

namespace AkkaLb.Registry;

/// <summary>Tells whether a text is what a node of AkkaLb says of itself: <c>akka.tcp://AkkaLb@host:port</c>, and behind it the path of an
/// actor.</summary>
/// <remarks>As narrow as what is really written, so that a value of another program or a half-written one is caught at the registry. What passes
/// here can be parsed and resolved by Akka, which throws for some of the rest.</remarks>
public static class SerializedActorPath
{
    /// <summary>Why <see cref="IsWorker"/> said no, for an operator.</summary>
    public const string NoWorker = "'path' is no absolute actor path of a worker, akka.tcp://AkkaLb@host:port/user/worker#uid";

    /// <summary>Why <see cref="IsBalancer"/> said no, for an operator.</summary>
    public const string NoBalancer = "'path' is no absolute actor path of a balancer, akka.tcp://AkkaLb@host:port/user/balancer";

    /// <summary>Why <see cref="IsNode"/> said no, for an operator.</summary>
    public const string NoNode = "'address' is no address of a node, akka.tcp://AkkaLb@host:port";

    private const int LengthMax = 1024;
    private const string Worker = "/user/worker";
    private const string Balancer = "/user/balancer";

    /// <summary>With TLS between nodes, and without.</summary>
    private static readonly string[] Starts = [$"akka.tcp://{SystemConfig.SystemName}@", $"akka.ssl.tcp://{SystemConfig.SystemName}@"];

    /// <summary>A worker's gate, with the <c>#uid</c> that tells one life of it from the next: a reference without can be watched in vain.</summary>
    public static bool IsWorker(string path) => TrySplit(path, out var authority, out var rest)
        && rest.StartsWith(Worker + "#", StringComparison.Ordinal)
        && IsUid(rest.AsSpan(Worker.Length + 1))
        && IsHostAndPort(authority);

    /// <summary>A balancer, with or without <c>#uid</c>: it is talked to by its path.</summary>
    public static bool IsBalancer(string path) => TrySplit(path, out var authority, out var rest)
        && rest.StartsWith(Balancer, StringComparison.Ordinal)
        && (rest.Length == Balancer.Length || (rest[Balancer.Length] == '#' && IsUid(rest.AsSpan(Balancer.Length + 1))))
        && IsHostAndPort(authority);

    /// <summary>The address of a node alone.</summary>
    public static bool IsNode(string address) => TrySplit(address, out var authority, out var rest) && rest.Length == 0 && IsHostAndPort(authority);

    private static bool TrySplit(string path, out string authority, out string rest)
    {
        (authority, rest) = ("", "");
        if (path.Length > LengthMax || Array.Find(Starts, s => path.StartsWith(s, StringComparison.Ordinal)) is not { } start)
        {
            return false;
        }

        var slash = path.IndexOf('/', start.Length);
        var end = slash < 0 ? path.Length : slash;
        (authority, rest) = (path[start.Length..end], path[end..]);
        return true;
    }

    private static bool IsHostAndPort(string authority)
    {
        var colon = authority.LastIndexOf(':');
        return colon > 0
            && IsDecimal(authority.AsSpan(colon + 1))
            && int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port <= 65535
            && HostName.CanBeDialledFromAnywhere(authority[..colon]);
    }

    /// <summary>1 to 2,147,483,647, which is what Akka gives; it throws when it reads a larger one, and takes 0 for none.</summary>
    private static bool IsUid(ReadOnlySpan<char> text) =>
        IsDecimal(text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>Digits as a program writes them, without leading zeros; above 0.</summary>
    private static bool IsDecimal(ReadOnlySpan<char> text) =>
        text.Length > 0 && text[0] is >= '1' and <= '9' && !text.ContainsAnyExceptInRange('0', '9');
}
