using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using Akka.TestKit;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Tests.Support;

namespace AkkaLb.Client.Tests;

/// <summary>Arranges a client; the test is the balancer and the workers' gates.</summary>
public abstract class ClientKit : VirtualTimeKit
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, IActorRef> _gates = new();
    private readonly Dictionary<WorkerKey, TestProbe> _probes = [];
    private IActorRef? _clientActor;

    protected ClientKit()
        : base(config: SystemConfig.Remoting("127.0.0.1", 0))
    {
        Balancer = CreateTestProbe();
        BalancerActor = StartBalancer();
        Client = BalancedClient.On(
            Sys, new BalancedClientOptions
            {
                Balancers = new FixedBalancers([((ExtendedActorSystem)Sys).Provider.DefaultAddress]),
                ResolveGate = path => _gates[path],
            });
    }

    protected static WorkerKey A { get; } = new("a", 1);

    protected static WorkerKey B { get; } = new("b", 2);

    protected BalancedClient Client { get; }

    protected TestProbe Balancer { get; }

    protected IActorRef BalancerActor { get; }

    protected IActorRef ClientActor => _clientActor!;

    protected static Address AddressOf(WorkerKey worker) => NodeAddress.Of("127.0.0.1", (int)worker.Incarnation);

    protected IActorRef StartBalancer() => Sys.ActorOf(Props.Create(() => new Relay(Balancer)), "balancer");

    protected Task<JobRun> Run(bool isIdempotent = false, double seconds = 60) => Client.RunAsync(
        "job", new JobOptions { IsIdempotent = isIdempotent, Deadline = TimeSpan.FromSeconds(seconds) });

    protected Assign ExpectAssign()
    {
        var assign = Balancer.ExpectMsg<Assign>();
        _clientActor = Balancer.LastSender;
        return assign;
    }

    /// <summary>Answers the next request with a worker, whose gate is returned.</summary>
    protected TestProbe Assign(WorkerKey worker)
    {
        if (!_probes.TryGetValue(worker, out var gate))
        {
            _probes.Add(worker, gate = CreateTestProbe());
        }

        Answer(ExpectAssign(), worker, new FakeGate(Sys, AddressOf(worker), gate));
        return gate;
    }

    protected void Answer(Assign assign, WorkerKey worker, IActorRef gate) =>
        ClientActor.Tell(new Assigned(assign.RequestId, [new AssignedWorker(worker, PathOf(gate), TakesCancel: true)], "pick-first"), BalancerActor);

    /// <summary>The client makes this very gate of it again. The last one at a path counts.</summary>
    private string PathOf(IActorRef gate)
    {
        var path = gate.Path.ToSerializationFormatWithAddress(((ExtendedActorSystem)Sys).Provider.DefaultAddress);
        _gates[path] = gate;
        return path;
    }

    protected void Reject(AssignRejectReason reason, TimeSpan retryAfter)
    {
        var assign = ExpectAssign();
        ClientActor.Tell(new AssignRejected(assign.RequestId, reason, "no", retryAfter), BalancerActor);
    }

    protected void Done(Job job, long number) => ClientActor.Tell(
        new JobDone(job.Id, job.Attempt, Payloads.Wrap((ExtendedActorSystem)Sys, number, 10_000)), ActorRefs.NoSender);

    protected void Connect(WorkerKey worker) =>
        Sys.EventStream.Publish(new AssociatedEvent(NodeAddress.Of("127.0.0.1", 4), AddressOf(worker), inbound: false));

    protected void LoseConnection(WorkerKey worker)
    {
        Connect(worker);
        Sys.EventStream.Publish(new DisassociatedEvent(NodeAddress.Of("127.0.0.1", 4), AddressOf(worker), inbound: false));
    }

    protected void NeverSent(Job job) => Sys.EventStream.Publish(new DeadLetter(job, ClientActor, Sys.DeadLetters));

    /// <summary>A batch that was never sent.</summary>
    protected void NeverSent(params Job[] jobs)
    {
        var serializer = (WireSerializer)Sys.Serialization.FindSerializerForType(typeof(Batch));
        var batch = new Batch([.. jobs.Select(job => serializer.TryPack(job)!.Value)]);
        Sys.EventStream.Publish(new DeadLetter(batch, ClientActor, Sys.DeadLetters));
    }

    protected async Task PassAsync(TimeSpan time)
    {
        await Settled(ClientActor);
        Advance(time);
        await Settled(ClientActor);
    }

    protected static async Task<JobOutcome.Failed> FailedAsync(Task<JobRun> run) =>
        Assert.IsType<JobOutcome.Failed>((await run.WaitAsync(TimeSpan.FromSeconds(20))).Outcome);

    protected async Task<(WorkerKey Worker, long Number, int Sends)> DoneAsync(Task<JobRun> run)
    {
        var done = Assert.IsType<JobOutcome.Done>((await run.WaitAsync(TimeSpan.FromSeconds(20))).Outcome);
        return (done.Worker, Client.Read<long>(done), done.Sends);
    }

    protected sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef to) => ReceiveAny(to.Forward);
    }
}
