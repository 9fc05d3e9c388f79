using System.Threading.Channels;
using Akka.Actor;
using AkkaLb.Core.Machines;

namespace AkkaLb.Messages.Tests;

/// <summary>A machine that does what it is told: its inputs are the effects to ask for.</summary>
public sealed class MachineShellTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<string> _done = Channel.CreateUnbounded<string>();
    private readonly ActorSystem _system = ActorSystem.Create("shell", "akka.loglevel = OFF, akka.stdout-loglevel = OFF");

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

    private IActorRef Shell()
    {
        var done = _done.Writer;
        return _system.ActorOf(Props.Create(() => new Obeying(done)));
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

        public Obeying(ChannelWriter<string> done)
            : base(new Machine())
        {
            _done = done;
            Input<string>();
            done.TryWrite("started");
        }

        protected override void Perform(string effect)
        {
            if (effect == "throw")
            {
                throw new InvalidOperationException(effect);
            }

            _done.TryWrite(effect);
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
