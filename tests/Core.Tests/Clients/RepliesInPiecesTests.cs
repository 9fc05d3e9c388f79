using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>A client whose jobs are answered in pieces.</summary>
public class RepliesInPiecesTests
{
    private const int Large = 100_000;

    private static readonly AssignedWorker W1 = new(Key("w1"), "akka.tcp://AkkaLb@w1:1/user/worker#1", TakesCancel: true);

    private readonly Dictionary<JobId, ReplyTally> _sent = [];
    private ClientDriver _client = new(ClientSettings.Default, 1, new Random(1));
    private TimeSpan _now = S(10);

    /// <summary>As it was said last.</summary>
    private long _upTo;

    [Fact]
    public void The_pieces_of_a_message_become_its_reply()
    {
        var job = Submit();
        Assert.Equal(["take 1"], Piece(job, Bytes(Large, 1), length: (2 * Large) + 7));
        Assert.Empty(Piece(job, Bytes(Large, 2)));
        Assert.Empty(Piece(job, Bytes(7, 3)));
        var done = Assert.IsType<JobOutcome.Done>(Ended(End(job)));
        Assert.Equal(("of the message", 5), (done.Reply.Manifest, done.Reply.SerializerId));
        Assert.Equal((byte[])[.. Bytes(Large, 1), .. Bytes(Large, 2), .. Bytes(7, 3)], done.Reply.Data.ToArray());
        AssertNothingIsKept();
    }

    [Fact]
    public void More_is_taken_when_half_of_it_has_come()
    {
        var job = Submit();
        Piece(job, Bytes(Large, 0), length: 20 * Large);
        var cost = (long)Large + 256;
        for (var i = 2; i <= 6; i++)
        {
            Assert.Empty(Piece(job, Bytes(Large, 0)));
        }

        Assert.Equal(["take 1"], Piece(job, Bytes(Large, 0)));
        Assert.Equal((7 * cost) + ReplyTally.Window, _upTo);
    }

    [Fact]
    public void A_piece_that_was_not_asked_for_loses_the_reply()
    {
        Roomy(1 << 20);
        Piece(Submit(), Bytes(Large, 0), length: 1 << 20);
        var second = Submit();
        Assert.Empty(Piece(second, Bytes(Large, 0), length: 2 * Large));
        var effects = Piece(second, Bytes(Large, 0));
        Assert.Equal(["cancel 2", "WorkerLost: more of its reply came than was asked for"], effects);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_missing_or_repeated_piece_loses_the_reply(int number)
    {
        var job = Submit();
        Piece(job, Bytes(10, 0), length: 30);
        Assert.Equal(
            ["cancel 1", "WorkerLost: piece 2 of its reply is missing"],
            Do(new ReplyPiece(job, 1, number, new Payload(0, "", Bytes(10, 0)))));
        AssertNothingIsKept();
    }

    [Fact]
    public void A_reply_that_is_longer_than_was_said_is_lost()
    {
        var job = Submit();
        Piece(job, Bytes(10, 0), length: 15);
        Assert.Equal(["cancel 1", "WorkerLost: its reply is longer than was said"], Piece(job, Bytes(6, 0)));
    }

    [Fact]
    public void Pieces_of_a_message_and_of_a_stream_do_not_belong_together()
    {
        var job = Submit(wantsStream: true);
        Piece(job, Bytes(10, 0));
        Assert.Equal(["cancel 1", "WorkerLost: the pieces of its reply do not belong together"], Piece(job, Bytes(10, 0), length: 20));
    }

    [Fact]
    public void A_job_that_takes_no_pieces_loses_a_reply_that_comes_in_them()
    {
        var job = Submit(replyBytesMax: 0);
        Assert.Equal(
            ["cancel 1", "WorkerLost: its reply came in pieces, which it does not take"], Piece(job, Bytes(10, 0), length: 20));
        job = Submit();
        Assert.Equal(["cancel 2", "WorkerLost: its reply came in pieces, which it does not take"], Piece(job, Bytes(10, 0)));
    }

    [Fact]
    public void A_reply_above_what_the_caller_takes_fails_at_its_first_piece()
    {
        var job = Submit(replyBytesMax: 20);
        var effects = Do(new ReplyPiece(job, 1, 1, new Payload(0, "", Bytes(10, 0)), 21));
        Assert.Equal(["cancel 1", "WorkerFailed: its reply takes 21 bytes, and its caller takes at most 20"], effects);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    public void A_reply_that_is_not_what_was_sent_is_lost(int pieces, ulong change)
    {
        var job = Submit();
        Piece(job, Bytes(10, 0), length: 10);
        var end = new ReplyEnd(pieces, _sent[job].End.Hash + change);
        Assert.Equal(["WorkerLost: its reply did not arrive whole"], Do(new JobDone(job, 1, Payload.None, default, end)));
    }

    [Fact]
    public void A_lost_reply_of_a_job_that_may_run_twice_is_asked_for_again_from_its_beginning()
    {
        var job = Submit(isIdempotent: true);
        Piece(job, Bytes(10, 0), length: 30);
        SendAgain(job);
        _sent.Clear();
        // What is left of the first attempt means nothing.
        Assert.Empty(Do(new ReplyPiece(job, 1, 2, new Payload(0, "", Bytes(10, 0)))));
        Assert.Empty(Do(new JobDone(job, 1, Payload.None, default, new ReplyEnd(2, 7))));
        Piece(job, Bytes(10, 0), length: 30, attempt: 2);
        Piece(job, Bytes(20, 0), attempt: 2);
        Assert.IsType<JobOutcome.Done>(Ended(End(job, attempt: 2)));
    }

    [Fact]
    public void Messages_of_a_stream_are_told_as_they_come_and_more_is_taken_as_they_are_used_up()
    {
        var job = Submit(wantsStream: true);
        Assert.Equal(["item of 100000 bytes", "take 1"], Piece(job, Bytes(Large, 0)));
        var cost = (long)Large + 256;
        for (var i = 2; i <= 11; i++)
        {
            Assert.Equal(["item of 100000 bytes"], Piece(job, Bytes(Large, 0)));
        }

        Assert.Empty(Do(new ClientInput.Used(job, 5 * cost)));
        Assert.Equal(["take 1"], Do(new ClientInput.Used(job, 6 * cost)));
        Assert.Equal((6 * cost) + ReplyTally.Window, _upTo);
        Assert.Empty(Do(new ClientInput.Used(job, 5 * cost)));
        Assert.IsType<JobOutcome.Done>(Ended(End(job)));
        Assert.Empty(Do(new ClientInput.Used(job, 11 * cost)));
    }

    [Fact]
    public void One_message_is_a_stream_of_one()
    {
        var job = Submit(wantsStream: true);
        Assert.Equal(["item of 3 bytes", "done"], Print(Handle(new JobDone(job, 1, new Payload(0, "", Bytes(3, 0))))));
        job = Submit(wantsStream: true);
        Piece(job, Bytes(Large, 0), length: Large + 1);
        Piece(job, Bytes(1, 0));
        Assert.Equal(["item of 100001 bytes", "done"], Print(End(job)));
    }

    [Fact]
    public void A_stream_may_be_empty_and_a_message_may_not()
    {
        Assert.Equal(["done"], Print(End(Submit(wantsStream: true))));
        Assert.Equal(["WorkerLost: its reply did not arrive whole"], Print(End(Submit())));
    }

    [Fact]
    public void A_stream_whose_messages_have_begun_to_come_is_not_tried_again()
    {
        var job = Submit(isIdempotent: true, wantsStream: true);
        Piece(job, Bytes(10, 0));
        Assert.StartsWith("WorkerLost", Assert.Single(Do(new JobFailed(job, 1, JobFailureReason.Drained, "", "it left"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Replies_wait_for_room_in_their_turn()
    {
        Roomy(12 * Large);
        var jobs = new[] { Submit(), Submit(), Submit(), Submit() };
        Assert.Equal(["take 1"], Piece(jobs[0], Bytes(10, 0), length: 8 * Large));
        Assert.Empty(Piece(jobs[2], Bytes(10, 0), length: 8 * Large));
        // The older one goes first, and the youngest waits behind both though there is room for that one.
        Assert.Empty(Piece(jobs[1], Bytes(10, 0), length: 8 * Large));
        Assert.Empty(Piece(jobs[3], Bytes(10, 0), length: 20));
        Assert.Equal(["Cancelled: its caller cancelled it", "cancel 1", "take 2"], Do(new ClientInput.Cancel(jobs[0])).Order());
        Assert.Equal(["cancel 2", "take 3", "take 4"], Do(new ClientInput.Cancel(jobs[1])).Order().Skip(1));
    }

    [Fact]
    public void A_job_whose_reply_waits_for_room_in_vain_says_so()
    {
        Roomy(1 << 20);
        Piece(Submit(wantsStream: true), Bytes(10, 0));
        Piece(Submit(), Bytes(10, 0), length: 20);
        _now += S(1000);
        Assert.Equal(
            [
                "DeadlineExceeded: its reply waited for room until the deadline (akkalb.client.replies-bytes-max)",
                "DeadlineExceeded: no answer before the deadline",
            ],
            Do(Core.Machines.Tick.Instance).Where(text => text.StartsWith("Deadline", StringComparison.Ordinal)).Order());
        AssertNothingIsKept();
    }

    [Fact]
    public void A_reply_that_is_larger_than_all_the_room_fails_at_its_first_piece()
    {
        Roomy(1 << 20);
        Assert.Equal(
            [
                "cancel 1",
                "WorkerFailed: its reply takes 1048577 bytes, and all replies of this client may take 1048576 together "
                    + "(akkalb.client.replies-bytes-max)",
            ],
            Piece(Submit(), Bytes(10, 0), length: (1 << 20) + 1));
    }

    [Fact]
    public void When_an_earlier_attempt_answers_the_one_that_sends_pieces_is_told_and_a_stream_that_has_begun_takes_no_other_answer()
    {
        var job = Submit(isIdempotent: true);
        SendAgain(job);
        Piece(job, Bytes(10, 0), length: 30, attempt: 2);
        Assert.Equal(["cancel 1", "done"], Do(new JobDone(job, 1, new Payload(0, "", Bytes(3, 0)))));

        var stream = Submit(isIdempotent: true, wantsStream: true);
        SendAgain(stream);
        Piece(stream, Bytes(10, 0), attempt: 2);
        Assert.Empty(Do(new JobDone(stream, 1, new Payload(0, "", Bytes(3, 0)))));
        Assert.IsType<JobOutcome.Done>(Ended(End(stream, attempt: 2)));
    }

    [Fact]
    public void A_worker_that_sends_pieces_is_told_of_a_cancellation_though_the_balancer_knows_nothing_of_that()
    {
        var job = Submit(target: W1 with { TakesCancel = false });
        Piece(job, Bytes(10, 0), length: 30);
        Assert.Contains("cancel 1", Do(new ClientInput.Cancel(job)));
    }

    [Fact]
    public void How_much_is_taken_is_said_again_for_as_long_as_the_reply_lasts()
    {
        var (first, second) = (Submit(), Submit());
        Piece(first, Bytes(10, 0), length: 20);
        Piece(second, Bytes(10, 0), length: 20);
        _now += S(5);
        Assert.Equal(["take 1", "take 2"], Do(Core.Machines.Tick.Instance));
        Assert.Empty(Do(Core.Machines.Tick.Instance));
        Do(new ClientInput.Cancel(first));
        _now += S(5);
        Assert.Equal(["take 2"], Do(Core.Machines.Tick.Instance));
        Do(new ClientInput.Cancel(second));
        _now += S(5);
        Assert.Empty(Do(Core.Machines.Tick.Instance));
    }

    [Fact]
    public void A_client_that_closes_tells_workers_that_nobody_waits()
    {
        var job = Submit();
        Piece(job, Bytes(10, 0), length: 20);
        Assert.Equal(["Closed: the client stopped while it was in flight", "cancel 1"], Do(new ClientInput.Close()).Order());
        AssertNothingIsKept();
    }

    private void AssertNothingIsKept()
    {
        _client.Close(_now);
        Assert.True(_client.IsEmpty);
    }

    private void Roomy(long room) => _client = new(ClientSettings.Default with { RepliesBytesMax = room }, 1, new Random(1));

    /// <summary>Its first attempt is lost, and the second is out.</summary>
    private void SendAgain(JobId job)
    {
        Do(new JobFailed(job, 1, JobFailureReason.Drained, "", "it left"));
        _now += S(1);
        var request = Requests(Handle(Core.Machines.Tick.Instance)).Single();
        Assert.Equal(2, Handle(new Assigned(request, [W1], "round-robin")).OfType<ClientEffect.ToGate>().Single().Job.Attempt);
    }

    private static IEnumerable<long> Requests(List<ClientEffect> effects) =>
        effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>().Select(m => m.RequestId);

    private JobId Submit(
        bool isIdempotent = false, int replyBytesMax = 1 << 30, bool wantsStream = false, AssignedWorker? target = null)
    {
        _client.BalancerFound(_now);
        var effects = Handle(new ClientInput.Submit(
            "job", new Payload(0, "", default), isIdempotent, S(1000), ReplyBytesMax: replyBytesMax, WantsStream: wantsStream));
        var sent = Handle(new Assigned(Requests(effects).Single(), [target ?? W1], "round-robin")).OfType<ClientEffect.ToGate>().Single().Job;
        Assert.Equal((replyBytesMax, wantsStream), (sent.ReplyBytesMax, sent.WantsStream));
        return sent.Id;
    }

    private List<string> Piece(JobId job, byte[] bytes, int length = 0, int attempt = 1)
    {
        var tally = _sent.TryGetValue(job, out var known) ? known : _sent[job] = new ReplyTally();
        var number = tally.Next;
        var piece = new Payload(5, number == 1 ? "of the message" : "", bytes);
        tally.Add(piece);
        return Do(new ReplyPiece(job, attempt, number, piece, length));
    }

    private List<ClientEffect> End(JobId job, int attempt = 1) =>
        Handle(new JobDone(job, attempt, Payload.None, default, (_sent.GetValueOrDefault(job) ?? new ReplyTally()).End));

    private static JobOutcome Ended(List<ClientEffect> effects) => effects.OfType<ClientEffect.Finish>().Single().Outcome;

    private List<string> Do(object input) => Print(Handle(input));

    private List<ClientEffect> Handle(object input)
    {
        _client.Handle(input, _now);
        List<ClientEffect> effects = [.. _client.Effects];
        _client.Effects.Clear();
        _upTo = effects.OfType<ClientEffect.TellGate>().Select(e => e.Message).OfType<TakeReply>().LastOrDefault()?.UpTo ?? _upTo;
        return effects;
    }

    private static List<string> Print(List<ClientEffect> effects) =>
    [
        .. effects.Select(effect => effect switch
        {
            ClientEffect.TellGate { Message: TakeReply m } => FormattableString.Invariant($"take {m.Id.Sequence}"),
            ClientEffect.TellGate { Message: CancelJob m } => FormattableString.Invariant($"cancel {m.Id.Sequence}"),
            ClientEffect.StreamItem m => FormattableString.Invariant($"item of {m.Message.Data.Length} bytes"),
            ClientEffect.Finish { Outcome: JobOutcome.Failed m } => $"{m.Error}: {m.Cause}",
            ClientEffect.Finish => "done",
            _ => "",
        }).Where(text => text.Length > 0),
    ];

    private static byte[] Bytes(int count, byte value) => [.. Enumerable.Repeat(value, count)];
}
