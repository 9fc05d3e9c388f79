using Akka.Actor;
using Akka.Remote;
using Akka.TestKit;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;

namespace AkkaLb.Client.Tests;

/// <summary>A client and two balancers, one in the test's own system and one elsewhere, over loopback. Virtual time passes only by a millisecond
/// after a loss: what comes then comes at once, and not with the next probe.</summary>
public sealed class FailOverTests : VirtualTimeKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ActorSystem _elsewhere;
    private readonly TestProbe _first;
    private readonly TestProbe _second;
    private readonly IActorRef _firstBalancer;
    private readonly IActorRef _secondBalancer;
    private readonly Directory _directory = new();
    private readonly WorkerKey _worker = new("w", 1);
    private BalancedClient? _client;

    public FailOverTests()
        : base(config: SystemConfig.Remoting("127.0.0.1", 0))
    {
        (_first, _second) = (CreateTestProbe(), CreateTestProbe());
        _elsewhere = ActorSystem.Create(
            SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));
        _firstBalancer = Sys.ActorOf(Props.Create(() => new Relay(_first)), "balancer");
        _secondBalancer = _elsewhere.ActorOf(Props.Create(() => new Relay(_second)), "balancer");
    }

    private Address Here => AddressOf(Sys);

    private Address There => AddressOf(_elsewhere);

    public enum Loss
    {
        Connection,
        Stopping,
        Unanswered,
        LeftTheRegistry,
    }

    [Theory]
    [InlineData(Loss.Connection)]
    [InlineData(Loss.Stopping)]
    [InlineData(Loss.Unanswered)]
    [InlineData(Loss.LeftTheRegistry)]
    public async Task A_lost_balancer_is_left_for_the_next_at_once_and_its_open_requests_are_asked_there(Loss loss)
    {
        Start(isInOrder: true, There, Here);
        var run = _client!.AssignAsync(1, TimeSpan.FromSeconds(60));
        var assign = await _second.ExpectMsgAsync<Assign>(Patience);
        var client = _second.LastSender;
        switch (loss)
        {
            case Loss.Connection:
                Sys.EventStream.Publish(new DisassociatedEvent(Here, There, inbound: false));
                break;
            case Loss.Stopping:
                client.Tell(new AssignRejected(assign.RequestId, AssignRejectReason.Stopping, "no", TimeSpan.FromSeconds(30)), _secondBalancer);
                break;
            case Loss.Unanswered:
                await PassAsync(client, ClientSettings.Default.AssignTimeout);
                await _second.ExpectMsgAsync<Assign>(Patience);
                await PassAsync(client, ClientSettings.Default.AssignTimeout);
                break;
            case Loss.LeftTheRegistry:
                _directory.Tell(new Watched<Address>.Known(0, [Here]));
                break;
        }

        await PassAsync(client, TimeSpan.FromMilliseconds(1));
        var again = await _first.ExpectMsgAsync<Assign>(Patience);
        var gate = new AssignedWorker(_worker, Akka.Serialization.Serialization.SerializedActorPath(_first.Ref));
        client.Tell(new Assigned(again.RequestId, [gate], "pick-first"), _firstBalancer);
        Assert.Equal(_worker, Assert.IsType<JobOutcome.Picked>((await run.WaitAsync(Patience)).Outcome).Workers.Single().Worker);
    }

    [Fact]
    public async Task A_client_sticks_to_its_balancer_whoever_else_comes_or_goes()
    {
        Start(isInOrder: false, Here);
        _ = _client!.AssignAsync(1, TimeSpan.FromSeconds(60));
        _first.ExpectMsg<Assign>();
        var client = _first.LastSender;
        foreach (var news in new Watched<Address>[]
        {
            new Watched<Address>.Known(0, [There, Here]),
            new Watched<Address>.Down("etcd is away", IsRefused: false),
            new Watched<Address>.Known(0, []),
            new Watched<Address>.Up(),
            new Watched<Address>.Known(0, [Here]),
        })
        {
            _directory.Tell(news);
            await PassAsync(client, TimeSpan.FromMilliseconds(1));
            _ = _client.AssignAsync(1, TimeSpan.FromSeconds(60));
            _first.ExpectMsg<Assign>();
        }

        Assert.False(_second.HasMessages);
    }

    [Fact]
    public async Task A_balancer_that_comes_back_elsewhere_is_found_there()
    {
        Start(isInOrder: false, Here);
        _ = _client!.AssignAsync(1, TimeSpan.FromSeconds(60));
        _first.ExpectMsg<Assign>();
        _directory.Tell(new Watched<Address>.Known(0, []));
        _directory.Tell(new Watched<Address>.Known(0, [There]));
        await PassAsync(_first.LastSender, TimeSpan.FromMilliseconds(1));
        await _second.ExpectMsgAsync<Assign>(Patience);
    }

    [Fact]
    public void Clients_of_unordered_balancers_spread_and_those_of_a_list_begin_with_its_first()
    {
        // Each client draws where it begins from a seed of its own; 20 of them all begin at one of the two in one run of half a million.
        Assert.Equal(2, FirstsOf(isInOrder: false).Distinct().Count());
        Assert.All(FirstsOf(isInOrder: true), first => Assert.Equal(_first, first));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _elsewhere.Terminate().Wait(Patience);
    }

    private static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    private async Task PassAsync(IActorRef client, TimeSpan time)
    {
        await Settled(client);
        Advance(time);
        await Settled(client);
    }

    private void Start(bool isInOrder, params Address[] addresses)
    {
        (_directory.IsInOrder, _directory.Addresses) = (isInOrder, addresses);
        _client = BalancedClient.On(Sys, new BalancedClientOptions { Balancers = _directory });
    }

    private IEnumerable<TestProbe> FirstsOf(bool isInOrder)
    {
        for (var i = 0; i < 20; i++)
        {
            Start(isInOrder, Here, There);
            _ = _client!.AssignAsync(1, TimeSpan.FromSeconds(60));
            Assert.True(SpinWait.SpinUntil(() => _first.HasMessages || _second.HasMessages, Patience), "no balancer was asked");
            var first = _first.HasMessages ? _first : _second;
            first.ExpectMsg<Assign>();
            yield return first;
        }
    }

    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef to) => ReceiveAny(to.Forward);
    }

    private sealed class Directory : IBalancerDirectory
    {
        private Action<Watched<Address>> _tell = _ => { };

        public bool IsInOrder { get; set; }

        public IReadOnlyList<Address> Addresses { get; set; } = [];

        public IAsyncDisposable Subscribe(Action<Watched<Address>> tell)
        {
            _tell = tell;
            Tell(new Watched<Address>.Known(0, Addresses));
            return new FixedBalancers([]).Subscribe(_ => { });
        }

        public void Tell(Watched<Address> news) => _tell(news);
    }
}
