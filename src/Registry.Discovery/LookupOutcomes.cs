using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Discovery;
using AkkaLb.Core;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Discovery;

/// <summary>What one look-up after the other means for whoever wants to know the balancers, and when the next one is due. No I/O, no clock.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class LookupOutcomes(DiscoveredBalancers settings, Random random)
{
    private const int ReasonLengthMax = 300;

    private readonly List<Watched<Address>> _news = [];
    private IReadOnlyList<Address>? _known;
    private Dictionary<string, string> _leftOut = new(StringComparer.Ordinal);
    private int _moreLeftOut;
    private long _changes;
    private int _failures;
    private Watched<Address>.Down? _down;

    /// <summary>How long to wait before the next look-up.</summary>
    public TimeSpan Pause { get; private set; }

    /// <summary>What somebody is told who comes now; empty: no look-up has ended yet.</summary>
    public IEnumerable<Watched<Address>> ForNewcomer =>
        new Watched<Address>?[] { _known is null ? null : KnownNow(), _down }.OfType<Watched<Address>>();

    /// <returns>What is to be told, in order.</returns>
    public IReadOnlyList<Watched<Address>> Answered(ServiceDiscovery.Resolved answer)
    {
        _news.Clear();
        var addresses = AddressesOf(answer);
        if (addresses.Count == 0 && _known is { Count: > 0 })
        {
            return Trouble($"{settings.Source} names no balancer any more");
        }

        if (_down is not null)
        {
            _down = null;
            _news.Add(new Watched<Address>.Up());
        }

        if (_known is null || !_known.ToHashSet().SetEquals(addresses))
        {
            (_known, _changes) = (addresses, _changes + 1);
            _news.Add(KnownNow());
        }

        // Nobody yet: the first balancers may be there any moment.
        _failures = addresses.Count > 0 ? 0 : _failures + 1;
        Pause = addresses.Count > 0 ? settings.Interval : settings.BackOff.Delay(_failures - 1, random);
        return [.. _news];
    }

    /// <returns>What is to be told, in order.</returns>
    public IReadOnlyList<Watched<Address>> Failed(string reason)
    {
        _news.Clear();
        return Trouble(OneLine.Of(reason, ReasonLengthMax));
    }

    private IReadOnlyList<Watched<Address>> Trouble(string reason)
    {
        Pause = settings.BackOff.Delay(_failures++, random);
        if (_down is null)
        {
            _down = new Watched<Address>.Down(reason);
            _news.Add(_down);
        }

        return [.. _news];
    }

    private Watched<Address>.Known KnownNow() => new(_changes, _known!);

    /// <summary>Each once. What cannot be used is told once, for as long as its problem stays the same.</summary>
    private List<Address> AddressesOf(ServiceDiscovery.Resolved answer)
    {
        var (addresses, seen) = (new List<Address>(), new HashSet<Address>());
        var leftOut = new Dictionary<string, string>(StringComparer.Ordinal);
        var more = 0;
        foreach (var target in answer.Addresses)
        {
            var host = HostOf(target);
            var port = target.Port ?? settings.Port;
            var key = OneLine.Of(string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"), ReasonLengthMax);
            if (!NodeAddress.TryParse(string.Create(CultureInfo.InvariantCulture, $"akka.tcp://{settings.System}@{host}:{port}"), out var address))
            {
                more += leftOut.Count < DiscoveredBalancers.BalancersMax ? 0 : 1;
                if (leftOut.Count < DiscoveredBalancers.BalancersMax)
                {
                    leftOut[key] = "it is no host and port from 1 to 65535";
                }
            }
            else if (addresses.Count >= DiscoveredBalancers.BalancersMax && !seen.Contains(address))
            {
                more++;
            }
            else if (seen.Add(address))
            {
                addresses.Add(address);
            }
        }

        _news.AddRange(leftOut.Where(l => !_leftOut.Contains(l)).Select(l => new Watched<Address>.Skipped(l.Key, l.Value)));
        if (more > 0 && more != _moreLeftOut)
        {
            _news.Add(new Watched<Address>.MoreSkipped(more));
        }

        (_leftOut, _moreLeftOut) = (leftOut, more);
        return addresses;
    }

    private string HostOf(ServiceDiscovery.ResolvedTarget target)
    {
        var host = settings.UsesIpAddress && target.Address is { } ip ? ip.ToString() : target.Host;
        return !host.StartsWith('[') && IPAddress.TryParse(host, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetworkV6
            ? $"[{host}]"
            : host;
    }
}
