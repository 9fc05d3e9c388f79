using AkkaLb.Core.Registration;
using static AkkaLb.Core.Tests.Build;
using static AkkaLb.Core.Tests.Registration.RegistrationText;

namespace AkkaLb.Core.Tests.Registration;

/// <summary>Registered at 0 s as lease 42 of 5 s, renewed each second, and something happens to the entry.</summary>
public class RegistrationEntryTests
{
    private const string Lost = "warn: this worker's entry is gone from the registry; putting it back | put back 42 over 0";
    private static readonly RegistrationSettings Settings = new(S(5), S(1), S(10), new BackOff(Ms(100), S(2)));
    private static readonly WorkerRecord Us = Worker("w", incarnation: 7);
    private static readonly EntrySight AsPut = new EntrySight.Found(42, 5, Us);
    private static readonly EntrySight OfAnother = new EntrySight.Found(99, 6, Worker("w", incarnation: 8));

    private readonly RegistrationCore _core = new(Us, Settings, new MiddlingRandom());

    public RegistrationEntryTests()
    {
        _core.Start(S(0));
        _core.Registered(42, S(5), S(0));
    }

    [Fact]
    public void It_looks_once_a_ttl_after_a_renewal()
    {
        var looks = new List<int>();
        for (var second = 1; second <= 20; second++)
        {
            Assert.Equal("keep 42", Text(_core.Tick(S(second))));
            var effects = _core.Kept(S(5), S(second));
            if (effects.Count > 0)
            {
                Assert.Equal("look 42", Text(effects));
                Assert.Equal(Us, Assert.IsType<RegistrationEffect.Look>(effects[0]).Worker);
                looks.Add(second);
                Assert.Null(_core.NextDue);
                Assert.Equal("", Text(_core.Looked(AsPut, S(second + 0.1))));
            }

            Assert.Equal(S(second + 1), _core.NextDue);
        }

        Assert.Equal([5, 10, 15, 20], looks);
    }

    [Fact]
    public void A_slow_look_delays_the_next_renewal_no_longer_than_it_takes()
    {
        Look(at: 5);
        _core.Looked(AsPut, S(6.6));
        Assert.Equal(S(6.6), _core.NextDue);
        Assert.Equal("keep 42", Text(_core.Tick(S(6.6))));
    }

    [Fact]
    public void An_entry_that_is_gone_is_put_back_under_the_same_lease_as_who_it_was()
    {
        Look(at: 5);
        var effects = _core.Looked(new EntrySight.Missing(), S(5));
        Assert.Equal(Lost, Text(effects));
        Assert.Equal(Us, Assert.IsType<RegistrationEffect.PutBack>(effects[1]).Worker);
        Assert.Null(_core.NextDue);
        Assert.Equal("note: this worker has registered again", Text(_core.PutBack(isWritten: true, S(5))));
        Assert.Equal("keep 42", Text(_core.Tick(S(6))));
    }

    [Fact]
    public void An_entry_that_was_written_over_is_put_back_over_just_that()
    {
        Look(at: 5);
        Assert.Equal(
            "warn: this worker's entry was written over in the registry; putting it back | put back 42 over 9",
            Text(_core.Looked(new EntrySight.Unreadable(0, 9), S(5))));
    }

    [Fact]
    public void An_entry_deleted_again_and_again_is_put_back_once_a_ttl()
    {
        var puts = 0;
        for (var second = 1; second <= 50; second++)
        {
            _core.Tick(S(second));
            if (Text(_core.Kept(S(5), S(second))) == "look 42")
            {
                Assert.Equal(Lost, Text(_core.Looked(new EntrySight.Missing(), S(second))));
                _core.PutBack(isWritten: true, S(second));
                puts++;
            }
        }

        Assert.Equal(10, puts);
    }

    [Fact]
    public void What_changed_before_it_could_be_put_back_is_looked_at_again_a_ttl_later()
    {
        Look(at: 5);
        _core.Looked(new EntrySight.Missing(), S(5));
        Assert.Equal("", Text(_core.PutBack(isWritten: false, S(5))));
        Renew(6, 9);
        Assert.Equal("look 42", Keep(10));
    }

    [Fact]
    public void A_look_or_a_putting_back_that_fails_is_told_once_and_tried_a_ttl_later_until_it_works()
    {
        Look(at: 5);
        Assert.Equal("warn: this worker's entry in the registry could not be checked; retrying: no answer", Text(
            _core.LookFailed("no answer", S(5))));
        Renew(6, 9);
        Assert.Equal("look 42", Keep(10));
        Assert.Equal("", Text(_core.LookFailed("no answer", S(10))));
        Renew(11, 14);
        Assert.Equal("look 42", Keep(15));
        Assert.Equal("note: this worker's entry in the registry is checked again", Text(_core.Looked(AsPut, S(15))));
    }

    [Fact]
    public void Another_process_that_has_the_id_is_never_written_over_and_when_it_keeps_it_this_one_ends()
    {
        Look(at: 5);
        Assert.Equal(
            "deregister 42 | warn: another worker process (incarnation 8) has this one's id in the registry; registering again | register",
            Text(_core.Looked(OfAnother, S(5))));
        Assert.False(_core.IsRegistered);
        Assert.Equal("warn: the id \"w\" is in use by another worker process (incarnation 8); retrying", Text(_core.IdInUse(8, S(5), S(5))));
        _core.Tick(S(12));
        Assert.Equal(
            "give up: the id \"w\" was taken by another worker process (incarnation 8) while this one was registered",
            Text(_core.IdInUse(8, S(5), S(12))));
    }

    [Fact]
    public void Another_process_that_goes_in_time_leaves_the_id_to_this_one()
    {
        Look(at: 5);
        _core.Looked(OfAnother, S(5));
        _core.IdInUse(8, S(5), S(5));
        _core.Tick(S(6));
        Assert.Equal("note: this worker has registered again", Text(_core.Registered(43, S(5), S(6))));
        Assert.Equal("keep 43", Text(_core.Tick(S(7))));
    }

    [Fact]
    public void A_worker_that_drains_does_not_look()
    {
        _core.Drain();
        Renew(1, 20);
    }

    [Fact]
    public void What_a_look_finds_does_not_matter_to_a_worker_that_drains_or_leaves_by_then()
    {
        Look(at: 5);
        _core.Drain();
        Assert.Equal("", Text(_core.Looked(new EntrySight.Missing(), S(5.5))));
        Assert.Equal("keep 42", Text(_core.Tick(S(6))));
        _core.Leave();
        Assert.Equal("", Text(_core.Looked(OfAnother, S(6))));
        Assert.Null(_core.NextDue);
    }

    [Fact]
    public void Draining_that_was_said_before_the_entry_was_back_is_said_again()
    {
        Look(at: 5);
        _core.Looked(new EntrySight.Missing(), S(5));
        _core.Drain();
        Assert.Equal("note: this worker has registered again", Text(_core.PutBack(isWritten: true, S(5.5))));
        Assert.Equal("update 42", Text(_core.Updated()));
    }

    [Fact]
    public void An_entry_put_back_behind_leaving_is_nothing_to_tell_of()
    {
        Look(at: 5);
        _core.Looked(new EntrySight.Missing(), S(5));
        Assert.Equal("deregister 42", Text(_core.Leave()));
        Assert.Equal("", Text(_core.PutBack(isWritten: true, S(5.5))));
        Assert.Null(_core.NextDue);
    }

    [Fact]
    public void A_look_that_finds_the_worker_as_it_was_when_it_looked_is_no_reason_to_write_over_it()
    {
        Look(at: 5);
        _core.Ability("broken", S(5.1));
        Assert.Equal("", Text(_core.Looked(AsPut, S(5.2))));
        _core.Updated();
        Renew(6, 9);
        Assert.Equal("look 42", Keep(10));
        Assert.Equal(
            "warn: this worker's entry was written over in the registry; putting it back | put back 42 over 5", Text(_core.Looked(AsPut, S(10))));
    }

    /// <summary>Renews until the look that is due then.</summary>
    private void Look(int at)
    {
        Renew(1, at - 1);
        Assert.Equal("look 42", Keep(at));
    }

    private void Renew(int from, int to)
    {
        for (var second = from; second <= to; second++)
        {
            Assert.Equal("", Keep(second));
        }
    }

    private string Keep(int second)
    {
        Assert.Equal("keep 42", Text(_core.Tick(S(second))));
        return Text(_core.Kept(S(5), S(second)));
    }
}
