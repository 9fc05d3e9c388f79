using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Machines;

namespace AkkaLb.Messages.Tests;

public sealed class EventJournalTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly EventJournal _journal = new(Noon);

    [Fact]
    public void A_reader_gets_what_came_since_in_order_and_by_number()
    {
        Add(1, 3);

        Assert.Equal([1, 2, 3], Numbers(after: 0));
        Assert.Equal([3], Numbers(after: 2));
        Assert.Empty(Numbers(after: 3));
        Assert.Equal([2], Numbers(after: 1, count: 1));
        Assert.Equal(
            new BalancerEvent(2, Noon.AddSeconds(2), NoteLevel.Warning, "event 2"), _journal.Read(new GetBalancerEvents(1, 1)).Events[0]);
    }

    [Fact]
    public void Only_the_newest_are_kept()
    {
        Add(1, GetBalancerEvents.CountMax + 20);

        Assert.Equal(Enumerable.Range(21, GetBalancerEvents.CountMax).Select(n => (long)n), Numbers(after: 0));
        Assert.Equal(Enumerable.Range(21, 3).Select(n => (long)n), Numbers(after: 5, count: 3));
        Assert.Equal(GetBalancerEvents.CountMax + 20, _journal.Read(new GetBalancerEvents(0, 0)).Latest);
    }

    [Fact]
    public void A_number_of_an_earlier_life_of_the_balancer_counts_as_none()
    {
        Add(1, 2);

        Assert.Equal([1, 2], Numbers(after: 4711));
    }

    [Fact]
    public void An_answer_holds_what_fits_a_frame_and_one_at_least()
    {
        for (var i = 0; i < GetBalancerEvents.CountMax; i++)
        {
            _journal.Add(Noon, NoteLevel.Info, new string('€', 2 * BalancerEvent.TextLengthMax));
        }

        const int frame = 128_000;
        var answer = _journal.Read(new GetBalancerEvents(0, GetBalancerEvents.CountMax), frame);

        Assert.InRange(answer.Events.Count, 2, GetBalancerEvents.CountMax - 1);
        Assert.InRange(answer.ToWire().CalculateSize(), 100_000, frame + 100);
        Assert.Single(_journal.Read(new GetBalancerEvents(0, GetBalancerEvents.CountMax), 1).Events);
    }

    [Fact]
    public void A_text_is_one_line()
    {
        _journal.Add(Noon, NoteLevel.Error, "etcd says:\n\u001b[2Jgone");

        Assert.Equal("etcd says: \\u001b[2Jgone", _journal.Read(new GetBalancerEvents(0, 1)).Events[0].Text);
    }

    [Fact]
    public async Task Each_actor_system_has_one()
    {
        var (one, other) = (ActorSystem.Create("one"), ActorSystem.Create("other"));

        Assert.Same(EventJournal.Of(one), EventJournal.Of(one));
        Assert.NotSame(EventJournal.Of(one), EventJournal.Of(other));
        await Task.WhenAll(one.Terminate(), other.Terminate());
    }

    private void Add(int first, int last)
    {
        for (var i = first; i <= last; i++)
        {
            _journal.Add(Noon.AddSeconds(i), i % 2 == 0 ? NoteLevel.Warning : NoteLevel.Info, $"event {i}");
        }
    }

    private IEnumerable<long> Numbers(long after, int count = GetBalancerEvents.CountMax) =>
        _journal.Read(new GetBalancerEvents(after, count)).Events.Select(e => e.Number);
}
