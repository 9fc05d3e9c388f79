using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit;
using AkkaLb.Core;
using AkkaLb.Core.Workers;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;

namespace AkkaLb.Worker.Tests;

/// <summary>The test's own system has a balancer; a second one stands elsewhere, over loopback.</summary>
public class MemoryReporterTests : VirtualTimeKit
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    private static readonly WorkerKey Worker = new("w", 7);

    private readonly TestProbe _balancer;
    private readonly Directory _directory = new();
    private readonly IActorRef _relay;
    private readonly ManualTime _clock = new();
    private bool _isUnreadable;
    private long _finished = 5;

    public MemoryReporterTests()
        : base(config: ConfigurationFactory.ParseString("akka.loglevel = INFO").WithFallback(SystemConfig.Remoting("127.0.0.1", 0)))
    {
        _balancer = CreateTestProbe();
        _relay = Sys.ActorOf(Props.Create(() => new Relay(_balancer)), "balancer");
    }

    private Address Here => ((ExtendedActorSystem)Sys).Provider.DefaultAddress;

    [Fact]
    public void The_first_report_comes_at_once_with_all_it_knows()
    {
        Start(Here);
        var report = _balancer.ExpectMsg<MemoryReport>();
        Assert.Equal(new MemoryReport(Worker, 1, Heartbeat, 11, 22, 33, new JobCounts(9, 4), report.UnixTimeMs, 3, TimeSpan.Zero), report);
    }

    [Fact]
    public async Task Each_heartbeat_brings_a_report_of_a_higher_sequence()
    {
        var reporter = Start(Here);
        for (var sequence = 1; sequence <= 10; sequence++)
        {
            Assert.Equal((Worker, sequence), Parts(_balancer.ExpectMsg<MemoryReport>()));
            await PassAsync(reporter, Heartbeat);
        }
    }

    [Fact]
    public async Task It_tells_how_long_the_worker_has_run()
    {
        var reporter = Start(Here);
        _balancer.ExpectMsg<MemoryReport>();
        _clock.Advance(TimeSpan.FromMinutes(5));
        await PassAsync(reporter, Heartbeat);
        Assert.Equal(TimeSpan.FromMinutes(5), _balancer.ExpectMsg<MemoryReport>().Uptime);
    }

    [Fact]
    public async Task Between_heartbeats_it_says_nothing()
    {
        var reporter = Start(Here);
        _balancer.ExpectMsg<MemoryReport>();
        await PassAsync(reporter, Heartbeat - TimeSpan.FromMilliseconds(1));
        Assert.False(_balancer.HasMessages);
    }

    [Fact]
    public async Task Every_balancer_gets_the_same_report()
    {
        using var elsewhere = ActorSystem.Create(
            SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));
        elsewhere.ActorOf(Props.Create(() => new Relay(TestActor)), "balancer");
        Start(Here, ((ExtendedActorSystem)elsewhere).Provider.DefaultAddress);
        Assert.Equal(_balancer.ExpectMsg<MemoryReport>(), await ExpectMsgAsync<MemoryReport>(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Nobody_there_is_harmless_and_a_balancer_that_comes_later_gets_the_next_report()
    {
        var reporter = Start(NodeAddress.Of("127.0.0.1", 1), Here);
        _balancer.ExpectMsg<MemoryReport>();
        Sys.Stop(Watch(_relay));
        ExpectTerminated(_relay);
        await PassAsync(reporter, Heartbeat);
        Sys.ActorOf(Props.Create(() => new Relay(_balancer)), "balancer");
        await PassAsync(reporter, Heartbeat);
        Assert.Equal((Worker, 3L), Parts(_balancer.ExpectMsg<MemoryReport>()));
    }

    [Fact]
    public async Task A_new_balancer_gets_the_next_heartbeats_report_and_one_that_left_gets_no_more()
    {
        var second = CreateTestProbe();
        using var elsewhere = ActorSystem.Create(
            SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));
        elsewhere.ActorOf(Props.Create(() => new Relay(second)), "balancer");
        var there = ((ExtendedActorSystem)elsewhere).Provider.DefaultAddress;
        var reporter = Start(Here);
        Assert.Equal((Worker, 1L), Parts(_balancer.ExpectMsg<MemoryReport>()));

        _directory.Tell(new Watched<Address>.Known(0, [Here, there]));
        await PassAsync(reporter, Heartbeat);
        Assert.Equal((Worker, 2L), Parts(_balancer.ExpectMsg<MemoryReport>()));
        Assert.Equal((Worker, 2L), Parts(await second.ExpectMsgAsync<MemoryReport>(TimeSpan.FromSeconds(20))));

        _directory.Tell(new Watched<Address>.Known(0, [there]));
        await PassAsync(reporter, Heartbeat);
        Assert.Equal((Worker, 3L), Parts(await second.ExpectMsgAsync<MemoryReport>(TimeSpan.FromSeconds(20))));
        Assert.False(_balancer.HasMessages);
    }

    [Fact]
    public async Task The_first_balancer_known_gets_a_report_at_once()
    {
        var reporter = Start();
        await Settled(reporter);
        Assert.False(_balancer.HasMessages);
        _directory.Tell(new Watched<Address>.Known(0, [Here]));
        Assert.Equal((Worker, 1L), Parts(_balancer.ExpectMsg<MemoryReport>()));
    }

    [Fact]
    public async Task While_the_directory_is_away_the_known_balancers_get_their_reports()
    {
        var reporter = Start(Here);
        _balancer.ExpectMsg<MemoryReport>();
        _directory.Tell(new Watched<Address>.Down("no answer", IsRefused: false));
        _directory.Tell(new Watched<Address>.Skipped("b2", "it is not JSON"));
        for (var sequence = 2; sequence <= 12; sequence++)
        {
            await PassAsync(reporter, Heartbeat);
            Assert.Equal((Worker, sequence), Parts(_balancer.ExpectMsg<MemoryReport>()));
        }
    }

    [Fact]
    public async Task A_directory_that_is_empty_for_once_does_not_end_the_reports()
    {
        var reporter = Start(Here);
        _balancer.ExpectMsg<MemoryReport>();
        _directory.Tell(new Watched<Address>.Known(0, []));
        await PassAsync(reporter, Heartbeat);
        Assert.Equal((Worker, 2L), Parts(_balancer.ExpectMsg<MemoryReport>()));
    }

    [Fact]
    public async Task Stopped_it_ends_its_subscription()
    {
        var reporter = Start(Here);
        await Settled(reporter);
        Watch(reporter);
        Sys.Stop(reporter);
        ExpectTerminated(reporter);
        Assert.True(_directory.IsEnded);
    }

    [Fact]
    public async Task A_measure_that_fails_once_does_not_set_the_sequence_back()
    {
        var reporter = Start(Here);
        await PassAsync(reporter, Heartbeat);
        Assert.Equal(2, _balancer.ReceiveN(2).Cast<MemoryReport>().Last().Sequence);
        _isUnreadable = true;
        await PassAsync(reporter, Heartbeat);
        _isUnreadable = false;
        await PassAsync(reporter, Heartbeat);
        Assert.True(_balancer.ExpectMsg<MemoryReport>().Sequence > 2);
    }

    [Fact]
    public async Task The_log_says_each_minute_what_was_finished_and_nothing_when_nothing_was()
    {
        var lines = CreateTestProbe();
        Sys.EventStream.Subscribe(lines, typeof(Info));
        var reporter = Start(Here);
        Assert.Empty(await SummariesAsync());
        _finished += 3;
        Assert.Equal(["this worker finished 3 jobs in the last minute; jobs in flight: 4; resident memory: 0 MiB"], await SummariesAsync());
        _finished += 1;
        Assert.Equal(["this worker finished 1 job in the last minute; jobs in flight: 4; resident memory: 0 MiB"], await SummariesAsync());

        // A line is published before its actor handles another message.
        async Task<IEnumerable<string>> SummariesAsync()
        {
            await PassAsync(reporter, ReporterCore.SummaryInterval);
            var said = new List<string>();
            while (lines.HasMessages)
            {
                said.Add(lines.ExpectMsg<Info>().Message.ToString()!);
            }

            return said.Where(line => line.StartsWith("this worker finished", StringComparison.Ordinal));
        }
    }

    private IActorRef Start(params Address[] balancers)
    {
        _directory.Addresses = balancers;
        return Sys.ActorOf(MemoryReporter.Props(Worker, new MemoryReporterSettings(
            Heartbeat, _directory, () => _isUnreadable ? throw new IOException("gone") : new MemoryUse(11, 22, 33),
            () => new GateLoad(new JobCounts(9, 4), 3), _clock, () => _finished)));
    }

    private static (WorkerKey, long) Parts(MemoryReport report) => (report.Worker, report.Sequence);

    private async Task PassAsync(IActorRef reporter, TimeSpan time)
    {
        await Settled(reporter);
        Advance(time);
        await Settled(reporter);
    }

    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef to) => ReceiveAny(to.Forward);
    }

    private sealed class Directory : IBalancerDirectory, IAsyncDisposable
    {
        private Action<Watched<Address>> _tell = _ => { };

        public IReadOnlyList<Address> Addresses { get; set; } = [];

        public bool IsInOrder => false;

        public bool IsEnded { get; private set; }

        public IAsyncDisposable Subscribe(Action<Watched<Address>> tell)
        {
            _tell = tell;
            Tell(new Watched<Address>.Known(0, Addresses));
            return this;
        }

        public void Tell(Watched<Address> news) => _tell(news);

        public ValueTask DisposeAsync()
        {
            IsEnded = true;
            return ValueTask.CompletedTask;
        }
    }
}
