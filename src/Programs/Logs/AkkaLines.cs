using System.Net.Sockets;
using System.Text.RegularExpressions;
using Akka.Actor;

namespace AkkaLb.Programs.Logs;

/// <summary>Judges what Akka logs: what an operator needs is said in plain words, and what our own lines say already is left out.</summary>
/// <remarks>Entries are recognized by their templates. One that another release of Akka words differently is told as it is, its first line only.
/// At level debug all of it is written as it is.</remarks>
internal static partial class AkkaLines
{
    /// <summary>A node that is away is told by who needs it: a worker its balancer, a balancer its workers by their leases, a client its
    /// balancer.</summary>
    private static readonly string[] ToldByUs =
    [
        "Tried to associate with unreachable remote address",
        "AssociationError",
        "CoordinatedShutdown invoked",
        "Lease has been lost. Terminating singleton",
    ];

    /// <param name="template">The entry's text, with its arguments still open: <c>{0}</c>.</param>
    /// <param name="text">The same with the arguments in it.</param>
    /// <returns>What to write, and at what level; null for nothing.</returns>
    public static (LogLevel Level, string Sentence)? Judge(
        LogLevel level, string template, IReadOnlyList<object?> arguments, string text, Exception? cause)
    {
        if (template.Contains("Marking node(s) as REACHABLE", StringComparison.Ordinal))
        {
            return (LogLevel.Info, $"the balancer at {HostsBehind("REACHABLE [", text)} answers again");
        }

        if (level < LogLevel.Warning)
        {
            // What Akka finds worth telling of its own start and end is no news to an operator.
            return null;
        }

        if (IsLostConnection(cause) || arguments.Any(a => a is Exception e && IsLostConnection(e)) || ToldByUs.Any(
            t => template.StartsWith(t, StringComparison.Ordinal)))
        {
            return null;
        }

        return (level, Reword(template, arguments, text) ?? FirstLine(text) + Reason(cause));
    }

    private static string? Reword(string template, IReadOnlyList<object?> arguments, string text) => template switch
    {
        _ when template.StartsWith("Dropping message [{0}] for non-local recipient", StringComparison.Ordinal) && arguments.Count == 4 =>
            $"messages for {At(arguments[2])} are dropped, because this node goes by another address: {HostsIn($"{arguments[3]}")}; use that one "
                + $"where they come from",
        _ when template.Contains("Marking node(s) as UNREACHABLE", StringComparison.Ordinal) =>
            $"the balancer at {HostsBehind("REACHABLE [", text)} does not answer",
        _ when template.StartsWith("SBR took decision", StringComparison.Ordinal) =>
            $"balancers that do not answer are put out of the cluster: {HostsBehind("is downing [", text)}",
        _ when template.StartsWith("Association to [{0}] having UID [{1}] is irrecoverably failed", StringComparison.Ordinal) =>
            $"{At(arguments[0])} is cut off for good, because it did not acknowledge what it had to: start that node again",
        _ when template.StartsWith("The remote system [{0}] has a UID [{1}] that has been quarantined", StringComparison.Ordinal) =>
            $"{At(arguments[0])} is refused, because it was cut off for good: start that node again",
        _ when template.StartsWith("The remote system {0} has quarantined this system", StringComparison.Ordinal) =>
            $"{At(arguments[0])} has cut this node off for good: start this node again",
        _ => null,
    };

    /// <summary>A peer hung up, or the network did.</summary>
    private static bool IsLostConnection(Exception? cause) =>
        cause is not null && (cause.GetType().Name == "EndpointDisassociatedException" || cause.GetBaseException() is SocketException);

    /// <summary><c>host:port</c> of an address, however it was handed over.</summary>
    private static string At(object? address) => address is Address { Host: { } host, Port: { } port } ? $"{host}:{port}" : HostsIn($"{address}");

    /// <summary>Every <c>host:port</c> in a text that holds addresses, such as <c>akka.tcp://AkkaLb@127.0.0.1:4053</c>; the text itself when
    /// there is none.</summary>
    private static string HostsIn(string text)
    {
        var hosts = Host().Matches(text).Select(m => m.Groups[1].Value).Distinct().ToList();
        return hosts.Count == 0 ? FirstLine(text) : string.Join(", ", hosts);
    }

    /// <summary>Those in the list that the words open; the line begins with the address of the node that writes it.</summary>
    private static string HostsBehind(string words, string text)
    {
        var start = text.IndexOf(words, StringComparison.Ordinal);
        return HostsIn(start < 0 ? text : text[start..].Split("Node roles", 2)[0].Split("unreachable of", 2)[0]);
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd('\r');

    private static string Reason(Exception? cause) => cause is null ? "" : $" ({cause.GetType().Name}: {FirstLine(cause.Message)})";

    [GeneratedRegex(@"akka(?:\.ssl)?\.tcp://[^@\s]*@(\[[0-9A-Fa-f:.%]+\]:\d+|[^\s,\]\[/:]+:\d+)")]
    private static partial Regex Host();
}
