using System.Globalization;

namespace AkkaLb.Registry;

/// <summary>What tells one process from another.</summary>
public static class NodeIdentity
{
    /// <summary>Host name and process id, with what an id may not hold replaced by hyphens.</summary>
    public static string DefaultId()
    {
        var host = string.Concat(Environment.MachineName.Take(100).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-'));
        return string.Create(CultureInfo.InvariantCulture, $"{host}-{Environment.ProcessId}");
    }
}
