using Akka.Configuration;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs.Http;

/// <summary>Where a program answers HTTP.</summary>
/// <param name="Host">An address or name of this machine.</param>
/// <param name="Port">0: any free one.</param>
/// <param name="PathBase">What comes before each path; empty, or with a slash at its beginning and none at its end.</param>
/// <param name="AdminTokenFile">Holds what somebody must know who changes something; empty: nothing can be changed.</param>
public sealed record HttpSettings(string Host, int Port, string PathBase = "", string AdminTokenFile = "")
{
    /// <returns>Null: it does not.</returns>
    public static HttpSettings? Read(Config config, List<string> problems)
    {
        var (host, pathBase) = (config.Get(NodeKeys.HttpHost), config.Get(NodeKeys.HttpPathBase));
        if (config.Get(NodeKeys.HttpPort) is not { } port)
        {
            return null;
        }

        if (Uri.CheckHostName(host) is UriHostNameType.Unknown)
        {
            problems.Add($"{NodeKeys.HttpHost} = {host}: must be a name or address of this machine, or 0.0.0.0 for all of them");
        }

        if (pathBase.Length > 0 && (pathBase[0] != '/' || pathBase[^1] == '/' || pathBase.Contains("//", StringComparison.Ordinal)
            || pathBase.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('/' or '-' or '_' or '.' or '~'))))
        {
            problems.Add($"{NodeKeys.HttpPathBase} = {pathBase}: must be a path such as /akkalb, without a slash at its end");
        }

        var token = config.Get(NodeKeys.HttpAdmin);
        if (token.Length > 0 && new AdminToken(token).Problem is { } problem)
        {
            problems.Add($"{NodeKeys.HttpAdmin} = {token}: {problem}");
        }

        return new HttpSettings(host, port, pathBase, token);
    }
}
