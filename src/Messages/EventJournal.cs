using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Machines;

namespace AkkaLb.Messages;

/// <summary>The newest sentences that the parts of a balancer have told the operator, in order. Each actor system has one. Thread-safe.</summary>
public sealed class EventJournal : IExtension
{
    private readonly Lock _lock = new();
    private readonly BalancerEvent[] _events = new BalancerEvent[GetBalancerEvents.CountMax];
    private readonly DateTimeOffset _begun;
    private long _latest;

    /// <param name="now">When it begins.</param>
    internal EventJournal(DateTimeOffset now) => _begun = InMilliseconds(now);

    /// <summary>The one of an actor system.</summary>
    public static EventJournal Of(ActorSystem system) => system.WithExtension<EventJournal, Provider>();

    /// <summary>Keeps a sentence, and forgets the oldest one when it keeps too many.</summary>
    public void Add(DateTimeOffset now, NoteLevel level, string text)
    {
        var line = OneLine.Of(text, BalancerEvent.TextLengthMax);
        lock (_lock)
        {
            _latest++;
            _events[_latest % _events.Length] = new BalancerEvent(_latest, InMilliseconds(now), level, line);
        }
    }

    /// <summary>What somebody asks for.</summary>
    /// <param name="bytesMax">How much room the answer has; one event always fits.</param>
    public BalancerEvents Read(GetBalancerEvents question, int bytesMax = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(question);
        var events = new List<BalancerEvent>();
        lock (_lock)
        {
            var after = question.After > _latest ? 0 : question.After;
            var (bytes, end) = (0L, Math.Min(_latest, Math.Max(after, _latest - _events.Length) + question.Count));
            for (var number = Math.Max(after, _latest - _events.Length) + 1; number <= end; number++)
            {
                var next = _events[number % _events.Length];
                bytes += next.BytesMax;
                if (events.Count > 0 && bytes > bytesMax)
                {
                    break;
                }

                events.Add(next);
            }

            return new BalancerEvents(_begun, _latest, events);
        }
    }

    /// <summary>As it is told to others: whoever compares must find what it was told.</summary>
    private static DateTimeOffset InMilliseconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private sealed class Provider : ExtensionIdProvider<EventJournal>
    {
        public override EventJournal CreateExtension(ExtendedActorSystem system) => new(system.Scheduler.Now);
    }
}
