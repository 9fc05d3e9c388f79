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
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(20);

    /// <summary>Goes over everything.</summary>
    private static readonly Config Clock = ConfigurationFactory.ParseString(
        $"akka.scheduler.implementation = \"{typeof(VirtualScheduler).AssemblyQualifiedName}\"");

    private static readonly Config Virtual = ConfigurationFactory.ParseString(
        $$"""
        akka.loglevel = WARNING
        akka.test.single-expect-default = {{SettleMax.TotalSeconds}}s
        """);

    protected VirtualTimeKit(UserMessages? messages = null, Config? config = null, ITestOutputHelper? output = null)
        : base(Setup(messages ?? UserMessages.None, config ?? Config.Empty), SystemConfig.SystemName, output)
    {
    }

    /// <summary>Moves the clock and delivers what is due. Every actor below <c>/user</c> has started and handled what it was sent before, so that
    /// its timers stand; what is still on its way through a task is not waited for.</summary>
    protected void Advance(TimeSpan time)
    {
        // Twice: one that was asked may have been sent something by one that was asked behind it.
        for (var round = 0; round < 2; round++)
        {
            foreach (var actor in Below(((ExtendedActorSystem)Sys).Guardian).ToList())
            {
                Settled(actor).GetAwaiter().GetResult();
            }
        }

        ((VirtualScheduler)Sys.Scheduler).Advance(time);
    }

    /// <summary>Completes when the actor has handled everything it was sent before this call.</summary>
    /// <exception cref="TimeoutException">It has not after 20 s of real time.</exception>
    protected static Task Settled(IActorRef actor) => actor.Ask<ActorIdentity>(new Identify(nameof(Settled))).WaitAsync(SettleMax);

    private static IEnumerable<IActorRef> Below(IActorRef parent) =>
        parent is ActorRefWithCell cell ? cell.Children.SelectMany(child => Below(child).Prepend(child)) : [];

    private static ActorSystemSetup Setup(UserMessages messages, Config config) => ActorSystemSetup.Empty
        .And(BootstrapSetup.Create().WithConfig(Clock.WithFallback(config).WithFallback(Virtual).WithFallback(SystemConfig.Serialization)))
        .And(messages.ToSetup());
}
