using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Workers;

/// <summary>When a worker reports its memory, and to whom: with each heartbeat, to all balancers known.</summary>
/// <param name="heartbeat">Time between two reports; above zero.</param>
public sealed class ReporterCore(TimeSpan heartbeat) : IMachine<ReporterEffect>
{
    /// <summary>How often it is told how many jobs were finished, when any were.</summary>
    public static readonly TimeSpan SummaryInterval = TimeSpan.FromMinutes(1);

    private IReadOnlyList<string> _balancers = [];
    private long _sequence;
    private long _finished;
    private long _finishedTold;
    private TimeSpan? _reportDue;
    private TimeSpan? _summaryDue;

    /// <inheritdoc/>
    public TimeSpan? NextDue => _reportDue < _summaryDue ? _reportDue : _summaryDue;

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<ReporterEffect> outbox)
    {
        switch (input)
        {
            case Tick:
                OnTick(now, outbox);
                break;
            case ReporterInput.Start m:
                (_finishedTold, _finished) = (m.Finished, m.Finished);
                (_reportDue, _summaryDue) = (now + heartbeat, now + SummaryInterval);
                break;
            case ReporterInput.BalancersKnown m:
                // An empty directory says less than what is known: a balancer that lost its entry still wants reports.
                _balancers = m.Addresses.Count > 0 ? m.Addresses : _balancers;
                if (_sequence == 0)
                {
                    Report(outbox);
                }

                break;
            case ReporterInput.JobsFinished m:
                _finished = m.Total;
                break;
            default:
                throw Inputs.Unknown(input, "a memory reporter");
        }
    }

    private void OnTick(TimeSpan now, List<ReporterEffect> outbox)
    {
        if (now >= _reportDue)
        {
            _reportDue = After(_reportDue.Value, heartbeat, now);
            Report(outbox);
        }

        if (now >= _summaryDue)
        {
            _summaryDue = After(_summaryDue.Value, SummaryInterval, now);
            if (_finished != _finishedTold)
            {
                outbox.Add(new ReporterEffect.Summary(_finished - _finishedTold));
                _finishedTold = _finished;
            }
        }
    }

    private void Report(List<ReporterEffect> outbox)
    {
        if (_balancers.Count > 0)
        {
            outbox.Add(new ReporterEffect.Report(++_sequence, _balancers));
        }
    }

    /// <summary>Intervals are kept from one due time to the next; those that a process which stood still has missed are left out.</summary>
    private static TimeSpan After(TimeSpan due, TimeSpan interval, TimeSpan now) => due + interval > now ? due + interval : now + interval;
}
