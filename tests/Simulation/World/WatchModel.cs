using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Simulation.Checks;
using AkkaLb.Watching;

namespace AkkaLb.Simulation.World;

/// <summary>One watch of <see cref="EtcdModel"/>: what AkkaLb's reader of etcd tells a balancer.</summary>
internal sealed class WatchModel(Run run, EtcdModel etcd, Process process, Action<Watched<Member>> tell)
{
    private static readonly TimeSpan ProofEvery = TimeSpan.FromSeconds(5);
    private readonly int _life = process.Life;
    private bool _isConnected;
    private bool _isToldOut;
    private bool _wasTold;
    private long _delivered;
    private TimeSpan _lastArrival;
    private TimeSpan _brokenSince;
    private TimeSpan _provedAt;
    private int _connection;

    public bool IsOver { get; private set; }

    public void Begin() => _brokenSince = run.Clockwork.Now;

    /// <summary>Nothing is told any more.</summary>
    public void Stop() => IsOver = true;

    /// <summary>What has been told is no longer what is there: everything is told anew.</summary>
    public void Break()
    {
        (_isConnected, _delivered, _brokenSince) = (false, long.MaxValue, run.Clockwork.Now);
        _connection++;
    }

    public void Changed(Watched<Member>.Known known)
    {
        if (_isConnected && !IsOver)
        {
            Tell(known, known.Revision);
        }
    }

    /// <summary>To be called often.</summary>
    public void Look()
    {
        if (process.Life != _life || !process.IsUp)
        {
            IsOver = true;
        }

        if (IsOver)
        {
            return;
        }

        var now = run.Clockwork.Now;
        var reaches = etcd.Reaches(process);
        if (_isConnected && !reaches)
        {
            (_isConnected, _brokenSince) = (false, now);
            _connection++;
        }
        else if (!_isConnected && reaches)
        {
            Connect();
        }
        else if (!_isConnected && !_isToldOut && now - _brokenSince > TimeSpan.FromSeconds(2))
        {
            _isToldOut = true;
            process.Post(() => TellNow(new Watched<Member>.Down("etcd cannot be reached")));
        }
        else if (_isConnected && now - _provedAt > ProofEvery)
        {
            _provedAt = now;
            Tell(run.Spite.Resyncs() ? Snapshot("it was read again for no reason") : new Watched<Member>.Alive(etcd.Revision), etcd.Revision);
        }
    }

    private void Connect()
    {
        (_isConnected, _provedAt) = (true, run.Clockwork.Now);
        _connection++;
        if (_isToldOut)
        {
            _isToldOut = false;
            Tell(new Watched<Member>.Up(), _delivered);
        }

        if (_wasTold && etcd.Since(_delivered) is { } missed)
        {
            run.Marks.Reach(missed.Count > 0 ? Mark.WatchResumedBehindChanges : Mark.WatchResumed);
            foreach (var known in missed)
            {
                Tell(known, known.Revision);
            }

            return;
        }

        run.Marks.Reach(_wasTold ? Mark.WatchResynced : Mark.WatchBegun);
        Tell(Snapshot(_wasTold ? "the changes since are not kept any more" : null), etcd.Revision);
    }

    private Watched<Member>.Known Snapshot(string? because) => new(etcd.Revision, etcd.Members) { Because = because };

    private void Tell(Watched<Member> e, long revision)
    {
        var (connection, arrival) = (_connection, run.Clockwork.Now + etcd.OneWay());
        _lastArrival = arrival > _lastArrival ? arrival : _lastArrival;
        run.Clockwork.At(_lastArrival, () =>
        {
            if (connection == _connection && process.Life == _life)
            {
                (_delivered, _wasTold) = (revision, true);
                process.Post(() => TellNow(e));
            }
        });
    }

    private void TellNow(Watched<Member> e)
    {
        if (!IsOver)
        {
            tell(e);
        }
    }
}
