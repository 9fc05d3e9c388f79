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
        Assert.Equal("give up: this worker could not register within 10 s: connection refused", Text(
            _core.RegisterFailed("connection refused", S(11))));
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
        Assert.Equal("warn: the registry refuses; retrying: wrong password", Text(_core.Refused("wrong password", S(1))));
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

        Assert.Equal((S(7), 15), (now, tries)); // TTL 5 s and the slack
    }

    [Fact]
    public void An_id_still_in_use_after_that_ends_it()
    {
        _core.Start(S(0));
        _core.IdInUse(8, S(5), S(1));
        _core.Tick(S(8));
        Assert.Equal(
            "give up: the id \"w\" is in use by another worker process (incarnation 8): choose another id, or stop that one",
            Text(_core.IdInUse(8, S(5), S(8))));
    }

    [Theory]
    [InlineData(15, 17)] // the registry grants more than was asked for
    [InlineData(2, 7)] // and less: the holder may have got what we want
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
    public void An_outage_meanwhile_starts_the_wait_for_an_id_in_use_again()
    {
        _core.Start(S(0));
        _core.IdInUse(8, S(5), S(0));
        _core.Tick(S(5));
        _core.RegisterFailed("away", S(5));
        _core.Tick(S(7));
        Assert.Empty(_core.IdInUse(8, S(5), S(7)));
        _core.Tick(S(14));
        Assert.StartsWith("give up", Text(_core.IdInUse(8, S(5), S(14))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_meanwhile_starts_the_wait_for_an_id_in_use_again()
    {
        LoseLease();
        _core.IdInUse(8, S(5), S(2));
        _core.Tick(S(3));
        _core.Refused("permission denied", S(3));
        _core.Tick(S(9));
        Assert.Empty(_core.IdInUse(8, S(5), S(9)));
        _core.Tick(S(16));
        Assert.StartsWith("give up", Text(_core.IdInUse(8, S(5), S(16))), StringComparison.Ordinal);
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
        Assert.Equal("warn: renewing the lease failed; retrying: no leader", Text(_core.KeepAliveFailed("no leader", S(1))));
        _core.Tick(S(2));
        Assert.Equal("", Text(_core.KeepAliveFailed("no leader", S(2))));
        _core.Tick(S(3));
        Assert.Equal("note: the lease is renewed again", Text(_core.Kept(S(5), S(3))));
        _core.Tick(S(4));
        Assert.Equal("warn: renewing the lease failed; retrying: again", Text(_core.KeepAliveFailed("again", S(4))));
    }

    [Fact]
    public void What_was_told_of_renewals_is_forgotten_when_the_lease_is_lost_for_registered_again_says_it_all()
    {
        Register(at: 0);
        _core.Tick(S(1));
        _core.KeepAliveFailed("no leader", S(1));
        _core.Tick(S(2));
        _core.LeaseLost(S(2));
        Assert.Equal("note: this worker has registered again", Text(_core.Registered(43, S(5), S(2))));
        _core.Tick(S(3));
        Assert.Equal("", Text(_core.Kept(S(5), S(3))));
    }

    // ---- registering again

    [Fact]
    public void A_lost_lease_is_registered_anew_with_the_same_incarnation()
    {
        Register(at: 0);
        _core.Tick(S(1));
        var effects = _core.LeaseLost(S(1));
        Assert.Equal("warn: the registry ended the lease; registering again | register", Text(effects));
        Assert.Equal(7, Assert.IsType<RegistrationEffect.Register>(effects[1]).Worker.Incarnation);
        Assert.False(_core.IsRegistered);
        Assert.Equal("note: this worker has registered again", Text(_core.Registered(43, S(5), S(1))));
        Assert.Equal("keep 43", Text(_core.Tick(S(2))));
    }

    [Fact]
    public void A_worker_that_was_ready_once_retries_for_ever_and_says_why_at_once_and_every_minute()
    {
        var told = new List<string>();
        LoseLease();
        for (var now = 2; now < 182; now++)
        {
            told.Add(Text(_core.RegisterFailed("no registry", S(now))));
            Assert.InRange(_core.NextDue!.Value, S(now), S(now + 1));
            var effects = Text(_core.Tick(S(now + 1)));
            Assert.EndsWith("register", effects, StringComparison.Ordinal);
            told.Add(effects[..^"register".Length]);
        }

        Assert.Equal(
            [
                "warn: this worker could not register again; retrying: no registry",
                "warn: this worker has not been registered for 60 s; retrying: no registry | ",
                "warn: this worker has not been registered for 120 s; retrying: no registry | ",
                "warn: this worker has not been registered for 180 s; retrying: no registry | ",
            ],
            told.Where(t => t.Length > 0));
        Assert.Equal("note: this worker has registered again", Text(_core.Registered(43, S(5), S(182))));
        Assert.Equal(S(183), _core.NextDue);
    }

    [Fact]
    public void Why_a_retry_failed_is_told_once_for_each_reason_and_for_ten_reasons_at_most()
    {
        var told = 0;
        LoseLease();
        for (var i = 0; i < 40; i++)
        {
            told += Text(_core.RegisterFailed($"problem {i % 2}", S(2))).Length > 0 ? 1 : 0;
        }

        Assert.Equal(2, told);
        for (var i = 0; i < 40; i++)
        {
            told += Text(_core.RegisterFailed($"request {i} failed", S(2))).Length > 0 ? 1 : 0;
        }

        Assert.Equal(10, told);
    }

    [Fact]
    public void A_worker_without_a_registration_ends_after_its_limit_if_it_has_one()
    {
        var core = new RegistrationCore(Worker("w", incarnation: 7), Settings with { UnregisteredTimeout = S(30) }, new MiddlingRandom());
        core.Start(S(0));
        core.Registered(42, S(5), S(0));
        core.Tick(S(1));
        core.LeaseLost(S(1));
        core.RegisterFailed("no registry", S(31) - TimeSpan.FromTicks(1));
        Assert.Equal("", Text(core.Tick(S(31) - TimeSpan.FromTicks(1))));
        Assert.Equal(S(31), core.NextDue);
        Assert.Equal("give up: this worker was not registered for 30 s: no registry", Text(core.Tick(S(31))));
        Assert.Null(core.NextDue);
    }

    [Fact]
    public void An_id_taken_by_another_while_the_lease_was_lost_ends_it_when_that_one_keeps_it()
    {
        LoseLease();
        Assert.Equal(
            "warn: the id \"w\" is in use by another worker process (incarnation 8); retrying", Text(_core.IdInUse(8, S(5), S(1.1))));
        Assert.Equal(S(1.6), _core.NextDue);
        _core.Tick(S(8.1));
        Assert.Equal(
            "give up: the id \"w\" was taken by another worker process while this one had lost its lease",
            Text(_core.IdInUse(8, S(5), S(8.1))));
        Assert.Null(_core.NextDue);
    }

    [Fact]
    public void An_id_that_an_old_entry_holds_after_the_lease_was_lost_is_taken_when_that_runs_out()
    {
        LoseLease();
        _core.IdInUse(8, S(5), S(1.1));
        _core.Tick(S(5));
        Assert.Equal("note: this worker has registered again", Text(_core.Registered(43, S(5), S(5))));
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
        Assert.Equal("warn: the registry could not be told whether this worker takes jobs; retrying: no answer", Text(
            _core.UpdateFailed("no answer")));
        _core.Tick(S(1));
        Assert.Equal("update 42", Text(_core.Kept(S(5), S(1))));
        _core.Tick(S(2));
        Assert.Equal("", Text(_core.Kept(S(5), S(2))));
    }

    [Fact]
    public void A_change_that_cannot_be_written_is_told_once_and_so_is_that_it_was_written_at_last()
    {
        Register(at: 0);
        _core.Ability("broken", S(0.5));
        Assert.StartsWith("warn", Text(_core.UpdateFailed("no permission")), StringComparison.Ordinal);
        for (var second = 1; second < 5; second++)
        {
            _core.Tick(S(second));
            Assert.Equal("update 42", Text(_core.Kept(S(5), S(second))));
            Assert.Equal("", Text(_core.UpdateFailed("no permission")));
        }

        _core.Tick(S(5));
        _core.Kept(S(5), S(5));
        Assert.Equal("note: the registry has been told whether this worker takes jobs", Text(_core.Updated()));
        Assert.Equal("", Text(_core.Updated()));
    }

    [Fact]
    public void Draining_that_could_not_be_written_is_not_written_any_more_by_a_worker_that_leaves()
    {
        Register(at: 0);
        _core.Drain();
        _core.UpdateFailed("no answer");
        _core.Tick(S(1));
        _core.Leave();
        Assert.Equal("", Text(_core.Kept(S(5), S(1))));
    }

    [Fact]
    public void A_lease_lost_while_draining_is_not_taken_again()
    {
        Register(at: 0);
        _core.Drain();
        _core.Tick(S(1));
        Assert.Equal("warn: the registry ended the lease; this worker drains, so it does not register again", Text(_core.LeaseLost(S(1))));
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

    // ---- ability to work

    [Fact]
    public void A_worker_that_cannot_work_is_registered_as_draining_with_the_reason_until_it_can_again()
    {
        Register(at: 0);
        var effects = _core.Ability("no instance can be created", S(0.5));
        Assert.Equal("update 42", Text(effects));
        Assert.Equal((WorkerState.Draining, "no instance can be created"), Announced(effects));
        Assert.Equal("", Text(_core.Updated()));
        Assert.Equal("", Text(_core.Ability("no instance can be created", S(0.6))));
        Assert.Equal("keep 42", Text(_core.Tick(S(1))));
        effects = _core.Ability(null, S(1.5));
        Assert.Equal("update 42", Text(effects));
        Assert.Equal((WorkerState.Up, ""), Announced(effects));
    }

    [Fact]
    public void A_change_while_another_is_being_written_waits_for_its_end_so_that_neither_overtakes()
    {
        Register(at: 0);
        _core.Ability("broken", S(0.5));
        Assert.Equal("", Text(_core.Ability(null, S(0.6))));
        var effects = _core.Updated();
        Assert.Equal("update 42", Text(effects));
        Assert.Equal((WorkerState.Up, ""), Announced(effects));
        Assert.Equal("", Text(_core.Updated()));
    }

    [Fact]
    public void A_change_while_a_registration_is_under_way_is_written_when_it_stands()
    {
        _core.Start(S(0));
        Assert.Equal("", Text(_core.Ability("broken", S(0.5))));
        Assert.Equal("ready | update 42", Text(_core.Registered(42, S(5), S(1))));
    }

    [Fact]
    public void A_worker_that_cannot_work_registers_again_with_its_reason_after_a_lost_lease()
    {
        Register(at: 0);
        _core.Ability("broken", S(0.5));
        _core.Tick(S(1));
        Assert.Equal("broken", Assert.IsType<RegistrationEffect.Register>(_core.LeaseLost(S(1))[1]).Worker.Reason);
        Assert.Equal("note: this worker has registered again", Text(_core.Registered(43, S(5), S(1))));
    }

    [Fact]
    public void A_worker_that_cannot_work_for_its_timeout_ends_and_keeps_its_lease_until_it_leaves()
    {
        var core = new RegistrationCore(Worker("w", incarnation: 7), Settings with { UnableTimeout = S(60) }, new MiddlingRandom());
        core.Start(S(0));
        core.Registered(42, S(5), S(0));
        core.Ability("broken", S(0.5));
        core.Updated();
        core.Ability("broken in another way", S(30));
        core.Updated();
        Renew(core, from: 1, to: 60);
        Assert.Equal(S(60.5), core.NextDue);
        Assert.Equal("give up: this worker could not do jobs for 60 s: broken in another way", Text(core.Tick(S(60.5))));
        Renew(core, from: 61, to: 62);
        Assert.Equal("update 42", Text(core.Drain()));
        Assert.Equal("deregister 42", Text(core.Leave()));
    }

    [Fact]
    public void Being_able_again_in_between_starts_the_timeout_afresh_and_without_one_nothing_ends()
    {
        var core = new RegistrationCore(Worker("w", incarnation: 7), Settings with { UnableTimeout = S(60) }, new MiddlingRandom());
        foreach (var each in (RegistrationCore[])[core, _core])
        {
            each.Start(S(0));
            each.Registered(42, S(5), S(0));
            each.Ability("broken", S(0));
            each.Ability(null, S(59));
            each.Ability("broken", S(59.5));
            Renew(each, from: 1, to: 119);
        }

        Assert.StartsWith("give up", Text(core.Tick(S(119.5))), StringComparison.Ordinal);
        Assert.Equal("", Text(_core.Tick(S(119.5))));
    }

    [Fact]
    public void A_reason_is_announced_as_the_registry_will_hold_it()
    {
        Register(at: 0);
        var reason = Announced(_core.Ability("two\nlines " + new string('x', 400), S(0.5))).Reason;
        Assert.StartsWith("two lines xxx", reason, StringComparison.Ordinal);
        Assert.Equal(WorkerRecord.ReasonLengthMax, reason.Length);
    }

    [Fact]
    public void Draining_takes_the_reason_back_for_nothing_but_the_end_is_to_come()
    {
        Register(at: 0);
        _core.Ability("broken", S(0.5));
        _core.Updated();
        Assert.Equal((WorkerState.Draining, ""), Announced(_core.Drain()));
        Assert.Equal("", Text(_core.Ability(null, S(0.6))));
    }

    [Fact]
    public void A_lease_longer_than_asked_for_is_told_once_for_each_length()
    {
        _core.Start(S(0));
        Assert.Equal(
            "ready | warn: the registry grants leases of 15 s where 5 s were asked for: a worker that dies is noticed so much later",
            Text(_core.Registered(42, S(15), S(0))));
        _core.Tick(S(1));
        _core.LeaseLost(S(1));
        Assert.Equal("note: this worker has registered again", Text(_core.Registered(43, S(15), S(1))));
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

    private static (WorkerState State, string Reason) Announced(IEnumerable<RegistrationEffect> effects)
    {
        var worker = effects.OfType<RegistrationEffect.Update>().Single().Worker;
        return (worker.State, worker.Reason);
    }

    private static void Renew(RegistrationCore core, int from, int to)
    {
        for (var second = from; second <= to; second++)
        {
            Assert.Equal("keep 42", Text(core.Tick(S(second))));
            if (Text(core.Kept(S(5), S(second))) == "look 42")
            {
                core.LookFailed("not asked here", S(second));
            }
        }
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
