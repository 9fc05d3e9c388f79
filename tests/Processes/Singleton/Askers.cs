using System.Diagnostics;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Clusters;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Processes.Harness;

namespace AkkaLb.Processes.Singleton;

/// <summary>Asks all balancers of a cluster all the time, each at its front and, past the front, where the deciding balancer would be, and notes
/// every assignment in the order in which it arrives.</summary>
internal sealed class Askers : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);

    private readonly ActorSystem _system = ActorSystem.Create(
        SystemConfig.SystemName,
        ConfigurationFactory.ParseString("akka.loglevel = OFF, akka.stdout-loglevel = OFF").WithFallback(SystemConfig.Remoting("127.0.0.1", 0)));

    private readonly IActorRef _asker;
    private readonly Lock _lock = new();
    private readonly List<Assignment> _seen = [];

    public Askers(IEnumerable<string> balancers) =>
        _asker = _system.ActorOf(Props.Create(() => new Asker(balancers.ToArray(), Note)));

    /// <summary>Every assignment so far, in the order of arrival.</summary>
    public IReadOnlyList<Assignment> Seen
    {
        get
        {
            lock (_lock)
            {
                return [.. _seen];
            }
        }
    }

    public async Task<Assignment> UntilAsync(
        Func<Assignment, bool> isWished, TimeSpan bound, [CallerArgumentExpression(nameof(isWished))] string what = "")
    {
        Assignment? found = null;
        await Waiting.UntilAsync(() => (found = Seen.FirstOrDefault(isWished)) is not null, bound, Every, $"an assignment with {what}", ToString);
        return found!;
    }

    /// <summary>Completes when nobody has assigned for two seconds.</summary>
    /// <returns>The last assignment before.</returns>
    public async Task<Assignment> UntilSilentAsync(TimeSpan bound)
    {
        await Waiting.UntilAsync(
            () => Stopwatch.GetElapsedTime(Seen[^1].At) >= TimeSpan.FromSeconds(2), bound, Every, "two seconds without an assignment", ToString);
        return Seen[^1];
    }

    /// <summary>Asks nobody until all questions have been answered or have had the time to be, then does the act, then continues: no answer from
    /// before it is still on its way.</summary>
    public async Task QuietlyAsync(Action act)
    {
        await _asker.Ask<string>("pause", TimeSpan.FromSeconds(30));
        act();
        _asker.Tell("resume");
    }

    /// <summary>The longest time between two assignments in this stretch.</summary>
    public TimeSpan LongestGap(long from, long to)
    {
        var times = Seen.Select(s => s.At).Where(at => at >= from && at <= to).Append(to).ToList();
        var last = from;
        var longest = TimeSpan.Zero;
        foreach (var at in times)
        {
            var gap = Stopwatch.GetElapsedTime(last, at);
            (longest, last) = (gap > longest ? gap : longest, at);
        }

        return longest;
    }

    /// <summary>Never two deciding at once: in the order of arrival a term is never followed by an earlier one, and each has one balancer.</summary>
    public void AssertOneAtATime()
    {
        var seen = Seen;
        for (var i = 1; i < seen.Count; i++)
        {
            Assert.True(seen[i].Term >= seen[i - 1].Term,
                $"answer {i} of {seen[i].From} has term {seen[i].Term} after term {seen[i - 1].Term} of {seen[i - 1].From}");
        }

        Assert.All(seen.GroupBy(s => s.Term), term => Assert.Single(term.Select(s => s.From).Distinct()));
        Assert.DoesNotContain(seen, s => s.Term <= 0);
    }

    public override string ToString() =>
        string.Join(", ", Seen.GroupBy(s => s.Term).Select(t => $"term {t.Key}: {t.Count()} assignments by {t.First().From}"));

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private void Note(Assignment assignment)
    {
        lock (_lock)
        {
            _seen.Add(assignment);
        }
    }

    /// <param name="At">A stopwatch's timestamp.</param>
    /// <param name="From">The balancer that answered, <c>host:port</c>.</param>
    internal sealed record Assignment(long At, long Term, long Revision, string From);

    private sealed class Asker : ReceiveActor, IWithTimers
    {
        private readonly ActorSelection[] _targets;
        private IActorRef? _pauser;
        private long _requests;
        private bool _isPaused;

        public Asker(string[] balancers, Action<Assignment> note)
        {
            _targets = [.. balancers.SelectMany(b => ((string[])["/user/balancer", ClusterConfig.DecidingPath]).Select(path =>
                Context.ActorSelection($"akka.tcp://{SystemConfig.SystemName}@{b}{path}")))];
            Receive<string>(s => s == "ask", _ => AskAll());
            Receive<string>(s => s == "pause", _ =>
            {
                (_isPaused, _pauser) = (true, Sender);
                // Some questions are never answered, because nobody decides where they went: those that are have had their time by then.
                Timers.StartSingleTimer("settled", "settled", TimeSpan.FromSeconds(2));
            });
            Receive<string>(s => s == "settled", _ => Settle());
            Receive<string>(s => s == "resume", _ => _isPaused = false);
            Receive<Assigned>(m =>
            {
                note(new Assignment(Stopwatch.GetTimestamp(), m.Term, m.Revision, $"{Sender.Path.Address.Host}:{Sender.Path.Address.Port}"));
            });
            Receive<AssignRejected>(_ => { });
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("ask", "ask", Every);

        private void AskAll()
        {
            if (_isPaused)
            {
                return;
            }

            foreach (var target in _targets)
            {
                target.Tell(new Assign(++_requests, 1, [], null, TimeSpan.FromSeconds(5)));
            }
        }

        private void Settle()
        {
            _pauser?.Tell("paused");
            _pauser = null;
        }
    }
}
