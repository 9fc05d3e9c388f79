using System.Globalization;
using AkkaLb.Endpoints;
using AkkaLb.Messages;

namespace AkkaLb.Registry;

/// <summary>Tells whether a text is what a node says of itself: <c>akka.tcp://system@host:port</c>, and behind it the path of an actor. Workers and
/// balancers may live in actor systems of any name; those of a cluster of balancers live in AkkaLb's.</summary>
/// <remarks>As narrow as what is really written, so that a value of another program or a half-written one is caught at the registry. What passes
/// here can be parsed and resolved by Akka, which throws for some of the rest.</remarks>
public static class SerializedActorPath
{
    /// <summary>Why <see cref="IsWorker"/> said no, for an operator.</summary>
    public const string NoWorker =
        "'path' is no absolute actor path of a worker, akka.tcp://system@host:port/user/worker#uid or .../user/worker-name#uid";

    /// <summary>Why <see cref="IsBalancer"/> said no, for an operator.</summary>
    public const string NoBalancer = "'path' is no absolute actor path of a balancer, akka.tcp://system@host:port/user/balancer";

    /// <summary>Why <see cref="IsNode"/> said no, for an operator.</summary>
    public const string NoNode = "'address' is no address of a node, akka.tcp://AkkaLb@host:port";

    private const int LengthMax = 1024;

    private static readonly System.Buffers.SearchValues<char> SystemNameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Name of the gate of the only worker in an actor system.</summary>
    public const string Gate = "worker";

    /// <summary>Longest rest of a gate's name, behind <c>worker-</c>.</summary>
    public const int GateSuffixMax = 200;

    private static readonly System.Buffers.SearchValues<char> GateCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private const string User = "/user/";
    private const string Balancer = "/user/balancer";

    /// <summary>Without TLS between nodes, and with.</summary>
    private static readonly string[] Protocols = ["akka.tcp://", "akka.ssl.tcp://"];

    /// <summary>A worker's gate, with the <c>#uid</c> that tells one life of it from the next: a reference without can be watched in vain.</summary>
    public static bool IsWorker(string path) => TrySplit(path, out _, out var authority, out var rest)
        && rest.StartsWith(User, StringComparison.Ordinal)
        && rest.IndexOf('#', StringComparison.Ordinal) is > 0 and var hash
        && IsGateName(rest[User.Length..hash])
        && IsUid(rest.AsSpan(hash + 1))
        && IsHostAndPort(authority);

    /// <summary>The name of a worker's gate below <c>/user</c>: <c>worker</c>, or <c>worker-</c> and 1 to <see cref="GateSuffixMax"/> ASCII letters,
    /// digits, dots, underscores and hyphens.</summary>
    public static bool IsGateName(string? name) => name == Gate
        || (name is not null
            && name.StartsWith(Gate + "-", StringComparison.Ordinal)
            && name.Length - Gate.Length - 1 is >= 1 and <= GateSuffixMax
            && !name.AsSpan(Gate.Length + 1).ContainsAnyExcept(GateCharacters));

    /// <summary>A balancer, with or without <c>#uid</c>: it is talked to by its path.</summary>
    public static bool IsBalancer(string path) => TrySplit(path, out _, out var authority, out var rest)
        && rest.StartsWith(Balancer, StringComparison.Ordinal)
        && (rest.Length == Balancer.Length || (rest[Balancer.Length] == '#' && IsUid(rest.AsSpan(Balancer.Length + 1))))
        && IsHostAndPort(authority);

    /// <summary>The address of a node of AkkaLb alone.</summary>
    public static bool IsNode(string address) => IsAnyNode(address)
        && TrySplit(address, out var system, out _, out _)
        && system == SystemConfig.SystemName;

    /// <summary>The address of a node alone, whatever its actor system is called.</summary>
    public static bool IsAnyNode(string address) => TrySplit(address, out _, out var authority, out var rest)
        && rest.Length == 0
        && IsHostAndPort(authority);

    private static bool TrySplit(string path, out string system, out string authority, out string rest)
    {
        (system, authority, rest) = ("", "", "");
        if (path.Length > LengthMax || Array.Find(Protocols, p => path.StartsWith(p, StringComparison.Ordinal)) is not { } protocol)
        {
            return false;
        }

        var slash = path.IndexOf('/', protocol.Length);
        var end = slash < 0 ? path.Length : slash;
        var at = path.IndexOf('@', protocol.Length);
        if (at < 0 || at > end || !IsSystemName(path.AsSpan(protocol.Length..at)))
        {
            return false;
        }

        (system, authority, rest) = (path[protocol.Length..at], path[(at + 1)..end], path[end..]);
        return true;
    }

    /// <summary>As Akka wants them: ASCII letters, digits, hyphens and underscores, the first one a letter or a digit.</summary>
    private static bool IsSystemName(ReadOnlySpan<char> name) =>
        name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && !name.ContainsAnyExcept(SystemNameCharacters);

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
