using AkkaLb.Core.Registration;
using static AkkaLb.Core.Tests.Build;
using static AkkaLb.Core.Tests.Registration.RegistrationText;

namespace AkkaLb.Core.Tests.Registration;

/// <summary>TTL 5 s, renewed each second, 10 s to wait at the start, and jitter that is always the middle: the first back-off is 50 ms.</summary>
public class RegistrationCoreTests
{
    private static readonly RegistrationSettings Settings = new(S(5), S(1), S(10), new BackOff(Ms(100), S(2)));

    private readonly RegistrationCore _core = new(Worker("w", incarnation: 7), Settings, new MiddlingRandom());

    // ---- registering

    [Fact]
    public void It_starts_by_registering_and_waits_for_the_answer()
    {
        Assert.Equal("register", Text(_core.Start(S(1))));
        Assert.Null(_core.NextDue);
        Assert.Equal("", Text(_core.Tick(S(100))));
        Assert.False(_core.IsRegistered);
    }

    [Fact]
    public void The_first_registration_makes_it_ready_and_is_renewed_an_interval_after_it_was_sent()
    {
        _core.Start(S(1));
        Assert.Equal("ready", Text(_core.Registered(42, S(5), S(1.5))));
        Assert.True(_core.IsRegistered);
        Assert.Equal(S(2), _core.NextDue);
        Assert.Equal("", Text(_core.Tick(S(1.9))));
        Assert.Equal("keep 42", Text(_core.Tick(S(2))));
    }

    [Fact]
    public void A_slow_registration_is_renewed_at_once_before_its_lease_can_run_out()
    {
        _core.Start(S(0));
        _core.Registered(42, S(5), S(4.5));
        Assert.Equal(S(4.5), _core.NextDue);
        Assert.Equal("keep 42", Text(_core.Tick(S(4.5))));
    }

    [Fact]
    public void A_failed_registration_is_tried_again_after_a_growing_back_off()
    {
        _core.Start(S(0));
        Assert.Equal("", Text(_core.RegisterFailed("refused", S(1))));
        Assert.Equal(Ms(1050), _core.NextDue);
        Assert.Equal("register", Text(_core.Tick(S(1.1))));
        _core.RegisterFailed("refused", S(2));
        Assert.Equal(Ms(2100), _core.NextDue);
    }

    [Fact]
    public void Without_a_registration_within_the_wait_it_gives_up()
    {
        _core.Start(S(1));
        Assert.Equal("", Text(_core.RegisterFailed("connection refused", S(11) - TimeSpan.FromTicks(1))));
        _core.Tick(S(11));
        Assert.Equal("give up: could not register within 10 s: connection refused", Text(_core.RegisterFailed("connection refused", S(11))));
        Assert.Null(_core.NextDue);
    }

    [Fact]
    public void A_refusal_ends_it_with_the_registrys_own_sentence()
    {
        _core.Start(S(0));
        Assert.Equal("give up: wrong password", Text(_core.Refused("wrong password", S(1))));
        Assert.Equal("", Text(_core.Refused("wrong password", S(1))));
    }

    [Fact]
    public void A_refusal_of_a_worker_that_was_registered_is_told_once_and_tried_on_until_it_is_mended()
    {
        Register(at: 0);
        _core.Tick(S(1));
        Assert.Equal("warn: the registry refuses, trying on: wrong password", Text(_core.Refused("wrong password", S(1))));
        _core.Tick(S(2));
        Assert.Equal("", Text(_core.Refused("wrong password", S(2))));
        _core.Tick(S(3));
        Assert.Equal("note: the lease is renewed again", Text(_core.Kept(S(5), S(3))));
        Assert.True(_core.IsRegistered);
    }

    [Fact]
    public void An_answer_that_comes_after_the_end_is_given_back()
    {
        _core.Start(S(0));
        _core.Refused("no", S(1));
        Assert.Equal("deregister 42", Text(_core.Registered(42, S(5), S(1))));
        Assert.False(_core.IsRegistered);
    }

    // ---- an id in use

    [Fact]
    public void An_id_in_use_is_tried_a_tenth_of_a_ttl_apart_until_its_holders_lease_must_have_ended()
    {
        _core.Start(S(0));
        var (now, tries) = (S(0), 1);
        while (Text(_core.IdInUse(8, S(5), now)).Length == 0)
        {
            Assert.Equal(now + Ms(500), _core.NextDue);
            now += Ms(500);
            Assert.Equal("register", Text(_core.Tick(now)));
            tries++;
        }

        Assert.Equal((S(6), 13), (now, tries)); // TTL 5 s and a second of slack
    }

    [Fact]
    public void An_id_still_in_use_after_that_ends_it()
    {
        _core.Start(S(0));
        _core.IdInUse(8, S(5), S(1));
        _core.Tick(S(7));
        Assert.Equal(
            "give up: the id \"w\" is in use by another worker process (incarnation 8): choose another --id, or stop that one",
            Text(_core.IdInUse(8, S(5), S(7))));
    }

    [Theory]
    [InlineData(15, 16)] // the registry grants more than was asked for
    [InlineData(2, 6)] // and less: the holder may have got what we want
    public void The_wait_for_an_id_in_use_is_as_long_as_the_longest_lease_its_holder_may_have(double granted, double givenUpAt)
    {
        _core.Start(S(0));
        _core.IdInUse(8, S(granted), S(0));
        _core.Tick(S(1));
        Assert.Equal("", Text(_core.IdInUse(8, S(granted), S(givenUpAt) - TimeSpan.FromTicks(1))));
        _core.Tick(S(givenUpAt + 1));
        Assert.StartsWith("give up", Text(_core.IdInUse(8, S(granted), S(givenUpAt + 1))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_outage_meanwhile_starts_the_wait_for_an_id_in_use_anew()
    {
        _core.Start(S(0));
        _core.IdInUse(8, S(5), S(0));
        _core.Tick(S(5));
        _core.RegisterFailed("away", S(5));
        _core.Tick(S(7));
        Assert.Empty(_core.IdInUse(8, S(5), S(7)));
        _core.Tick(S(13));
        Assert.StartsWith("give up", Text(_core.IdInUse(8, S(5), S(13))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_that_comes_free_is_taken()
    {
        _core.Start(S(0));
        _core.IdInUse(8, S(5), S(0));
        _core.Tick(S(5));
        Assert.Equal("ready", Text(_core.Registered(42, S(5), S(5))));
    }

    // ---- renewing

    [Fact]
    public void Renewals_are_sent_an_interval_apart_however_long_the_answer_takes()
    {
        Register(at: 0);
        _core.Tick(S(1));
        _core.Kept(S(5), S(1.7));
        Assert.Equal(S(2), _core.NextDue);
        _core.Tick(S(2));
        _core.Kept(S(5), S(3.4));
        Assert.Equal(S(3.4), _core.NextDue);
    }

    [Fact]
    public void The_lease_lasts_its_ttl_from_when_the_last_kept_renewal_was_sent()
    {
        Register(at: 0);
        _core.Tick(S(1));
        _core.Kept(S(5), S(1.9)); // sent at 1 s: until 6 s
        for (var now = 2.0; now < 6; now++)
        {
            Assert.Equal("keep 42", Text(_core.Tick(S(now))));
            _core.KeepAliveFailed("no leader", S(now));
        }

        Assert.Equal("warn: the lease could not be renewed in time (no leader); registering again | register", Text(_core.Tick(S(6))));
    }

    [Fact]
    public void Only_the_first_of_several_failed_renewals_is_told_and_the_first_that_works_again()
    {
        Register(at: 0);
        _core.Tick(S(1));
        Assert.Equal("warn: renewing the lease failed, trying on: no leader", Text(_core.KeepAliveFailed("no leader", S(1))));
        _core.Tick(S(2));
        Assert.Equal("", Text(_core.KeepAliveFailed("no leader", S(2))));
        _core.Tick(S(3));
        Assert.Equal("note: the lease is renewed again", Text(_core.Kept(S(5), S(3))));
        _core.Tick(S(4));
        Assert.Equal("warn: renewing the lease failed, trying on: again", Text(_core.KeepAliveFailed("again", S(4))));
    }

    [Fact]
    public void What_was_told_of_renewals_is_forgotten_when_the_lease_is_lost_for_registered_again_says_it_all()
    {
        Register(at: 0);
        _core.Tick(S(1));
        _core.KeepAliveFailed("no leader", S(1));
        _core.Tick(S(2));
        _core.LeaseLost(S(2));
        Assert.Equal("note: registered again", Text(_core.Registered(43, S(5), S(2))));
        _core.Tick(S(3));
        Assert.Equal("", Text(_core.Kept(S(5), S(3))));
    }

    // ---- registering anew

    [Fact]
    public void A_lost_lease_is_registered_anew_with_the_same_incarnation()
    {
        Register(at: 0);
        _core.Tick(S(1));
        var effects = _core.LeaseLost(S(1));
        Assert.Equal("warn: the registry ended the lease; registering again | register", Text(effects));
        Assert.Equal(7, Assert.IsType<RegistrationEffect.Register>(effects[1]).Worker.Incarnation);
        Assert.False(_core.IsRegistered);
        Assert.Equal("note: registered again", Text(_core.Registered(43, S(5), S(1))));
        Assert.Equal("keep 43", Text(_core.Tick(S(2))));
    }

    [Fact]
    public void A_worker_that_was_ready_once_never_stops_trying_to_register_anew()
    {
        LoseLease();
        for (var now = 2; now < 1_000; now++)
        {
            Assert.Equal("", Text(_core.RegisterFailed("no registry", S(now))));
            Assert.InRange(_core.NextDue!.Value, S(now), S(now + 1));
            Assert.Equal("register", Text(_core.Tick(S(now + 1))));
        }
    }

    [Fact]
    public void An_id_taken_by_another_while_the_lease_was_lost_ends_it_when_that_one_keeps_it()
    {
        LoseLease();
        Assert.Empty(_core.IdInUse(8, S(5), S(1.1)));
        Assert.Equal(S(1.6), _core.NextDue);
        _core.Tick(S(7.1));
        Assert.Equal(
            "give up: the id \"w\" was taken by another worker process while this one had lost its lease",
            Text(_core.IdInUse(8, S(5), S(7.1))));
        Assert.Null(_core.NextDue);
    }

    [Fact]
    public void An_id_that_an_old_entry_holds_after_the_lease_was_lost_is_taken_when_that_runs_out()
    {
        LoseLease();
        _core.IdInUse(8, S(5), S(1.1));
        _core.Tick(S(5));
        Assert.Equal("note: registered again", Text(_core.Registered(43, S(5), S(5))));
    }

    // ---- draining

    [Fact]
    public void Draining_is_written_once_and_the_lease_renewed_on()
    {
        Register(at: 0);
        var effects = _core.Drain();
        Assert.Equal("update 42", Text(effects));
        Assert.Equal(WorkerState.Draining, Assert.IsType<RegistrationEffect.Update>(effects[0]).Worker.State);
        Assert.Equal("", Text(_core.Drain()));
        Assert.Equal("keep 42", Text(_core.Tick(S(1))));
    }

    [Fact]
    public void Draining_that_could_not_be_written_is_written_again_after_the_next_renewal()
    {
        Register(at: 0);
        _core.Drain();
        Assert.Equal("warn: the registry could not be told of the draining, trying on: no answer", Text(_core.UpdateFailed("no answer")));
        _core.Tick(S(1));
        Assert.Equal("update 42", Text(_core.Kept(S(5), S(1))));
        _core.Tick(S(2));
        Assert.Equal("", Text(_core.Kept(S(5), S(2))));
    }

    [Fact]
    public void Draining_that_could_not_be_written_is_not_written_any_more_by_who_leaves()
    {
        Register(at: 0);
        _core.Drain();
        _core.UpdateFailed("no answer");
        _core.Tick(S(1));
        _core.Leave();
        Assert.Equal("", Text(_core.Kept(S(5), S(1))));
    }

    [Fact]
    public void A_lease_lost_while_draining_is_not_taken_anew()
    {
        Register(at: 0);
        _core.Drain();
        _core.Tick(S(1));
        Assert.Equal("warn: the registry ended the lease; draining, so it is not taken anew", Text(_core.LeaseLost(S(1))));
        Assert.Null(_core.NextDue);
        Assert.Equal("", Text(_core.Leave()));
    }

    [Fact]
    public void A_registration_answered_while_draining_is_given_back()
    {
        _core.Start(S(0));
        Assert.Equal("", Text(_core.Drain()));
        Assert.Equal("deregister 42", Text(_core.Registered(42, S(5), S(1))));
        Assert.Null(_core.NextDue);
    }

    [Fact]
    public void Draining_between_two_tries_to_register_ends_the_trying()
    {
        LoseLease();
        _core.RegisterFailed("no registry", S(2));
        Assert.Equal("", Text(_core.Drain()));
        Assert.Null(_core.NextDue);
        Assert.Equal("", Text(_core.Tick(S(100))));
    }

    // ---- leaving

    [Fact]
    public void Leaving_gives_the_lease_back_once()
    {
        Register(at: 0);
        Assert.Equal("deregister 42", Text(_core.Leave()));
        Assert.Equal("", Text(_core.Leave()));
        Assert.Null(_core.NextDue);
    }

    [Fact]
    public void Leaving_does_not_wait_for_a_renewal_and_ignores_its_answer()
    {
        Register(at: 0);
        _core.Tick(S(1));
        Assert.Equal("deregister 42", Text(_core.Leave()));
        Assert.Equal("", Text(_core.Kept(S(5), S(1.1))));
        Assert.Null(_core.NextDue);
    }

    [Fact]
    public void A_registration_answered_after_leaving_is_given_back()
    {
        _core.Start(S(0));
        Assert.Equal("", Text(_core.Leave()));
        Assert.Equal("deregister 42", Text(_core.Registered(42, S(5), S(1))));
        Assert.False(_core.IsRegistered);
    }

    [Fact]
    public void Leaving_between_two_tries_to_register_ends_the_trying()
    {
        _core.Start(S(0));
        _core.RegisterFailed("no registry", S(1));
        Assert.Equal("", Text(_core.Leave()));
        Assert.Null(_core.NextDue);
        Assert.Equal("", Text(_core.Tick(S(100))));
    }

    [Theory]
    [InlineData("in use", false)]
    [InlineData("failed", false)]
    [InlineData("refused", false)]
    [InlineData("in use", true)]
    [InlineData("failed", true)]
    [InlineData("refused", true)]
    public void A_no_that_comes_after_leaving_or_draining_is_neither_tried_again_nor_a_reason_to_give_up(string answer, bool isDraining)
    {
        _core.Start(S(0));
        _ = isDraining ? _core.Drain() : _core.Leave();
        Assert.Equal("", Text(answer switch
        {
            "in use" => _core.IdInUse(8, S(5), S(20)),
            "failed" => _core.RegisterFailed("no registry", S(20)),
            _ => _core.Refused("wrong password", S(20)),
        }));
        Assert.Null(_core.NextDue);
        Assert.Equal("", Text(_core.Tick(S(100))));
    }

    /// <summary>Registered at once, as lease 42 of 5 s.</summary>
    private void Register(double at)
    {
        _core.Start(S(at));
        _core.Registered(42, S(5), S(at));
    }

    /// <summary>Registered at 0 s, lost at 1 s, registering again.</summary>
    private void LoseLease()
    {
        Register(at: 0);
        _core.Tick(S(1));
        _core.LeaseLost(S(1));
    }
}
