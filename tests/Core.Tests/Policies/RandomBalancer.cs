using System.Globalization;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

/// <summary>A balancer in a world of random joins, leaves, drains, returns, reports and resyncs, and a model of who is there beside it.</summary>
internal sealed class RandomBalancer
{
    private readonly Random _random;
    private readonly WorkerPool _core;
    private readonly List<Candidate> _picked = [];
    private readonly List<long> _open = [];
    private readonly List<EndedPick> _ended = [];
    private long _order;
    private long _incarnation;
    private long _sequence;
    private long _request;

    /// <param name="rebuildPause">So long a join may wait to be put into the tables.</param>
    public RandomBalancer(string policy, Random random, TimeSpan rebuildPause = default)
    {
        _random = random;
        _core = Build.Pool(Policy.Of(policy), BalancerLimits.Default, _ => rebuildPause);
        _core.ApplySnapshot([], Now); // no member, so nobody's first report is waited for
    }

    public TimeSpan Now { get; private set; }

    public List<ModelMember> Members { get; } = [];

    /// <summary>One random thing happens.</summary>
    public void Step()
    {
        switch (_random.Next(15))
        {
            case 0 or 1:
                Join();
                break;
            case 2 when Members.Count > 0:
                Leave(_random.Of(Members));
                break;
            case 3 when Members.Count > 0:
                Change(_random.Of(Members), WorkerState.Draining);
                break;
            case 4 when Members.Count > 0:
                Change(_random.Of(Members), WorkerState.Up);
                break;
            case 5 when Members.Count > 0:
                Return(_random.Of(Members));
                break;
            case 6 when _random.Chance(0.3):
                Resync();
                break;
            case 7:
                Now += Ms(_random.Next(900));
                break;
            case 8 or 9 or 10 when _open.Count > 0:
                End(_random.Next(_open.Count));
                break;
            default:
                Report();
                break;
        }
    }

    public IEnumerable<WorkerKey> Eligible => _core.Eligible.Select(c => c.Key);

    /// <summary>As the balancer sees it.</summary>
    public Candidate Of(ModelMember member) => _core.Table.Find(member.Id)!;

    /// <summary>All ends are told, and loads are as of now.</summary>
    public void Settle()
    {
        _core.Finish(new Finished(1, 0, [.. _ended]), Now);
        _ended.Clear();
        _core.HasAnyone(waiting: 1, waited: default, Now);
    }

    /// <summary>The balancer's pick, for a client that tells when it has ended; null after a rejection.</summary>
    public WorkerKey? Pick(IReadOnlyList<WorkerKey> leaveOut)
    {
        var finished = new Finished(1, 0, [.. _ended]);
        _ended.Clear();
        var key = _random.Next(20) is > 0 and var number ? $"key {number}" : null;
        if (_core.Ask(new Assign(++_request, 1, leaveOut, key, S(60), Finished: finished), _picked, Now) is not null)
        {
            return null;
        }

        _open.Add(_request);
        return Assert.Single(_picked).Key;
    }

    /// <summary>Some members, now and then a stranger or an earlier incarnation too.</summary>
    public List<WorkerKey> RandomLeaveOut()
    {
        var share = _random.Of([0, 0, 0.2, 0.5, 0.9]);
        var keys = Members.Where(_ => _random.Chance(share)).Select(m => m.Key).ToList();
        if (_random.Chance(0.2))
        {
            keys.Add(Key("stranger"));
        }

        if (Members.Count > 0 && _random.Chance(0.2))
        {
            keys.Add(Key(_random.Of(Members).Id, incarnation: -1));
        }

        return keys;
    }

    private void End(int place)
    {
        var how = _random.Of([PickEnd.Done, PickEnd.Done, PickEnd.Failed, PickEnd.Rejected, PickEnd.Unknown, PickEnd.Cancelled, PickEnd.Unused]);
        _ended.Add(new EndedPick(_open[place], how, Ms(_random.Next(500)), how == PickEnd.Done ? Jobs() : default));
        _open.RemoveAt(place);
    }

    /// <summary>What a worker tells of its jobs, here without regard to what it has got: other balancers give it jobs too.</summary>
    private JobCounts Jobs() => new((_sequence * 5) + _random.Next(5, 20), _random.Next(5));

    public void Join()
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"w{++_order}");
        var member = Up(id, _order, ++_incarnation);
        Put(new ModelMember(member with { Worker = member.Worker with { Capacity = _random.Next(1, 9) } }));
    }

    private void Put(ModelMember member)
    {
        Members.RemoveAll(m => m.Id == member.Id);
        Members.Add(member);
        _core.ApplyChanges([Build.Put(member.Member)], Now);
    }

    private void Leave(ModelMember member)
    {
        Members.Remove(member);
        _core.ApplyChanges([Removed(member.Id)], Now);
    }

    private void Change(ModelMember member, WorkerState state)
    {
        member.Member = member.Member with { Worker = member.Member.Worker with { State = state } };
        _core.ApplyChanges([Build.Put(member.Member)], Now);
    }

    /// <summary>The same id registers as another process; the registry may not have told of the end of the first.</summary>
    private void Return(ModelMember member) => Put(new ModelMember(Up(member.Id, ++_order, ++_incarnation)));

    private void Resync()
    {
        Members.RemoveAll(_ => _random.Chance(0.3));
        _core.ApplySnapshot([.. Members.Select(m => m.Member)], Now);
    }

    private void Report()
    {
        if (Members.Count == 0)
        {
            return;
        }

        // Few distinct sizes, so that ties are common; a late report now and then.
        var member = _random.Of(Members);
        var isLate = member.Report is not null && _random.Chance(0.1);
        var sample = Build.Report(member.Key, isLate ? member.Report!.Sequence : ++_sequence, Ms(_random.Next(1, 800)), _random.Next(4), Jobs());
        var isOutdated = isLate && Now < member.FreshUntil;
        Assert.Equal(isOutdated ? ReportOutcome.Outdated : ReportOutcome.Applied, _core.Report(sample, Now));
        if (!isOutdated)
        {
            (member.Report, member.FreshUntil, member.PicksSinceReport) = (sample, Now + (3 * sample.Heartbeat), 0);
        }
    }
}
