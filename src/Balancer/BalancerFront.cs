using System.Diagnostics;
using Akka.Actor;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clusters;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Balancer;

/// <summary>Stands at <c>/user/balancer</c> on every node of a cluster of balancers and passes questions on to the one that decides: shell of a
/// <see cref="FrontCore"/>.</summary>
/// <remarks>Answers go straight to whoever asked. The deciding balancer of its own process hears through it of workers and memory
/// reports.</remarks>
public sealed class BalancerFront : MachineShell<FrontEffect>
{
    private readonly IActorRef _proxy;
    private readonly Action<IActorRef> _register;
    private IActorRef? _local;

    public BalancerFront(string id, string policy, IActorRef proxy, Action<IActorRef> register)
        : base(new FrontCore(id, policy), EventJournal.Of(Context.System))
    {
        (_proxy, _register) = (proxy, register);
        Serving();
    }

    /// <param name="id">The balancer's name in the registry, for its state only.</param>
    /// <param name="policy">Its policy, for its state only.</param>
    /// <param name="proxy">Knows where the singleton is; must not keep messages back.</param>
    /// <param name="register">Makes a deciding balancer of this process known to cluster clients.</param>
    public static Props Props(string id, string policy, IActorRef proxy, Action<IActorRef> register) =>
        Akka.Actor.Props.Create(() => new BalancerFront(id, policy, proxy, register));

    protected override void PreStart() => Step(new FrontInput.Start());

    protected override void Perform(FrontEffect effect)
    {
        switch (effect)
        {
            case FrontEffect.ToLocal e:
                _local?.Forward(e.Message);
                break;
            case FrontEffect.ToDecider e:
                _proxy.Forward(e.Message);
                break;
            case FrontEffect.Answer e:
                Sender.Tell(e.Message);
                break;
            case FrontEffect.AskWho:
                _proxy.Tell(WhoDecides.Instance);
                break;
            case FrontEffect.Note e:
                Note(e.Text, e.Level);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Serving()
    {
        Input<Assign>();
        Input<MemoryReport>();
        Input<Finished>();
        Input<WorkerUnreachable>();
        Input<Watched<Member>.Known>();
        Input<Watched<OverrideSight>.Known>();
        Input<GetBalancerState>();
        Input<GetDecisions>();
        Receive<Decides>(m => Step(new FrontInput.Decided(m.Term, WhereIs(Sender))));
        Receive<DecidingHere>(_ => OnDecidingHere());
        Receive<Terminated>(m => m.ActorRef.Equals(_local), _ =>
        {
            _local = null;
            Step(new FrontInput.LocalEnded());
        });
        Receive<Terminated>(_ => { });
        Receive<StopAssigning>(_ =>
        {
            Step(new FrontInput.Stop());
            Sender.Tell(Stopped.Instance);
        });
    }

    private void OnDecidingHere()
    {
        _local = Sender;
        Context.Watch(Sender);
        _register(Sender);
        Step(new FrontInput.LocalDecides());

        // The answer comes here and is passed on, like every change behind it: nothing is missed or overtaken.
        Context.ActorSelection($"/user/{EtcdWatcherActor.ActorName}").Tell(GetWorkers.Instance);
    }

    private static string WhereIs(IActorRef balancer) =>
        balancer.Path.Address.HasLocalScope ? "this balancer" : $"the balancer at {balancer.Path.Address}";
}
