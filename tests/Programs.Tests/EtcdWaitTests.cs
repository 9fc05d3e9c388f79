using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Programs.Tests;

public class EtcdWaitTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

    private readonly JumpingTime _time = new();
    private readonly List<string> _said = [];
    private int _asked;

    [Fact]
    public async Task A_balancer_waits_for_an_etcd_that_comes_later_and_says_so_once_after_a_second()
    {
        await RunAsync(Wait, failures: 8);
        Assert.Equal(9, _asked);
        Assert.Equal(["waiting for etcd at http://e:1 (for 10 s at most)"], _said);
    }

    [Fact]
    public async Task An_etcd_that_answers_within_a_second_is_worth_no_line()
    {
        await RunAsync(Wait, failures: 3);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task After_its_wait_a_balancer_gives_up_with_the_last_reason()
    {
        var end = await Assert.ThrowsAsync<ProgramException>(() => RunAsync(Wait, failures: int.MaxValue));
        Assert.Equal("refused (waited 10 s): check --etcd, and that etcd is running", end.Message);
        Assert.Equal((ExitCode.Unreachable, 41), (end.ExitCode, _asked));
    }

    [Fact]
    public async Task Without_a_wait_etcd_is_asked_once()
    {
        var end = await Assert.ThrowsAsync<ProgramException>(() => RunAsync(TimeSpan.Zero, failures: int.MaxValue));
        Assert.Equal("refused: check --etcd, and that etcd is running", end.Message);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task What_etcd_will_not_do_is_not_waited_for()
    {
        var end = await Assert.ThrowsAsync<ProgramException>(() => EtcdWait.RunAsync(
            _ => Task.FromException(new RegistryRefusedException("no permission")), "http://e:1", Wait, _time, _said.Add, default));
        Assert.Equal("no permission", end.Message);
    }

    private Task RunAsync(TimeSpan wait, int failures) => EtcdWait.RunAsync(
        _ => _asked++ < failures ? Task.FromException(
            new RegistryUnavailableException("refused")) : Task.CompletedTask, "http://e:1", wait, _time, _said.Add, default);

    /// <summary>Whoever waits has waited: the clock jumps to the end of each pause, past the one timer that is not waited for.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private TimeSpan _now;
        private TimeSpan _lineAt = TimeSpan.MaxValue;
        private Action _sayLine = () => { };

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == WaitingLine.After)
            {
                (_lineAt, _sayLine) = (_now + dueTime, () => callback(state));
                return new Set();
            }

            _now += dueTime;
            if (_now >= _lineAt)
            {
                _lineAt = TimeSpan.MaxValue;
                _sayLine();
            }

            ThreadPool.QueueUserWorkItem(_ => callback(state));
            return new Set();
        }

        private sealed class Set : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose() { }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
