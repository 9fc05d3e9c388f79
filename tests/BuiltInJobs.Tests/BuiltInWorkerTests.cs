using Akka.Actor;
using AkkaLb.Tests.Support;
using AkkaLb.Worker;

namespace AkkaLb.BuiltInJobs.Tests;

/// <summary>They measure the memory of this process, so nothing else may run beside them.</summary>
[CollectionDefinition(nameof(BuiltInWorkerTests), DisableParallelization = true)]
[Collection(nameof(BuiltInWorkerTests))]
public class BuiltInWorkerTests : VirtualTimeKit
{
    private readonly IActorRef _worker;

    public BuiltInWorkerTests() => _worker = Sys.ActorOf(BuiltInWorker.Props());

    [Fact]
    public void Words_are_counted()
    {
        _worker.Tell(new WordsJob("to be or not"u8.ToArray(), TimeSpan.Zero), TestActor);
        Assert.Equal(4, ExpectMsg<WordsResult>().Summary.Words);
    }

    [Fact]
    public async Task A_paced_count_is_answered_when_its_time_is_over()
    {
        _worker.Tell(new WordsJob("to be"u8.ToArray(), TimeSpan.FromSeconds(2)), TestActor);
        await Settled(_worker);
        Advance(TimeSpan.FromSeconds(1.9));
        await Settled(_worker);
        Assert.False(HasMessages);
        Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(2, ExpectMsg<WordsResult>().Summary.Words);
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(9, 4)]
    [InlineData(10, 4)]
    [InlineData(100, 25)]
    [InlineData(1_000_000, 78_498)]
    public void Primes_below_a_bound(int below, int count)
    {
        _worker.Tell(new PrimesJob(below), TestActor);
        Assert.Equal(count, ExpectMsg<NumberResult>().Value);
    }

    [Fact]
    public void Spinning_takes_its_time_and_counts_rounds()
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        _worker.Tell(new SpinJob(TimeSpan.FromMilliseconds(20)), TestActor);
        Assert.True(ExpectMsg<NumberResult>().Value > 0);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task Sleepers_are_answered_when_due_and_keep_no_one_waiting()
    {
        _worker.Tell(new SleepJob(TimeSpan.FromMilliseconds(300)), TestActor);
        _worker.Tell(new SleepJob(TimeSpan.FromMilliseconds(100)), TestActor);
        _worker.Tell(new PrimesJob(10), TestActor);
        Assert.Equal(4, ExpectMsg<NumberResult>().Value);
        await Settled(_worker);
        Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(100, ExpectMsg<NumberResult>().Value);
        Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(300, ExpectMsg<NumberResult>().Value);
    }

    [Fact]
    public async Task Held_memory_is_resident_until_its_time_is_over()
    {
        const long Held = 64L << 20;
        var before = ProcessMemory.Read().ResidentBytes;
        _worker.Tell(new HoldJob(64, TimeSpan.FromSeconds(1)), TestActor);
        await Settled(_worker);
        var during = ProcessMemory.Read().ResidentBytes;
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Held, ExpectMsg<NumberResult>().Value);
        var after = ProcessMemory.Read().ResidentBytes;
        // The rest of the process may move by a little.
        Assert.InRange(during - before, Held - (16L << 20), Held + (32L << 20));
        Assert.InRange(during - after, Held - (16L << 20), Held + (16L << 20));
    }

    [Fact]
    public async Task Held_memory_is_released_when_the_worker_stops()
    {
        _worker.Tell(new HoldJob(64, TimeSpan.FromSeconds(1)), TestActor);
        await Settled(_worker);
        var during = ProcessMemory.Read().ResidentBytes;
        Watch(_worker);
        Sys.Stop(_worker);
        ExpectTerminated(_worker);
        Assert.InRange(during - ProcessMemory.Read().ResidentBytes, 48L << 20, 80L << 20);
    }

    public static TheoryData<object, string> Impossible => new()
    {
        { new PrimesJob(50_000_001), "at most 50000000" },
        { new HoldJob(0, TimeSpan.Zero), "1 to 65536" },
        { new HoldJob(65_537, TimeSpan.Zero), "1 to 65536" },
        { new SpinJob(TimeSpan.FromHours(1)), "00:10:00" },
        { new SleepJob(TimeSpan.FromSeconds(-1)), "a time of" },
        { "hello", "System.String" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void What_it_cannot_do_is_answered_with_a_failure_that_says_so(object message, string said)
    {
        _worker.Tell(message, TestActor);
        Assert.Contains(said, ExpectMsg<Status.Failure>().Cause.Message, StringComparison.Ordinal);
    }
}
