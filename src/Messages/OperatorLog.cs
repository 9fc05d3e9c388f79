using Akka.Actor;
using Akka.Event;
using AkkaLb.Core.Machines;

namespace AkkaLb.Messages;

/// <summary>What a part of a balancer tells the operator goes to the log, and is kept in the journal of its actor system. Thread-safe.</summary>
/// <param name="log">For the sentences.</param>
/// <param name="journal">Keeps them; null: nothing does.</param>
/// <param name="clock">For the time at which they are kept.</param>
public sealed class OperatorLog(ILoggingAdapter log, EventJournal? journal, ITimeProvider clock)
{
    /// <summary>The log and the journal of an actor system.</summary>
    /// <param name="source">Who speaks.</param>
    public static OperatorLog Of(ActorSystem system, Type source)
    {
        ArgumentNullException.ThrowIfNull(system);
        return new OperatorLog(Logging.GetLogger(system, source), EventJournal.Of(system), system.Scheduler);
    }

    /// <summary>Tells a sentence.</summary>
    /// <param name="cause">For the log alone; null: there is none.</param>
    public void Note(NoteLevel level, string text, Exception? cause = null)
    {
        journal?.Add(clock.Now, level, text);
        log.Log(
            level switch
            {
                NoteLevel.Info => LogLevel.InfoLevel,
                NoteLevel.Warning => LogLevel.WarningLevel,
                NoteLevel.Error => LogLevel.ErrorLevel,
            },
            cause,
            "{0}",
            text);
    }
}
