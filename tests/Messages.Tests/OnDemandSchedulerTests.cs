using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Tests.Support;

namespace AkkaLb.Messages.Tests;

public sealed class OnDemandSchedulerTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly OnDemandScheduler _scheduler;
    private readonly List<string> _ran = [];

    public OnDemandSchedulerTests() => _scheduler = new OnDemandScheduler(Config.Empty, NoLogger.Instance, _time);

    private IActionScheduler Actions => _scheduler;

    public void Dispose() => _scheduler.Dispose();

    [Fact]
    public void What_is_due_runs_in_the_order_in_which_it_became_due()
    {
        Once(3, "c");
        Once(1, "a");
        Once(2, "b1");
        Once(2, "b2");

        _time.Advance(0.9 * Second);
        Assert.Empty(_ran);
        _time.Advance(0.1 * Second);
        Assert.Equal(["a"], _ran);
        _time.Advance(5 * Second);
        Assert.Equal(["a", "b1", "b2", "c"], _ran);
        Assert.Equal(0, _scheduler.Count);
    }

    [Fact]
    public void What_is_scheduled_later_and_due_sooner_is_not_late()
    {
        Once(100, "late");
        Once(1, "soon");

        _time.Advance(Second);
        Assert.Equal(["soon"], _ran);
    }

    [Fact]
    public void What_is_repeated_runs_once_for_a_pause_in_which_it_was_due_often_and_then_in_its_interval()
    {
        Actions.ScheduleRepeatedly(Second, 2 * Second, () => _ran.Add($"{_scheduler.MonotonicClock.TotalSeconds:0}"));

        foreach (var by in new[] { 1, 2, 2, 20, 1, 1 })
        {
            _time.Advance(by * Second);
        }

        Assert.Equal(["1", "3", "5", "25", "27"], _ran);
    }

    [Fact]
    public void What_was_cancelled_does_not_run_and_what_is_repeated_ends()
    {
        using var cancelable = new Cancelable(Actions);
        Actions.ScheduleOnce(Second, () => _ran.Add("once"), cancelable);
        Actions.ScheduleRepeatedly(Second, Second, () => _ran.Add("repeated"), cancelable);

        cancelable.Cancel();
        _time.Advance(10 * Second);
        Assert.Empty(_ran);
        Assert.Equal(0, _scheduler.Count);
    }

    [Fact]
    public void What_throws_is_not_repeated_and_keeps_nothing_else_from_running()
    {
        Actions.ScheduleRepeatedly(Second, Second, () => throw new InvalidOperationException("on purpose"));
        Once(1, "other");

        _time.Advance(Second);
        Assert.Equal(["other"], _ran);
        Assert.Equal(0, _scheduler.Count);
    }

    [Fact]
    public void What_an_action_schedules_for_now_runs_in_the_same_turn()
    {
        Actions.ScheduleOnce(Second, () => Actions.ScheduleOnce(TimeSpan.Zero, () => _ran.Add("inner")));

        _time.Advance(Second);
        Assert.Equal(["inner"], _ran);
    }

    [Fact]
    public void What_is_left_at_the_end_runs_then_and_nothing_can_be_scheduled_any_more()
    {
        Once(100, "left");

        _scheduler.Dispose();
        Assert.Equal(["left"], _ran);
        Assert.Throws<SchedulerException>(() => Once(1, "more"));
    }

    [Fact]
    public void Delays_of_thousands_of_schedules_from_a_seed_are_as_a_sorted_list_has_them()
    {
        const int seed = 11;
        var random = new Random(seed);
        var expected = new List<(int At, int Number)>();
        for (var i = 0; i < 5000; i++)
        {
            var (at, number) = (random.Next(1, 10_000), i);
            expected.Add((at, number));
            Actions.ScheduleOnce(at * TimeSpan.FromMilliseconds(1), () => _ran.Add($"{number}"));
        }

        for (var passed = 0; passed < 10_000;)
        {
            var by = random.Next(1, 50);
            _time.Advance(by * TimeSpan.FromMilliseconds(1));
            passed += by;
        }

        Assert.Equal(expected.OrderBy(e => e.At).ThenBy(e => e.Number).Select(e => $"{e.Number}"), _ran);
    }

    [Fact]
    public async Task Actor_systems_of_AkkaLb_have_it_and_their_timers_fire()
    {
        var system = ActorSystem.Create(
            SystemConfig.SystemName, ConfigurationFactory.ParseString("akka.loglevel = OFF").WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));
        try
        {
            Assert.IsType<OnDemandScheduler>(system.Scheduler);
            var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            system.Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(20), fired.SetResult);
            await fired.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
        finally
        {
            await system.Terminate();
        }
    }

    private void Once(int seconds, string what) => Actions.ScheduleOnce(seconds * Second, () => _ran.Add(what));
}
