using Akka.Actor;
using AkkaLb.BuiltInJobs.Words;

namespace AkkaLb.BuiltInJobs;

/// <summary>The worker actor of a node whose operator names none: counts words, and makes load of several kinds.</summary>
/// <remarks>An ordinary actor: it answers its sender and knows nothing of jobs and gates. What it cannot do is answered with
/// <see cref="Status.Failure"/>.</remarks>
public sealed class BuiltInWorker : ReceiveActor, IWithTimers
{
    /// <summary>The largest bound of a <see cref="PrimesJob"/>: 50 million, about a quarter of a second and 3 MiB.</summary>
    public const int PrimesBelowMax = 50_000_000;

    /// <summary>The most that a <see cref="HoldJob"/> holds: 64 GiB.</summary>
    public const int HoldMebibytesMax = 64 * 1024;

    /// <summary>The longest <see cref="SpinJob"/>: nobody can take a thread back from it before it is over.</summary>
    public static readonly TimeSpan SpinMax = TimeSpan.FromMinutes(10);

    /// <summary>The longest wait of any job.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromHours(24);

    private readonly IScheduler _clock = Context.System.Scheduler;
    private readonly Dictionary<long, HeldMemory> _memory = [];
    private long _lastKey;

    public BuiltInWorker()
    {
        Receive<WordsJob>(m => Within(m.Pace, WaitMax, () => CountWords(m)));
        Receive<SpinJob>(m => Within(m.Duration, SpinMax, () => Sender.Tell(new NumberResult(Computations.Spin(m.Duration)))));
        Receive<PrimesJob>(CountPrimes);
        Receive<SleepJob>(m => Within(m.Duration, WaitMax, () => AnswerAfter(m.Duration, new NumberResult((long)m.Duration.TotalMilliseconds))));
        Receive<HoldJob>(m => Within(m.Duration, WaitMax, () => Hold(m)));
        Receive<Due>(OnDue);
        ReceiveAny(m => Fail($"the built-in worker knows no {m.GetType()}; name an actor that does under akkalb.worker.actor"));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props() => Akka.Actor.Props.Create<BuiltInWorker>();

    // A crash, a missed deadline and the end of the process come by here: memory never outlives the actor.
    protected override void PostStop()
    {
        foreach (var memory in _memory.Values)
        {
            memory.Dispose();
        }
    }

    private void CountWords(WordsJob job)
    {
        var started = _clock.MonotonicClock;
        var result = new WordsResult(WordCounter.Count(job.Text.Span));
        AnswerAfter(job.Pace - (_clock.MonotonicClock - started), result);
    }

    private void CountPrimes(PrimesJob job)
    {
        if (job.Below > PrimesBelowMax)
        {
            Fail($"primes below {job.Below}: at most {PrimesBelowMax}");
            return;
        }

        Sender.Tell(new NumberResult(Computations.PrimesBelow(job.Below)));
    }

    private void Hold(HoldJob job)
    {
        if (job.Mebibytes is < 1 or > HoldMebibytesMax)
        {
            Fail($"hold {job.Mebibytes} MiB: 1 to {HoldMebibytesMax}");
            return;
        }

        var bytes = (long)job.Mebibytes << 20;
        try
        {
            _memory.Add(_lastKey + 1, new HeldMemory(bytes));
        }
        catch (OutOfMemoryException e)
        {
            Sender.Tell(new Status.Failure(new InsufficientMemoryException($"hold {job.Mebibytes} MiB: this machine does not give that much", e)));
            return;
        }

        AnswerAfter(job.Duration, new NumberResult(bytes));
    }

    private void AnswerAfter(TimeSpan wait, object answer)
    {
        var due = new Due(++_lastKey, Sender, answer);
        if (wait <= TimeSpan.Zero)
        {
            OnDue(due);
            return;
        }

        Timers.StartSingleTimer(due.Key, due, wait);
    }

    private void OnDue(Due due)
    {
        if (_memory.Remove(due.Key, out var memory))
        {
            // Before the answer: who has it may look at once.
            memory.Dispose();
        }

        due.Client.Tell(due.Answer);
    }

    private void Within(TimeSpan time, TimeSpan timeMax, Action job)
    {
        if (time < TimeSpan.Zero || time > timeMax)
        {
            Fail($"a time of {time}: zero to {timeMax}");
            return;
        }

        job();
    }

    private void Fail(string text) => Sender.Tell(new Status.Failure(new ArgumentException(text)));

    private sealed record Due(long Key, IActorRef Client, object Answer);
}
