using System.Diagnostics;

namespace AkkaLb.Bench.Soak;

/// <summary>Network namespaces on one bridge, each with an address, that can be cut off silently: what is sent is dropped, and nobody is
/// told.</summary>
/// <remarks>Needs root and iproute2. Disposing it deletes the namespaces, if this process made them; end the processes in them first.</remarks>
internal sealed class TestNetwork : IDisposable
{
    private const string Tag = "akkalb-";

    /// <summary>Of no card on the bridge.</summary>
    private const string NobodysAddress = "02:00:00:00:ff:ff";

    private readonly Dictionary<string, (Place Host, string Port)> _hosts = [];
    private readonly string _bridge;
    private readonly bool _isOwn;

    private TestNetwork(int owner, IReadOnlyList<string> names)
    {
        (_bridge, _isOwn) = ($"{Tag}{owner}-hub", owner == Environment.ProcessId);
        for (var i = 0; i < names.Count; i++)
        {
            _hosts.Add(names[i], (new Place($"{Tag}{owner}-{names[i]}", $"10.77.0.{i + 1}"), $"port{i}"));
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    public Place this[string name] => _hosts[name].Host;

    /// <exception cref="InvalidOperationException">This user may not, or <c>ip</c> is missing.</exception>
    public static TestNetwork Create(params IReadOnlyList<string> names)
    {
        DeleteLeftOver();
        var network = new TestNetwork(Environment.ProcessId, names);
        try
        {
            Ip("netns", "add", network._bridge);
            Ip("-n", network._bridge, "link", "add", "hub0", "type", "bridge");
            Ip("-n", network._bridge, "link", "set", "hub0", "up");
            foreach (var (name, (host, port)) in network._hosts)
            {
                var inside = network.EndOf(name);
                Ip("netns", "add", host.Name);
                Ip("-n", network._bridge, "link", "add", port, "type", "veth", "peer", "name", inside);
                Ip("-n", network._bridge, "link", "set", inside, "netns", host.Name);
                Ip("-n", network._bridge, "link", "set", port, "master", "hub0", "up");
                Ip("-n", host.Name, "link", "set", "lo", "up");
                Ip("-n", host.Name, "addr", "add", $"{host.Host}/24", "dev", inside);
                Ip("-n", host.Name, "link", "set", inside, "up");
            }

            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>That of another process, which made it with the same names.</summary>
    public static TestNetwork Of(int process, params IReadOnlyList<string> names) => new(process, names);

    public void Cut(string name) => Ip("-n", _bridge, "link", "set", _hosts[name].Port, "nomaster");

    public void Heal(string name) => Ip("-n", _bridge, "link", "set", _hosts[name].Port, "master", "hub0");

    /// <summary>What the one sends to the other is dropped; what comes back arrives.</summary>
    public void CutOneWay(string from, string to) =>
        Ip("-n", _hosts[from].Host.Name, "neigh", "replace", _hosts[to].Host.Host, "lladdr", NobodysAddress, "nud", "permanent", "dev", EndOf(from));

    public void HealOneWay(string from, string to) =>
        Ip("-n", _hosts[from].Host.Name, "neigh", "del", _hosts[to].Host.Host, "dev", EndOf(from));

    public void Dispose()
    {
        foreach (var name in _hosts.Values.Select(h => h.Host.Name).Append(_bridge).Where(_ => _isOwn))
        {
            TryIp("netns", "del", name);
        }
    }

    /// <summary>What a run that was killed left behind.</summary>
    private static void DeleteLeftOver()
    {
        if (!Directory.Exists("/run/netns"))
        {
            return;
        }

        foreach (var name in Directory.EnumerateFiles("/run/netns", Tag + "*").Select(f => Path.GetFileName(f)!))
        {
            if (!Directory.Exists($"/proc/{name[Tag.Length..].Split('-')[0]}"))
            {
                TryIp("netns", "del", name);
            }
        }
    }

    /// <summary>Its end of the wire, see <see cref="Create"/>.</summary>
    private string EndOf(string name) => _hosts[name].Port.Replace("port", "end", StringComparison.Ordinal);

    private static void Ip(params string[] arguments)
    {
        if (TryIp(arguments) is { Length: > 0 } error)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {error}");
        }
    }

    /// <summary>What it complained of; empty: nothing.</summary>
    private static string TryIp(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? "" : $"exit {process.ExitCode}: {error.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }

    /// <param name="Name">Of the namespace.</param>
    /// <param name="Host">Its address.</param>
    public sealed record Place(string Name, string Host);
}
