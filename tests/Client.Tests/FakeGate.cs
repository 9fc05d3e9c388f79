using Akka.Actor;

namespace AkkaLb.Client.Tests;

/// <summary>A reference to a gate at an address of the test's choice; what it is told goes to a probe.</summary>
/// <param name="answersIdentify">Whether it says that it is there when it is asked; if not, the probe gets an <see cref="Asked"/>.</param>
internal sealed class FakeGate(ActorSystem system, Address address, IActorRef probe, bool answersIdentify = true) : MinimalActorRef
{
    public override ActorPath Path { get; } = (new RootActorPath(address) / "user" / "worker").WithUid(1);

    public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

    protected override void TellInternal(object message, IActorRef sender) =>
        probe.Tell(message is Identify question && !answersIdentify ? new Asked(question.MessageId) : message, sender);

    internal sealed record Asked(object Question);
}
