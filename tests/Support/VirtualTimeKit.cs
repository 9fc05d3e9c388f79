using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using AkkaLb.Messages;
using Xunit.Abstractions;

namespace AkkaLb.Tests.Support;

/// <summary>A test with an actor system that has AkkaLb's serializers and whose time moves only by <see cref="Advance"/>.</summary>
public abstract class VirtualTimeKit : TestKit
{
    private static readonly Config Virtual = ConfigurationFactory.ParseString(
        $$"""
        akka.scheduler.implementation = "{{typeof(VirtualScheduler).AssemblyQualifiedName}}"
        akka.loglevel = WARNING
        """);

    protected VirtualTimeKit(UserMessages? messages = null, Config? config = null, ITestOutputHelper? output = null)
        : base(Setup(messages ?? UserMessages.None, config ?? Config.Empty), SystemConfig.SystemName, output)
    {
    }

    /// <summary>Moves the clock and delivers what is due. A timer that an actor has not set yet cannot be: <see cref="Settled"/> first.</summary>
    protected void Advance(TimeSpan time) => ((VirtualScheduler)Sys.Scheduler).Advance(time);

    /// <summary>Completes when the actor has handled everything it was sent before this call.</summary>
    protected static Task Settled(IActorRef actor) => actor.Ask<ActorIdentity>(new Identify(nameof(Settled)), TimeSpan.FromSeconds(10));

    private static ActorSystemSetup Setup(UserMessages messages, Config config) => ActorSystemSetup.Empty
        .And(BootstrapSetup.Create().WithConfig(config.WithFallback(Virtual).WithFallback(SystemConfig.Serialization)))
        .And(messages.ToSetup());
}
