using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using AkkaLb.Tests.Support;

namespace AkkaLb.Transport.Pipelines.Tests;

/// <summary>What Akka.Remote does is the same whichever transport carries it: both sides standard, both of this package, or one of each.</summary>
public sealed class RemotingBehaviourTests : IAsyncLifetime
{
    private readonly RemotingNodes _nodes = new();

    /// <summary>The first speaks first.</summary>
    public static TheoryData<TransportKind, TransportKind> Pairs => new()
    {
        { TransportKind.Standard, TransportKind.Standard },
        { TransportKind.Pipelines, TransportKind.Pipelines },
        { TransportKind.Pipelines, TransportKind.Standard },
        { TransportKind.Standard, TransportKind.Pipelines },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _nodes.DisposeAsync();

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task First_question_on_a_new_association_is_answered(TransportKind first, TransportKind second)
    {
        var (a, b) = (_nodes.Start(first), _nodes.Start(second));
        b.Echo("echo");

        Assert.Equal("hello", await a.Select(b, "echo").Ask<string>("hello", Transports.Bound));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Messages_of_all_sizes_come_in_order_both_ways(TransportKind first, TransportKind second)
    {
        const int messages = 10_000;
        var (a, b) = (_nodes.Start(first), _nodes.Start(second));
        var (toldA, toldB) = (a.Inbox("inbox").Told, b.Inbox("inbox").Told);
        var (toB, toA) = (await a.FindAsync(b, "inbox"), await b.FindAsync(a, "inbox"));
        var random = new Random(1);
        var sent = Enumerable.Range(0, messages)
            .Select(i => new byte[i % 250 == 0 ? random.Next(127_000) : i % 10 == 0 ? 0 : random.Next(200)]).ToArray();
        Array.ForEach(sent, random.NextBytes);

        foreach (var message in sent)
        {
            toA.Tell(message);
            toB.Tell(message);
        }

        foreach (var message in sent)
        {
            Assert.Equal(message, await toldA.NextAsync());
            Assert.Equal(message, await toldB.NextAsync());
        }
    }

    /// <summary>Sizes within two hundred bytes of the limit, on both sides of it. The last few bytes below it are left out where the standard
    /// transport reads: it refuses frames there that it would send itself, and ends the connection.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Message_above_the_limit_is_dropped_and_the_association_survives(TransportKind first, TransportKind second)
    {
        const int limit = 128_000;
        var (a, b) = (_nodes.Start(first), _nodes.Start(second));
        var told = b.Inbox("inbox").Told;
        var inbox = await a.FindAsync(b, "inbox");
        var (endsOfA, endsOfB) = (a.Events<DisassociatedEvent>(), b.Events<DisassociatedEvent>());
        int[] near = second == TransportKind.Pipelines ? [.. Enumerable.Range(limit - 350, 352)] : [];
        int[] sizes = [limit - 500, limit, limit + 100, 200_000, 2_000_000, .. near];

        foreach (var size in sizes)
        {
            inbox.Tell(new byte[size]);
            inbox.Tell(size);
            var next = await told.NextAsync();
            if (next is byte[] whole)
            {
                Assert.Equal(size, whole.Length);
                Assert.InRange(size, 0, limit - 1);
                next = await told.NextAsync();
            }
            else
            {
                Assert.InRange(size, limit - 349, int.MaxValue);
            }

            Assert.Equal(size, next);
        }

        Assert.Equal((0, 0), (endsOfA.Count, endsOfB.Count));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Watcher_of_another_node_hears_that_the_actor_has_stopped(TransportKind first, TransportKind second)
    {
        var (a, b) = (_nodes.Start(first), _nodes.Start(second));
        var watched = b.Inbox("watched").Ref;
        var seen = await a.FindAsync(b, "watched");
        var told = await a.WatchAsync(b, seen);

        Assert.True(await watched.GracefulStop(Transports.Bound));

        var terminated = await told.NextAsync<Terminated>();
        Assert.Equal((seen, false), (terminated.ActorRef, terminated.AddressTerminated));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Node_that_leaves_in_order_is_told_and_its_successor_at_the_same_address_is_reached(TransportKind first, TransportKind second)
    {
        var port = FreePorts.Take();
        var (a, b) = (_nodes.Start(first), _nodes.Start(second, $"port = {port}"));
        b.Inbox("inbox");
        var inbox = await a.FindAsync(b, "inbox");
        var (told, ends, lost) = (await a.WatchAsync(b, inbox), a.Events<DisassociatedEvent>(), a.Events<DeadLetter>());

        await b.System.Terminate().WaitAsync(Transports.Bound);

        Assert.Equal(inbox, (await told.NextAsync<Terminated>()).ActorRef);
        Assert.Equal(b.Address, (await ends.NextAsync<DisassociatedEvent>()).RemoteAddress);
        inbox.Tell("lost");
        await lost.NextAsync<DeadLetter>(d => d.Message is "lost");

        var successor = _nodes.Start(second, $"port = {port}");
        Assert.NotEqual(AddressUidExtension.Uid(b.System), AddressUidExtension.Uid(successor.System));
        var reached = successor.Inbox("inbox").Told;
        await SendUntilToldAsync(a.Select(successor, "inbox"), reached);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Message_to_a_gated_node_is_a_dead_letter_and_after_the_gate_it_is_dialled_again(TransportKind first, TransportKind second)
    {
        var (a, (b, proxy)) = (_nodes.Start(first), _nodes.StartBehindProxy(second));
        var told = b.Inbox("inbox").Told;
        var inbox = await a.FindAsync(b, "inbox");
        var (ends, lost) = (a.Events<DisassociatedEvent>(), a.Events<DeadLetter>());

        proxy.Cut();
        await ends.NextAsync<DisassociatedEvent>();
        inbox.Tell("lost");
        await lost.NextAsync<DeadLetter>(d => d.Message is "lost");
        proxy.Mend();

        await SendUntilToldAsync(inbox, told);
        Assert.Equal("again", await told.NextAsync());
    }

    /// <summary>It is told when it dials.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Node_that_was_quarantined_is_told_so(TransportKind first, TransportKind second)
    {
        var (a, b) = (_nodes.Start(first), _nodes.Start(second));
        b.Inbox("inbox");
        await a.FindAsync(b, "inbox");
        var (told, quarantined) = (b.Events<ThisActorSystemQuarantinedEvent>(), a.Events<QuarantinedEvent>());

        ((IRemoteActorRefProvider)((ExtendedActorSystem)a.System).Provider).Quarantine(b.Address, AddressUidExtension.Uid(b.System));

        Assert.Equal(b.Address, (await quarantined.NextAsync<QuarantinedEvent>()).Address);
        await SendUntilToldAsync(b.Select(a, "inbox"), told);
        Assert.Equal(a.Address, (await told.NextAsync<ThisActorSystemQuarantinedEvent>()).RemoteAddress);
    }

    /// <summary>What death watch sends is acknowledged, and sent again where the connection was lost on the way.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Death_watch_survives_connections_that_break(TransportKind first, TransportKind second)
    {
        var ((a, proxyOfA), (b, proxyOfB)) = (_nodes.StartBehindProxy(first), _nodes.StartBehindProxy(second));
        var (before, during) = (b.Inbox("before").Ref, b.Inbox("during").Ref);
        var (seenBefore, seenDuring) = (await a.FindAsync(b, "before"), await a.FindAsync(b, "during"));
        var ofBefore = await a.WatchAsync(b, seenBefore);
        var ends = a.Events<DisassociatedEvent>();

        // Into the cut fall the word that one actor has stopped, and the wish to watch the other.
        proxyOfA.Cut();
        proxyOfB.Cut();
        await ends.NextAsync<DisassociatedEvent>();
        Assert.True(await before.GracefulStop(Transports.Bound));
        var ofDuring = a.Watch(seenDuring);
        proxyOfA.Mend();
        proxyOfB.Mend();

        Assert.False((await ofBefore.NextAsync<Terminated>()).AddressTerminated);
        Assert.True(await during.GracefulStop(Transports.Bound));
        Assert.False((await ofDuring.NextAsync<Terminated>()).AddressTerminated);
    }

    /// <summary>Again and again: what is sent to a gated node is lost.</summary>
    private static async Task SendUntilToldAsync(ICanTell to, Told told)
    {
        using var bound = new CancellationTokenSource(Transports.Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (told.Count == 0)
        {
            to.Tell("again", ActorRefs.NoSender);
            await timer.WaitForNextTickAsync(bound.Token);
        }
    }
}
