using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;

namespace AkkaLb.Remoting;

/// <summary>Starts top-level actors, of a program or of a part of one, and tells when one of them has ended. Without it the program would live on and
/// do nothing for anybody.</summary>
/// <remarks>Only actors of this process are watched. The end of the whole system is nobody's trouble and is not told. Thread-safe.</remarks>
internal sealed class TopActors : IExtension
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);
    private static long _count;

    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ExtendedActorSystem _system;
    private readonly IActorRef _watcher;
    private readonly ConcurrentStack<IActorRef> _started = new();

    private TopActors(ExtendedActorSystem system, string whose)
    {
        _system = system;
        _watcher = system.SystemActorOf(Props.Create(() => new Watcher(_ended, whose)), $"akkalb-top-actors-{Interlocked.Increment(ref _count)}");

        // Before any actor is started, so that its first failure is heard.
        system.EventStream.Subscribe(_watcher, typeof(Error));
    }

    /// <summary>Completed, with a sentence for the operator, when the first of the actors has ended.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>The one of the program that the actor system belongs to.</summary>
    public static TopActors Of(ActorSystem system) => system.WithExtension<TopActors, Provider>();

    /// <summary>One for a part of what lives in the actor system; <see cref="StopAllAsync"/> ends it.</summary>
    /// <param name="whose">What does nothing useful without the actors.</param>
    public static TopActors For(ExtendedActorSystem system, string whose) => new(system, whose);

    /// <summary>Starts an actor below <c>/user</c> that this program cannot do without.</summary>
    /// <param name="props">Of the actor.</param>
    /// <param name="name">Its name; null: any.</param>
    public IActorRef Start(Props props, string? name)
    {
        var actor = _system.ActorOf(props, name);
        _watcher.Tell(new Watch(actor));
        _started.Push(actor);
        return actor;
    }

    /// <summary>Stops them all, whose end is no news, and waits for each, 3 s at most. The first one ends last: the others speak to it.</summary>
    public async Task StopAllAsync()
    {
        while (_started.TryPop(out var actor))
        {
            await StopAsync(actor).ConfigureAwait(false);
        }

        _system.Stop(_watcher);
    }

    private async Task StopAsync(IActorRef actor)
    {
        _watcher.Tell(new Unwatch(actor));
        _system.Stop(actor);
        using var over = new CancellationTokenSource(StopPatience, TimeProvider.System);
        try
        {
            await actor.WatchAsync(over.Token).ConfigureAwait(false);

            // Its parent hears of the end beside us, and only then may another actor have the name.
            while (_system.Guardian is ActorRefWithCell parent && !parent.GetSingleChild(actor.Path.Name).IsNobody())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, over.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // It ends when it gets to it.
        }
    }

    /// <summary>Sends an actor a last request and waits for its answer, for its end or for the time to pass, whichever comes first: on the way
    /// out there is nothing left to do about the other two.</summary>
    public static async Task AskLastAsync(IActorRef actor, object message, TimeSpan timeout)
    {
        using var over = new CancellationTokenSource(timeout, TimeProvider.System);
        var answer = actor.Ask<object>(message, Timeout.InfiniteTimeSpan, over.Token);
        var end = actor.WatchAsync(over.Token);
        await Task.WhenAny(answer, end).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Makes the one of an actor system.</summary>
    private sealed class Provider : ExtensionIdProvider<TopActors>
    {
        public override TopActors CreateExtension(ExtendedActorSystem system) => new(system, "this program");
    }

    private sealed record Watch(IActorRef Actor) : INoSerializationVerificationNeeded;

    private sealed record Unwatch(IActorRef Actor) : INoSerializationVerificationNeeded;

    private sealed class Watcher : ReceiveActor
    {
        /// <summary>A program has fewer top-level actors than this; in an application's own system the others' failures are nobody's news
        /// here.</summary>
        private const int FailuresMax = 100;

        /// <summary>The last failure of each actor below <c>/user</c>, by its path. One that cannot be created fails before it can be
        /// watched.</summary>
        private readonly Dictionary<string, string> _failures = new(StringComparer.Ordinal);

        public Watcher(TaskCompletionSource<string> ended, string whose)
        {
            Receive<Watch>(m => Context.Watch(m.Actor));
            Receive<Unwatch>(m => Context.Unwatch(m.Actor));

            // A supervisor logs why it stops an actor, and nothing else tells the cause.
            Receive<Error>(m =>
            {
                if (m.Cause is { } cause && IsTopLevel(m.LogSource) && (_failures.Count < FailuresMax || _failures.ContainsKey(m.LogSource)))
                {
                    _failures[m.LogSource] = Describe(cause);
                }
            });
            Receive<Terminated>(m =>
            {
                if (CoordinatedShutdown.Get(Context.System).ShutdownReason is null)
                {
                    var why = _failures.TryGetValue(m.ActorRef.Path.ToString(), out var failure)
                        ? $"its last failure was {failure}"
                        : "nothing in this process says why";
                    ended.TrySetResult($"the actor {m.ActorRef.Path.ToStringWithoutAddress()} has ended, and {whose} does nothing useful "
                        + $"without it; {why}");
                }
            });
        }

        private static bool IsTopLevel(string path) => ActorPath.TryParse(path, out var actor) && actor.Elements is ["user", _];

        /// <summary>An actor that could not be created says so, and has the true reason inside.</summary>
        private static string Describe(Exception cause)
        {
            var reason = cause.GetBaseException();
            return $"{reason.GetType().Name}: {reason.Message}";
        }
    }
}
