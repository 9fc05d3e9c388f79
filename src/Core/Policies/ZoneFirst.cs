namespace AkkaLb.Core.Policies;

/// <summary>Any policy, in the zone of the request first; in another one when that has no room.</summary>
/// <remarks>
/// <para>Each zone has a chooser of its own. A request of a zone goes to a worker there as long as fewer jobs are in flight there than
/// <paramref name="spill"/> times its places. Else, and for a request of no zone, the zone with the least load for its capacity is taken; for a job
/// with a key, the zone that ranks first for the key (weighted rendezvous hashing). Where that has nobody, the next one is asked. After the
/// zone-aware routing of Envoy, which decides by the zones' capacities; here the jobs in flight are known.</para>
/// <para>The more zones, the less a policy that compares workers has to compare. Workers without a zone are a zone together. There are
/// <see cref="ZonesMax"/> of them; what comes after those, by name, is one.</para>
/// </remarks>
/// <param name="newChooser">Makes the policy's chooser.</param>
/// <param name="spill">Above 0. Raised: fewer jobs leave their zone, and wait there longer.</param>
internal sealed class ZoneFirst(Func<IChooser> newChooser, double spill) : IChooser
{
    /// <summary>Zones that are told apart.</summary>
    public const int ZonesMax = 16;

    private readonly Dictionary<string, Zone> _byName = new(StringComparer.Ordinal);
    private Zone[] _zones = [];
    private Candidate[] _eligible = [];

    /// <summary>By <see cref="Candidate.ZonePlace"/>: where a candidate is, and with how many jobs in flight it counts there.</summary>
    private (Zone Zone, double InFlight)[] _counted = [];
    private string _wanted = "";
    private double _rate;

    public bool MindsLoad => true;

    public bool Waits => _zones.Length > 0 && _zones[0].Chooser.Waits;

    /// <summary>Said before a pick.</summary>
    /// <param name="zone">Of the request; empty: none.</param>
    public void Prefer(string zone) => _wanted = zone;

    /// <summary>Who waits gets a place in any zone, so each zone has a part of them.</summary>
    public void Wait(double waiting, TimeSpan waited)
    {
        foreach (var zone in _zones)
        {
            zone.Chooser.Wait(waiting * zone.Rate / _rate, waited);
        }
    }

    public void Rebuild(Candidate[] eligible)
    {
        foreach (var candidate in _eligible)
        {
            candidate.ZonePlace = -1;
        }

        // A worker may have changed its zone: nobody knows it there any more before it is put here.
        foreach (var zone in _zones)
        {
            zone.Chooser.Rebuild([]);
        }

        var names = eligible.Select(c => c.Zone).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var before = _zones.ToDictionary(zone => zone.Name, StringComparer.Ordinal);
        _zones = [.. names.Take(ZonesMax).Select(name => before.GetValueOrDefault(name) ?? new Zone(name, newChooser()))];
        _byName.Clear();
        for (var i = 0; i < names.Count; i++)
        {
            _byName.Add(names[i], _zones[Math.Min(i, ZonesMax - 1)]);
        }

        (_eligible, _counted) = (eligible, new (Zone, double)[eligible.Length]);
        foreach (var zone in _zones)
        {
            (zone.InFlight, zone.Rate, zone.RegisteredRate, zone.Places) = (0, 0, 0, 0);
        }

        for (var place = 0; place < eligible.Length; place++)
        {
            var (candidate, zone) = (eligible[place], _byName[eligible[place].Zone]);
            candidate.ZonePlace = place;
            _counted[place] = (zone, candidate.InFlight);
            zone.InFlight += candidate.InFlight;
            zone.Rate += candidate.Rate;
            zone.RegisteredRate += candidate.RegisteredRate;
            zone.Places += candidate.Places;
        }

        _rate = _zones.Sum(zone => zone.Rate);
        foreach (var zone in _zones)
        {
            zone.Chooser.Rebuild(Array.FindAll(eligible, c => _byName[c.Zone] == zone));
        }
    }

    public void Changed(Candidate candidate)
    {
        if (candidate.ZonePlace >= 0)
        {
            ref var counted = ref _counted[candidate.ZonePlace];
            counted.Zone.InFlight += candidate.InFlight - counted.InFlight;
            counted.InFlight = candidate.InFlight;
            counted.Zone.Chooser.Changed(candidate);
        }
    }

    public void Ended(Candidate candidate, in EndedPick ended, TimeSpan now)
    {
        if (candidate.ZonePlace >= 0)
        {
            _counted[candidate.ZonePlace].Zone.Chooser.Ended(candidate, ended, now);
        }
    }

    public Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now) => PickFor("", 1, leftOut, now);

    public Candidate? PickFor(string key, int weight, ReadOnlySpan<Candidate> leftOut, TimeSpan now)
    {
        var asked = 0;
        var hash = key.Length > 0 ? KeyHash.Of(key) : 0;
        for (var zone = Own(); asked != (1 << _zones.Length) - 1; zone = Next(asked, hash))
        {
            if (zone >= 0)
            {
                asked |= 1 << zone;
                var chooser = _zones[zone].Chooser;
                if ((key.Length > 0 ? chooser.PickFor(key, weight, leftOut, now) : chooser.Pick(leftOut, now)) is { } candidate)
                {
                    return candidate;
                }
            }
        }

        return null;
    }

    /// <summary>-1: the request has no zone, or that has no room.</summary>
    private int Own() => _wanted.Length > 0 && _byName.TryGetValue(_wanted, out var own) && own.InFlight + 0.5 <= spill * own.Places
        ? Array.IndexOf(_zones, own)
        : -1;

    private int Next(int asked, ulong hash)
    {
        var (best, cost) = (-1, double.PositiveInfinity);
        for (var i = 0; i < _zones.Length; i++)
        {
            var its = (asked & (1 << i)) != 0 ? double.PositiveInfinity : hash == 0 ? _zones[i].Load : _zones[i].CostOf(hash);
            (best, cost) = its < cost ? (i, its) : (best, cost);
        }

        return best;
    }

    private sealed class Zone(string name, IChooser chooser)
    {
        private readonly ulong _hash = KeyHash.Of(name);

        public string Name => name;

        public IChooser Chooser => chooser;

        public double InFlight { get; set; }

        public double Rate { get; set; }

        public double RegisteredRate { get; set; }

        public double Places { get; set; }

        public double Load => Math.Max(0, InFlight + 1) / Rate;

        /// <summary>The zone with the least is first for the key, each for as many keys as its rate says.</summary>
        public double CostOf(ulong key) => -Math.Log(((KeyHash.Next(key ^ _hash) >> 11) + 0.5) / (1UL << 53)) / RegisteredRate;
    }
}
