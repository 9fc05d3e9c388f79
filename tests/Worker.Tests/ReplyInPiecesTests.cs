using System.Runtime.CompilerServices;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Messages;

namespace AkkaLb.Worker.Tests;

/// <summary>Replies that a gate sends in pieces; the test takes them.</summary>
public class ReplyInPiecesTests : GateKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ReplyTally _came = new();

    [Fact]
    public void A_large_reply_comes_in_pieces_as_far_as_they_are_taken()
    {
        var gate = Gate();
        var text = new string('x', 1_000_000) + "end";
        Start(gate, job => job with { ReplyBytesMax = 2_000_000 }).Tell(new Did(text));
        var first = ExpectPiece();
        Assert.InRange(first.Length, 1_000_000, 1_000_100);
        var bytes = first.Piece.Data.ToArray().ToList();
        while (bytes.Count < first.Length)
        {
            // Each time one more: a sender that went on by itself would send more than the numbers that are expected.
            Take(gate, _came.Cost + 1);
            bytes.AddRange(ExpectPiece().Piece.Data.ToArray());
        }

        var done = ExpectDone(1);
        Assert.Equal((_came.End, 0, 1L), (done.End!.Value, done.Counts.InFlight, done.Counts.Accepted));
        var reply = (Did)Payloads.Unwrap((ExtendedActorSystem)Sys, first.Piece with { Data = bytes.ToArray() });
        Assert.Equal(text, reply.Text);
        Assert.Equal([$"{done.Id} 1 done"], Ledger.Lines);
    }

    [Fact]
    public void A_reply_that_fits_comes_as_ever()
    {
        var gate = Gate();
        Start(gate, job => job with { ReplyBytesMax = 2_000_000, WantsStream = true }).Tell(new Did("small"));
        var done = ExpectDone(1);
        Assert.Equal(("small", null), (ReplyIn(done), done.End));
    }

    [Theory]
    [InlineData(0, "(akka.remote.dot-netty.tcp.maximum-frame-size)")]
    [InlineData(150_000, "at most 150000 can be sent (ReplyBytesMax of the job)")]
    public void A_reply_above_what_its_client_takes_fails(int replyBytesMax, string named)
    {
        var gate = Gate();
        gate.Tell(Job(1, Act.ReplyHuge) with { ReplyBytesMax = replyBytesMax }, TestActor);
        Assert.Contains(named, ExpectFailed(1, JobFailureReason.UnsendableReply).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reply_above_what_its_worker_sends_fails()
    {
        var gate = Sys.ActorOf(WorkerGate.Props(ScriptedWorker.Props(Observer), new GateSettings(1, 1) { ReplyBytesMax = 150_000 }));
        gate.Tell(Job(1, Act.ReplyHuge) with { ReplyBytesMax = 2_000_000 }, TestActor);
        Assert.Contains(
            "at most 150000 can be sent (akkalb.worker.reply-bytes-max, GateSettings.ReplyBytesMax)",
            ExpectFailed(1, JobFailureReason.UnsendableReply).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_makes_its_messages_as_they_are_taken_and_the_instance_does_the_next_job_meanwhile()
    {
        var gate = Gate(capacity: 2);
        var source = new Source();
        Start(gate, Streamed).Tell(ReplyStream.Of(source.Messages()));
        Assert.Equal("message 1", Text(ExpectPiece()));
        Assert.Equal(1, source.Made);

        gate.Tell(Job(2, Act.Reply, "next"), TestActor);
        Assert.Equal("next", ReplyIn(ExpectDone(2)));
        gate.Tell(Job(3, Act.KeepSilent), TestActor);
        gate.Tell(Job(4, Act.Reply), TestActor);
        ExpectRejected(4, JobRejectReason.OverCapacity);

        Take(gate, _came.Cost + 1);
        Assert.Equal("message 2", Text(ExpectPiece()));
        source.End();
        Take(gate, _came.Cost + 1);
        Assert.Equal(new ReplyEnd(2, _came.End.Hash), ExpectDone(1).End);
        await source.Disposed.WaitAsync(Patience);
    }

    [Fact]
    public void An_empty_stream_is_done()
    {
        var source = new Source();
        source.End();
        Start(Gate(), Streamed).Tell(ReplyStream.Of(source.Messages()));
        Assert.Equal(new ReplyTally().End, ExpectDone(1).End);
    }

    [Fact]
    public void A_stream_of_bytes_has_arrays_of_one_length_and_the_rest()
    {
        var gate = Gate();
        var bytes = Enumerable.Range(0, 250).Select(i => (byte)i).ToArray();
        Start(gate, Streamed).Tell(ReplyStream.Of(new MemoryStream(bytes), pieceBytes: 100));
        Take(gate, ReplyTally.Window);
        var pieces = Enumerable.Range(0, 3).Select(_ => (byte[])Payloads.Unwrap((ExtendedActorSystem)Sys, ExpectPiece().Piece)).ToList();
        Assert.Equal([100, 100, 50], pieces.Select(p => p.Length));
        Assert.Equal(bytes, pieces.SelectMany(p => p));
        ExpectDone(1);
    }

    [Fact]
    public void What_a_stream_throws_is_the_jobs_failure()
    {
        var gate = Gate();
        Start(gate, Streamed).Tell(ReplyStream.Of(new Source().Messages(failAt: 2)));
        ExpectPiece();
        Take(gate, ReplyTally.Window);
        Assert.Equal("no such luck", ExpectFailed(1, JobFailureReason.Failure).Text);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
    }

    [Fact]
    public void A_message_of_a_stream_that_cannot_be_sent_fails_it()
    {
        var gate = Gate();
        Start(gate, Streamed).Tell(ReplyStream.Of(Unlisted()));
        ExpectFailed(1, JobFailureReason.UnsendableReply);

        static async IAsyncEnumerable<object> Unlisted()
        {
            await Task.Yield();
            yield return new Unlisted();
        }
    }

    [Fact]
    public void A_stream_to_who_wants_one_message_fails()
    {
        Start(Gate(), job => job).Tell(ReplyStream.Of(new Source().Messages()));
        Assert.Contains("the client wants one message", ExpectFailed(1, JobFailureReason.UnsendableReply).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_nobody_takes_are_closed()
    {
        var gate = Gate(capacity: 3, instances: 3);
        var (refused, late, cancelled, unseen) = (new Bytes(), new Bytes(), new Bytes(), new Bytes());
        Start(gate, job => job).Tell(ReplyStream.Of(refused));
        await refused.Disposed.WaitAsync(Patience);
        ExpectFailed(1, JobFailureReason.UnsendableReply);

        gate.Tell(Streamed(Job(2, Act.KeepSilent)), TestActor);
        var client = Observer.ExpectMsg<Seen>().Client;
        client.Tell(new Did("first"));
        client.Tell(ReplyStream.Of(late));
        ExpectDone(2);
        await late.Disposed.WaitAsync(Patience);

        gate.Tell(Streamed(Job(3, Act.KeepSilent)), TestActor);
        client = Observer.ExpectMsg<Seen>().Client;
        gate.Tell(new CancelJob(new JobId(1, 3), 1), TestActor);
        await Settled(gate);
        client.Tell(ReplyStream.Of(cancelled));
        await cancelled.Disposed.WaitAsync(Patience);

        // Told and not seen by the gate when the job has its answer: the gate stops between the two.
        var reply = new JobReply(
            ((ExtendedActorSystem)Sys).Provider,
            new JobContext((ExtendedActorSystem)Sys, Job(4, Act.Reply), default, span: null, ActorRefs.Nobody, token: 4),
            (message, _) => new ReplyContent.Streamed((ReplyStream)message!), ActorRefs.Nobody, 4, ActorRefs.Nobody, new Identify("idle"));
        reply.Tell(ReplyStream.Of(unseen));
        reply.End(isGivenUp: true);
        await unseen.Disposed.WaitAsync(Patience);
    }

    [Fact]
    public void A_jobs_sender_has_a_path_as_soon_as_somebody_asks_for_it_and_until_the_job_has_its_answer()
    {
        var (early, late) = (Reply(), Reply());

        var path = early.Path;
        Assert.Same(early, ReferenceAt(path));
        Assert.Same(path, early.Path);
        early.End(isGivenUp: false);
        late.End(isGivenUp: false);

        Assert.NotSame(early, ReferenceAt(path));
        Assert.NotSame(late, ReferenceAt(late.Path));

        JobReply Reply() => new(
            ((ExtendedActorSystem)Sys).Provider, new JobContext((ExtendedActorSystem)Sys, Job(1, Act.Reply), default, null, ActorRefs.Nobody, 1),
            (_, _) => ReplyContent.Nothing, ActorRefs.Nobody, 1, ActorRefs.Nobody, new Identify(1));

        IActorRef ReferenceAt(ActorPath at) => ((ExtendedActorSystem)Sys).Provider.ResolveActorRef(at);
    }

    [Fact]
    public void A_reply_asks_its_instance_for_the_gate_when_that_is_through_with_the_message_that_it_was_handling()
    {
        var (instance, gate, question) = (new Recorder(Sys), CreateTestProbe(), new Identify("through"));
        IActorRef reply = new JobReply(
            ((ExtendedActorSystem)Sys).Provider, new JobContext((ExtendedActorSystem)Sys, Job(1, Act.Reply), default, null, gate, 1),
            (_, _) => ReplyContent.Nothing, gate, 1, instance, question);

        reply.Tell("done");
        gate.ExpectMsg<WorkerGate.ReplyCame>();
        var (first, asker) = Assert.Single(instance.Told);
        // It is through: what it told itself behind the reply is in front of the next question.
        asker.Tell(new ActorIdentity(((Identify)first).MessageId, instance));

        Assert.Equal((question, gate.Ref), instance.Told[1]);
        Assert.False(gate.HasMessages);
    }

    [Fact]
    public void A_stream_that_is_told_twice_to_one_job_is_sent_once()
    {
        var gate = Gate();
        var client = Start(gate, Streamed);
        var stream = ReplyStream.Of(new MemoryStream([1, 2, 3]));
        client.Tell(stream);
        client.Tell(stream);
        ExpectPiece();
        Take(gate, ReplyTally.Window);
        Assert.Equal(1, ExpectDone(1).End!.Value.Pieces);
    }

    [Fact]
    public async Task A_client_that_takes_everything_gets_a_window_at_a_time()
    {
        var (gate, source) = (Gate(capacity: 2), new Source());
        Start(gate, Streamed).Tell(ReplyStream.Of(source.Messages(bytes: 50_000)));
        ExpectPiece();
        Take(gate, long.MaxValue / 2);
        for (var cost = 0L; cost < ReplyTally.Window; cost = _came.Cost)
        {
            ExpectPiece();
        }

        // It waits: what it makes next comes behind the next word of its client, and behind this.
        await Settled(gate);
        gate.Tell(Job(2, Act.Reply), TestActor);
        FishForMessage<JobDone>(done => done.Id.Sequence == 2);
        Assert.InRange(source.Made * 50_000L, ReplyTally.Window, 2 * ReplyTally.Window);
    }

    [Fact]
    public void A_stream_is_the_reply_to_one_job()
    {
        var gate = Gate(capacity: 2, instances: 2);
        var stream = ReplyStream.Of(new MemoryStream());
        Start(gate, Streamed).Tell(stream);
        ExpectDone(1);
        gate.Tell(Streamed(Job(2, Act.KeepSilent)), TestActor);
        Observer.ExpectMsg<Seen>().Client.Tell(stream);
        Assert.Contains("another's already", ExpectFailed(2, JobFailureReason.Failure).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_stream_ends_without_a_word_and_its_place_is_free()
    {
        var gate = Gate(capacity: 1, queue: 1);
        var source = new Source();
        Start(gate, Streamed).Tell(ReplyStream.Of(source.Messages()));
        ExpectPiece();
        gate.Tell(new CancelJob(new JobId(1, 1), 1), TestActor);
        await source.Disposed.WaitAsync(Patience);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
    }

    [Fact]
    public async Task A_stream_whose_maker_waits_is_told_that_nobody_wants_the_rest()
    {
        var (gate, source) = (Gate(), new Source());
        Start(gate, Streamed).Tell(ReplyStream.Of(source.Messages(waitAt: 2)));
        ExpectPiece();
        Take(gate, ReplyTally.Window);
        gate.Tell(new StartDrain(TimeSpan.FromSeconds(5)), TestActor);
        Advance(TimeSpan.FromSeconds(5));
        ExpectFailed(1, JobFailureReason.Drained);
        await source.Disposed.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_30_s_loses_its_reply()
    {
        var (gate, source) = (Gate(), new Source());
        Start(gate, Streamed).Tell(ReplyStream.Of(source.Messages()));
        ExpectPiece();
        await Settled(gate);
        Advance(TimeSpan.FromSeconds(29));
        Take(gate, 1);
        await Settled(gate);
        Advance(TimeSpan.FromSeconds(29));
        // Answered behind the timer: the reply has not been given up.
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
        Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("for 30 s", ExpectFailed(1, JobFailureReason.UnsendableReply).Text, StringComparison.Ordinal);
        await source.Disposed.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_stream_may_take_long_to_make_its_first_message()
    {
        var gate = Gate();
        Start(gate, Streamed).Tell(ReplyStream.Of(new Source().Messages(waitAt: 1)));
        await Settled(gate);
        Advance(TimeSpan.FromSeconds(40));
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
    }

    [Fact]
    public async Task Only_the_jobs_client_takes_its_reply()
    {
        var (gate, source) = (Gate(), new Source());
        Start(gate, Streamed).Tell(ReplyStream.Of(source.Messages()));
        ExpectPiece();
        gate.Tell(new TakeReply(new JobId(1, 1), 1, long.MaxValue / 2), CreateTestProbe());
        gate.Tell(new TakeReply(new JobId(1, 1), 2, long.MaxValue / 2), TestActor);
        await Settled(gate);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectDone(2);
        // What is made next is the answer to this, and there is one more of it.
        Take(gate, _came.Cost + 1);
        Assert.Equal("message 2", Text(ExpectPiece()));
        Assert.Equal(2, source.Made);
    }

    [Fact]
    public async Task An_iterator_that_ignores_its_token_keeps_its_place_until_it_ends_and_the_worker_says_so()
    {
        var (gate, source) = (Gate(capacity: 1, abilityListener: Observer), new Source());
        Observer.ExpectMsg<GateAbility>();
        using var held = new ManualResetEventSlim();
        Start(gate, Streamed).Tell(ReplyStream.Of(source.Messages(blockOn: held)));
        await source.Blocking.WaitAsync(Patience);
        gate.Tell(new CancelJob(new JobId(1, 1), 1), TestActor);
        await Settled(gate);
        Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("given up and do not end", Observer.ExpectMsg<GateAbility>().Trouble, StringComparison.Ordinal);
        gate.Tell(Job(2, Act.Reply), TestActor);
        ExpectRejected(2, JobRejectReason.Unable);
        held.Set();
        Assert.Null(Observer.ExpectMsg<GateAbility>().Trouble);
        gate.Tell(Job(3, Act.Reply), TestActor);
        ExpectDone(3);
    }

    [Fact]
    public async Task What_makes_a_stream_runs_on_the_threads_of_the_instances()
    {
        var (gate, source) = (Gate(dispatcher: "instances"), new Source());
        source.End();
        Start(gate, Streamed).Tell(ReplyStream.Of(source.Messages()));
        ExpectDone(1);
        Assert.Contains("instances", await source.Thread.WaitAsync(Patience), StringComparison.Ordinal);
    }

    private static Job Streamed(Job job) => job with { WantsStream = true };

    private IActorRef Start(IActorRef gate, Func<Job, Job> with)
    {
        gate.Tell(with(Job(1, Act.KeepSilent)), TestActor);
        return Observer.ExpectMsg<Seen>().Client;
    }

    private ReplyPiece ExpectPiece()
    {
        var piece = ExpectMsg<ReplyPiece>();
        Assert.Equal((new JobId(1, 1), 1, _came.Next), (piece.Id, piece.Attempt, piece.Number));
        _came.Add(piece.Piece);
        return piece;
    }

    private void Take(IActorRef gate, long upTo) => gate.Tell(new TakeReply(new JobId(1, 1), 1, upTo), TestActor);

    private string Text(ReplyPiece piece) => ((Did)Payloads.Unwrap((ExtendedActorSystem)Sys, piece.Piece)).Text;

    private sealed class Bytes : MemoryStream
    {
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Disposed => _disposed.Task;

        public override ValueTask DisposeAsync()
        {
            _disposed.TrySetResult();
            return base.DisposeAsync();
        }
    }

    private sealed class Source
    {
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _blocking = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<string> _thread = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isOver;

        public int Made { get; private set; }

        public Task Disposed => _disposed.Task;

        public Task Blocking => _blocking.Task;

        /// <summary>Where the first message was made.</summary>
        public Task<string> Thread => _thread.Task;

        public void End() => _isOver = true;

        public async IAsyncEnumerable<Did> Messages(
            int failAt = 0, int waitAt = 0, int bytes = 0, ManualResetEventSlim? blockOn = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            _thread.TrySetResult(System.Threading.Thread.CurrentThread.Name ?? "");
            if (blockOn is not null)
            {
                _blocking.TrySetResult();
                blockOn.Wait(Patience, CancellationToken.None);
            }

            try
            {
                for (var number = 1; !_isOver; number++)
                {
                    if (number == failAt)
                    {
                        throw new InvalidOperationException("no such luck");
                    }

                    if (number == waitAt)
                    {
                        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                    }

                    Made++;
                    yield return new Did($"message {number}{new string('.', bytes)}");
                }
            }
            finally
            {
                _disposed.TrySetResult();
            }
        }
    }

    /// <summary>Keeps what it is told.</summary>
    private sealed class Recorder(ActorSystem system) : MinimalActorRef
    {
        public List<(object Message, IActorRef Sender)> Told { get; } = [];

        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "recorder";

        public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

        protected override void TellInternal(object message, IActorRef sender) => Told.Add((message, sender));
    }
}
