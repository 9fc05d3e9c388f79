using AkkaLb.Core.Machines;
using AkkaLb.Core.Workers;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Workers;

/// <summary>A heartbeat of 1 s; started at 0 s, when 5 jobs had been finished.</summary>
public class ReporterCoreTests
{
    private readonly ReporterCore _core = new(S(1));

    public ReporterCoreTests() => Handle(new ReporterInput.Start(5), 0);

    [Fact]
    public void Nobody_known_gets_no_report_and_the_first_known_get_one_at_once()
    {
        Assert.Equal("", Handle(Tick.Instance, 1));
        Assert.Equal("", Known(1.1));
        Assert.Equal("report 1 to a, b", Known(1.2, "a", "b"));
        Assert.Equal("", Known(1.3, "b", "a"));
        Assert.Equal("report 2 to b, a", Handle(Tick.Instance, 2));
    }

    [Fact]
    public void An_empty_list_changes_nothing()
    {
        Known(0, "a");
        Assert.Equal("", Known(0.5));
        Assert.Equal("report 2 to a", Handle(Tick.Instance, 1));
    }

    [Fact]
    public void A_heartbeat_is_an_interval_and_those_missed_are_left_out()
    {
        Known(0, "a");
        Assert.Equal("", Handle(Tick.Instance, 0.9));
        Assert.Equal("report 2 to a", Handle(Tick.Instance, 1.4));
        Assert.Equal(S(2), _core.NextDue);
        Assert.Equal("report 3 to a", Handle(Tick.Instance, 7.5));
        Assert.Equal(S(8.5), _core.NextDue);
    }

    [Fact]
    public void A_minute_in_which_jobs_were_finished_is_summed_up()
    {
        Handle(new ReporterInput.JobsFinished(8), 59);
        Assert.Equal("finished 3", Handle(Tick.Instance, 60));
        Assert.Equal("", Handle(Tick.Instance, 120));
        Handle(new ReporterInput.JobsFinished(9), 180);
        Assert.Equal("finished 1", Handle(Tick.Instance, 180));
    }

    [Fact]
    public void Started_again_it_continues_the_sequence()
    {
        Known(0, "a");
        Handle(new ReporterInput.Start(7), 10);
        Assert.Equal("", Known(10, "a"));
        Assert.Equal("report 2 to a", Handle(Tick.Instance, 11));
        Handle(new ReporterInput.JobsFinished(7), 70);
        Assert.Equal("report 3 to a", Handle(Tick.Instance, 70));
    }

    [Fact]
    public void What_is_no_input_is_refused() => Assert.Throws<ArgumentException>(() => Handle("what?", 0));

    private string Known(double now, params string[] balancers) => Handle(new ReporterInput.BalancersKnown(balancers), now);

    private string Handle(object input, double now)
    {
        var outbox = new List<ReporterEffect>();
        _core.Handle(input, S(now), outbox);
        return string.Join(" | ", outbox.Select(effect => effect switch
        {
            ReporterEffect.Report m => $"report {m.Sequence} to {string.Join(", ", m.Balancers)}",
            ReporterEffect.Summary m => $"finished {m.Finished}",
            _ => throw new ArgumentException(effect.ToString(), nameof(input)),
        }));
    }
}
