using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Tests.Support;

namespace AkkaLb.WorkerNode.Tests;

/// <summary>The test's own system has a balancer; a second one stands elsewhere, over loopback.</summary>
public class MemoryReporterTests : VirtualTimeKit
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    private static readonly WorkerKey Worker = new("w", 7);

    private readonly TestProbe _balancer;
    private readonly Directory _directory = new();
    private readonly IActorRef _relay;
    private bool _isUnreadable;

    public MemoryReporterTests()
        : base(config: SystemConfig.Remoting("127.0.0.1", 0))
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
        Assert.Equal(new MemoryReport(Worker, 1, Heartbeat, 11, 22, 33, 4, report.UnixTimeMs), report);
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
    public async Task A_directory_that_can_change_is_read_anew_every_few_heartbeats()
    {
        _directory.CanChange = true;
        var reporter = Start();
        await PassAsync(reporter, Heartbeat);
        Assert.False(_balancer.HasMessages);

        _directory.Addresses = [Here];
        for (var i = 0; i <= MemoryReporter.HeartbeatsPerReading; i++)
        {
            await PassAsync(reporter, Heartbeat);
        }

        _balancer.ExpectMsg<MemoryReport>();
        Assert.InRange(_directory.Readings, 3, 5);
    }

    [Fact]
    public async Task A_listed_directory_is_read_once()
    {
        var reporter = Start(Here);
        for (var i = 0; i < 3 * MemoryReporter.HeartbeatsPerReading; i++)
        {
            await PassAsync(reporter, Heartbeat);
        }

        Assert.Equal(1, _directory.Readings);
    }

    [Fact]
    public async Task While_the_directory_cannot_be_read_the_known_balancers_get_their_reports()
    {
        _directory.CanChange = true;
        var reporter = Start(Here);
        _balancer.ExpectMsg<MemoryReport>();
        _directory.Fault = new RegistryUnavailableException("no answer");
        for (var sequence = 2; sequence <= 12; sequence++)
        {
            await PassAsync(reporter, Heartbeat);
            Assert.Equal((Worker, sequence), Parts(_balancer.ExpectMsg<MemoryReport>()));
        }
    }

    [Fact]
    public async Task A_directory_that_is_empty_for_once_does_not_end_the_reports()
    {
        _directory.CanChange = true;
        var reporter = Start(Here);
        _balancer.ExpectMsg<MemoryReport>();
        _directory.Addresses = [];
        for (var sequence = 2; sequence <= 12; sequence++)
        {
            await PassAsync(reporter, Heartbeat);
            Assert.Equal((Worker, sequence), Parts(_balancer.ExpectMsg<MemoryReport>()));
        }
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

    private IActorRef Start(params Address[] balancers)
    {
        _directory.Addresses = balancers;
        return Sys.ActorOf(MemoryReporter.Props(Worker, new MemoryReporterSettings(
            Heartbeat, _directory, () => _isUnreadable ? throw new IOException("gone") : new MemoryUse(11, 22, 33), () => 4, TimeProvider.System)));
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

    private sealed class Directory : IBalancerDirectory
    {
        public bool CanChange { get; set; }

        public IReadOnlyList<Address> Addresses { get; set; } = [];

        public Exception? Fault { get; set; }

        public int Readings { get; private set; }

        public Task<IReadOnlyList<Address>> ReadAsync(CancellationToken cancellationToken)
        {
            Readings++;
            return Fault is { } fault ? Task.FromException<IReadOnlyList<Address>>(fault) : Task.FromResult(Addresses);
        }
    }
}
