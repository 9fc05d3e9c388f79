using Akka.Actor;

namespace AkkaLb.Worker.Tests;

public sealed class InstanceThreadsTests
{
    private const int Threads = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_throws_on_a_thread_ends_neither_it_nor_the_process()
    {
        using var system = ActorSystem.Create("threads", BalancedWorkerOptions.Dispatcher("some.threads", 1).WithFallback("akka.loglevel = OFF"));
        system.Dispatchers.Lookup("some.threads").Schedule(() => throw new InvalidOperationException("nobody catches this"));
        using var alone = new Barrier(1);
        var actor = system.ActorOf(Props.Create(() => new Waiting(alone)).WithDispatcher("some.threads"));
        Assert.True((await actor.Ask<(bool IsMet, string Thread)>("go on", Patience)).IsMet);
        await system.Terminate();
    }

    [Fact]
    public async Task As_many_blocking_actors_work_at_once_as_there_are_threads_though_they_are_told_in_a_burst()
    {
        using var all = new Barrier(Threads);
        using var system = ActorSystem.Create("threads", BalancedWorkerOptions.Dispatcher("some.threads", Threads));
        var actors = Enumerable.Range(0, Threads)
            .Select(i => system.ActorOf(Props.Create(() => new Waiting(all)).WithDispatcher("some.threads")))
            .ToList();
        var met = await Task.WhenAll(actors.Select(actor => actor.Ask<(bool IsMet, string Thread)>("all of you", 2 * Patience)));
        Assert.All(met, m => Assert.True(m.IsMet, "not all of them were at work at once"));
        Assert.Equal(Threads, met.Select(m => m.Thread).Distinct().Count());
        Assert.All(met, m => Assert.StartsWith("some.threads_", m.Thread, StringComparison.Ordinal));
        await system.Terminate();
    }

    private sealed class Waiting : ReceiveActor
    {
        public Waiting(Barrier all) => ReceiveAny(_ => Sender.Tell((all.SignalAndWait(Patience), Thread.CurrentThread.Name ?? "")));
    }
}
