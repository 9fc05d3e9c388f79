using Akka.Actor;

namespace AkkaLb.ClientNode.Tests;

/// <summary>A reference to a gate at an address of the test's choice; what it is told goes to a probe.</summary>
internal sealed class FakeGate(ActorSystem system, Address address, IActorRef probe) : MinimalActorRef
{
    public override ActorPath Path { get; } = (new RootActorPath(address) / "user" / "worker").WithUid(1);

    public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

    protected override void TellInternal(object message, IActorRef sender) => probe.Tell(message, sender);
}
