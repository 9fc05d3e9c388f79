using AkkaLb.BuiltInJobs.Words;

namespace AkkaLb.BuiltInJobs;

/// <summary>A built-in job, or the answer to one. Each has a row in <see cref="BuiltInSerializer"/>.</summary>
public interface IBuiltInMessage;

/// <summary>Counts the words of a piece of text as <c>wc -w</c> does; the answer is a <see cref="WordsResult"/>.</summary>
/// <param name="Text">A chunk of a file, cut by <see cref="ChunkSplitter"/>.</param>
/// <param name="Pace">The answer takes at least this long, so that a person can watch; zero: as fast as it goes.</param>
public sealed record WordsJob(ReadOnlyMemory<byte> Text, TimeSpan Pace) : IBuiltInMessage;

/// <summary>Answer to <see cref="WordsJob"/>.</summary>
public sealed record WordsResult(WordSummary Summary) : IBuiltInMessage;

/// <summary>Keeps one processor busy; the answer is a <see cref="NumberResult"/> with the rounds done.</summary>
public sealed record SpinJob(TimeSpan Duration) : IBuiltInMessage;

/// <summary>Counts the primes below a bound; the answer is a <see cref="NumberResult"/>.</summary>
public sealed record PrimesJob(int Below) : IBuiltInMessage;

/// <summary>Waits without using a processor; the answer is a <see cref="NumberResult"/> with the milliseconds asked for.</summary>
public sealed record SleepJob(TimeSpan Duration) : IBuiltInMessage;

/// <summary>Allocates memory, touches every page of it and holds it; the answer is a <see cref="NumberResult"/> with the bytes held.</summary>
public sealed record HoldJob(int Mebibytes, TimeSpan Duration) : IBuiltInMessage;

/// <summary>A number, the answer to most built-in jobs.</summary>
public sealed record NumberResult(long Value) : IBuiltInMessage;
