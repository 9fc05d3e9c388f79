using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Core;
using AkkaLb.Core.Machines;

namespace AkkaLb.Messages.Tests;

/// <summary>A machine that does what it is told: its inputs are the effects to ask for.</summary>
public sealed class MachineShellTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<string> _done = Channel.CreateUnbounded<string>();
    private readonly ActorSystem _system = ActorSystem.Create(
        "shell", ConfigurationFactory.ParseString("akka.loglevel = OFF, akka.stdout-loglevel = OFF").WithFallback(SystemConfig.Serialization));

    private readonly BatchPeer _peer;

    public MachineShellTests() => _peer = new BatchPeer((ExtendedActorSystem)_system);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task An_effect_that_throws_is_contained_and_the_others_are_carried_out()
    {
        Shell().Tell("a throw b");
        Assert.Equal(["started", "a", "contained throw", "b"], await Done(4));
    }

    [Fact]
    public async Task What_follows_from_an_input_within_an_effect_is_carried_out_behind_what_is_left()
    {
        Shell().Tell("a again b");
        Assert.Equal(["started", "a", "again", "b", "nested"], await Done(5));
    }

    [Fact]
    public async Task A_machine_that_throws_begins_again_when_what_it_decided_before_is_carried_out()
    {
        var shell = Shell();
        shell.Tell("a bug b");
        shell.Tell("c");
        Assert.Equal(["started", "a", "started", "c"], await Done(4));
    }

    [Fact]
    public async Task A_machine_that_throws_within_an_effect_begins_again_too()
    {
        var shell = Shell();
        shell.Tell("nested-bug a");
        shell.Tell("c");
        Assert.Equal(["started", "nested-bug", "a", "started", "c"], await Done(5));
    }

    [Fact]
    public async Task A_machine_is_ticked_when_it_is_due()
    {
        Shell().Tell("due");
        Assert.Equal(["started", "due", "ticked"], await Done(3));
    }

    [Fact]
    public async Task What_is_sent_to_a_peer_while_the_mailbox_is_worked_through_goes_in_one_message()
    {
        using var mayGoOn = new ManualResetEventSlim();
        Busy(mayGoOn, ["send", "send send", "a", "send"]);
        mayGoOn.Set();

        Assert.Equal("1+2+3+4", await NextAsync());
    }

    [Fact]
    public async Task What_waits_to_be_sent_goes_out_when_the_actor_ends_or_begins_again()
    {
        using var mayGoOn = new ManualResetEventSlim();
        Busy(mayGoOn, ["send send", "bug", "send send", PoisonPill.Instance]);
        mayGoOn.Set();

        Assert.Equal("1+2", await NextAsync());
        Assert.Equal("1+2", await NextAsync());
    }

    [Fact]
    public async Task However_much_is_in_the_mailbox_what_waits_to_be_sent_does_not_wait_for_all_of_it()
    {
        using var mayGoOn = new ManualResetEventSlim();
        using var never = new ManualResetEventSlim();
        Busy(mayGoOn, ["send", .. Enumerable.Repeat("a", 100), never]);
        mayGoOn.Set();

        Assert.Equal("1", await NextAsync());
        never.Set();
    }

    [Fact]
    public async Task The_messages_of_a_batch_count_one_by_one()
    {
        using var mayGoOn = new ManualResetEventSlim();
        Busy(mayGoOn, ["send", BatchOf([.. Enumerable.Range(1, 64).Select(i => new CancelJob(new JobId(1, i), 1))]), "send"]);
        mayGoOn.Set();

        Assert.Equal("1", await NextAsync());
        Assert.Equal("2", await NextAsync());
    }

    [Fact]
    public async Task A_batch_is_handled_message_by_message_and_what_is_behind_a_bug_is_for_the_machine_that_begins_again()
    {
        var shell = Shell();
        shell.Tell(BatchOf(new CancelJob(new JobId(1, 7), 1), new CancelJob(new JobId(1, 8), 1)));
        Assert.Equal(["started", "job 7", "job 8"], await Done(3));

        shell.Tell(BatchOf(new CancelJob(new JobId(1, 1), 1), new CancelJob(new JobId(1, 0), 1), new CancelJob(new JobId(1, 2), 1)));
        Assert.Equal(["job 1", "started", "job 2"], await Done(3));
    }

    /// <summary>A shell that has all this in its mailbox when it begins to work.</summary>
    private void Busy(ManualResetEventSlim mayGoOn, object[] messages)
    {
        var shell = Shell();
        shell.Tell(mayGoOn);
        foreach (var message in messages)
        {
            shell.Tell(message);
        }
    }

    private Batch BatchOf(params CancelJob[] messages) => Batches.Of(_system, messages);

    private async Task<string> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _peer.NextAsync(patience.Token);
    }

    private IActorRef Shell()
    {
        var (done, peer) = (_done.Writer, _peer);
        return _system.ActorOf(Props.Create(() => new Obeying(done, peer)));
    }

    private async Task<List<string>> Done(int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        var done = new List<string>();
        while (done.Count < count)
        {
            done.Add(await _done.Reader.ReadAsync(patience.Token));
        }

        return done;
    }

    private sealed class Obeying : MachineShell<string>
    {
        private readonly ChannelWriter<string> _done;
        private readonly BatchPeer _peer;
        private long _sent;

        public Obeying(ChannelWriter<string> done, BatchPeer peer)
            : base(new Machine())
        {
            (_done, _peer) = (done, peer);
            Input<string>();
            Receive<ManualResetEventSlim>(m => m.Wait(Patience));
            Receive<CancelJob>(m => Step(m.Id.Sequence == 0 ? "bug" : FormattableString.Invariant($"job_{m.Id.Sequence}")));
            done.TryWrite("started");
        }

        protected override void Perform(string effect)
        {
            if (effect == "throw")
            {
                throw new InvalidOperationException(effect);
            }

            if (effect == "send")
            {
                Send(_peer, new CancelJob(new JobId(1, ++_sent), 1), takesBatches: true);
            }

            _done.TryWrite(effect.Replace('_', ' '));
            if (effect is "again" or "nested-bug")
            {
                Step(effect == "again" ? "nested" : "bug");
            }
        }

        protected override void Contain(string effect, Exception cause) => _done.TryWrite($"contained {effect}");
    }

    private sealed class Machine : IMachine<string>
    {
        public TimeSpan? NextDue { get; private set; }

        public void Handle(object input, TimeSpan now, List<string> outbox)
        {
            if (input is Tick)
            {
                NextDue = null;
                outbox.Add("ticked");
                return;
            }

            foreach (var word in ((string)input).Split(' '))
            {
                if (word == "bug")
                {
                    throw new InvalidOperationException(word);
                }

                NextDue = word == "due" ? now : NextDue;
                outbox.Add(word);
            }
        }
    }
}
