namespace AkkaLb.Coordination.Etcd.Tests;

public class LeaseMachineTests
{
    private const string Us = "us";
    private static readonly LeaseTimings Timings = new(
        Ttl: TimeSpan.FromSeconds(15), RenewInterval: TimeSpan.FromSeconds(5), SafetyMargin: TimeSpan.FromSeconds(1.5),
        OperationTimeout: TimeSpan.FromSeconds(5));

    private readonly LeaseMachine _machine = new(Timings, Us);
    private TimeSpan _now = TimeSpan.FromHours(1);
    private long _lastId;

    [Fact]
    public void A_free_lease_is_looked_at_granted_claimed_and_ours()
    {
        var look = Single<LeaseEffect.Look>(Acquire());
        var grant = Single<LeaseEffect.Grant>(Tell(new LeaseEvent.Looked(look.Number, null)));
        var claim = Single<LeaseEffect.Claim>(Tell(new LeaseEvent.Granted(grant.Number, 77, Timings.Ttl, _now)));
        Assert.Equal(77, claim.LeaseId);

        var answer = Single<LeaseEffect.AnswerAcquire>(Tell(new LeaseEvent.Claimed(claim.Number, 123)));

        Assert.Equal(new AcquireOutcome.Acquired(123), answer.Outcome);
        Assert.True(IsHeld);
    }

    [Fact]
    public void Somebody_elses_lease_is_refused_without_a_write()
    {
        var look = Single<LeaseEffect.Look>(Acquire());

        var answer = Single<LeaseEffect.AnswerAcquire>(Tell(new LeaseEvent.Looked(look.Number, new LeaseHolder("them", 5, "other:1"))));

        Assert.Equal("'other:1' holds it", Assert.IsType<AcquireOutcome.Refused>(answer.Outcome).Reason);
        Assert.Null(_machine.NextWake);
    }

    [Fact]
    public void An_owner_that_is_no_text_for_a_log_is_shown_as_one()
    {
        var look = Single<LeaseEffect.Look>(Acquire());

        var answer = Single<LeaseEffect.AnswerAcquire>(Tell(new LeaseEvent.Looked(look.Number, new LeaseHolder("them", 5, "x\u001b[2J\nforged"))));

        Assert.Equal("'x\\u001b[2J\\u000aforged' holds it", Assert.IsType<AcquireOutcome.Refused>(answer.Outcome).Reason);
    }

    [Fact]
    public void A_lease_longer_than_asked_is_told_once_with_both_numbers()
    {
        var longer = Timings.Ttl + TimeSpan.FromSeconds(5);
        for (var round = 0; round < 2; round++)
        {
            var grant = Single<LeaseEffect.Grant>(Tell(new LeaseEvent.Looked(Single<LeaseEffect.Look>(Acquire()).Number, null)));
            var effects = Tell(new LeaseEvent.Granted(grant.Number, 77 + round, longer, _now));
            Assert.Equal(
                round == 0 ? [new LeaseEffect.TellLonger(Timings.Ttl, longer)] : [],
                effects.OfType<LeaseEffect.TellLonger>());
            Tell(new LeaseEvent.Failed(effects.OfType<LeaseEffect.Claim>().Single().Number, "refused", IsFinal: true));
        }
    }

    [Fact]
    public void The_loser_of_a_race_gives_its_etcd_lease_back()
    {
        var claim = UpToClaim();

        var effects = Tell(new LeaseEvent.Occupied(claim.Number, new LeaseHolder("them", 5, "other:1"), 9));

        Assert.Equal(77, Assert.IsType<LeaseEffect.Abandon>(effects[0]).LeaseId);
        Assert.IsType<AcquireOutcome.Refused>(Assert.IsType<LeaseEffect.AnswerAcquire>(effects[1]).Outcome);
    }

    [Fact]
    public void A_claim_whose_answer_was_lost_is_found_to_be_ours()
    {
        var claim = UpToClaim();
        Tell(new LeaseEvent.Failed(claim.Number, "no answer", IsFinal: false));
        var again = Single<LeaseEffect.Claim>(Wake());

        var answer = Single<LeaseEffect.AnswerAcquire>(Tell(new LeaseEvent.Occupied(again.Number, new LeaseHolder(Us, 77, "us:1"), 42)));

        Assert.Equal(new AcquireOutcome.Acquired(42), answer.Outcome);
    }

    [Fact]
    public void An_old_key_of_our_own_is_revoked_before_a_new_one_is_made()
    {
        var look = Single<LeaseEffect.Look>(Acquire());

        var revoke = Single<LeaseEffect.Revoke>(Tell(new LeaseEvent.Looked(look.Number, new LeaseHolder(Us, 33, "us:1"))));

        Assert.Equal(33, revoke.LeaseId);
        Single<LeaseEffect.Look>(Tell(new LeaseEvent.Revoked(revoke.Number)));
    }

    [Theory]
    [InlineData("them")]
    [InlineData(Us)]
    public void A_key_without_a_lease_is_nobodys_and_is_told_once_and_taken_over(string instance)
    {
        for (var round = 0; round < 2; round++)
        {
            var effects = Tell(new LeaseEvent.Looked(Single<LeaseEffect.Look>(Acquire()).Number, new LeaseHolder(instance, 0, "x", Revision: 8)));
            Assert.Equal(round == 0 ? 1 : 0, effects.OfType<LeaseEffect.TellUnleased>().Count());
            var claim = Single<LeaseEffect.Claim>(
                Tell(new LeaseEvent.Granted(effects.OfType<LeaseEffect.Grant>().Single().Number, 77, Timings.Ttl, _now)));
            Assert.Equal(8, claim.Unleased);
            Tell(new LeaseEvent.Failed(claim.Number, "refused", IsFinal: true));
        }

        var free = Tell(new LeaseEvent.Looked(Single<LeaseEffect.Look>(Acquire()).Number, null));
        Assert.Equal(0, Single<LeaseEffect.Claim>(
            Tell(new LeaseEvent.Granted(Single<LeaseEffect.Grant>(free).Number, 78, Timings.Ttl, _now))).Unleased);
    }

    [Fact]
    public void The_same_owner_name_from_another_process_is_somebody_else()
    {
        var look = Single<LeaseEffect.Look>(Acquire());

        var answer = Single<LeaseEffect.AnswerAcquire>(Tell(new LeaseEvent.Looked(look.Number, new LeaseHolder("our former life", 33, "us:1"))));

        Assert.IsType<AcquireOutcome.Refused>(answer.Outcome);
    }

    [Fact]
    public void Whoever_holds_it_acquires_it_again_at_once()
    {
        Win(at: _now);

        var answer = Single<LeaseEffect.AnswerAcquire>(Acquire());

        Assert.Equal(new AcquireOutcome.Acquired(123), answer.Outcome);
    }

    [Fact]
    public void Two_who_ask_together_get_one_answer()
    {
        var first = Acquire();
        Assert.Empty(Acquire());

        var answer = Single<LeaseEffect.AnswerAcquire>(
            Tell(new LeaseEvent.Looked(Single<LeaseEffect.Look>(first).Number, new LeaseHolder("them", 5, "x"))));

        Assert.Equal(2, answer.Ids.Count);
    }

    [Fact]
    public void It_is_held_from_the_sending_of_the_grant_for_the_ttl_less_the_margin()
    {
        var sent = _now;
        Win(at: sent);

        _now = sent + Timings.Ttl - Timings.SafetyMargin - TimeSpan.FromTicks(1);
        Assert.True(IsHeld);
        _now += TimeSpan.FromTicks(1);
        Assert.False(IsHeld);
    }

    [Fact]
    public void A_renewal_counts_from_when_it_was_sent()
    {
        Win(at: _now);
        var renew = Renewal();
        var sent = _now;
        _now += TimeSpan.FromSeconds(2);

        Tell(new LeaseEvent.Renewed(renew.Number, Timings.Ttl, sent));

        Assert.Equal(sent + Timings.RenewInterval, _machine.NextWake);
        _now = sent + Timings.Ttl - Timings.SafetyMargin - TimeSpan.FromTicks(1);
        Assert.True(IsHeld);
        _now += TimeSpan.FromTicks(1);
        Assert.False(IsHeld);
    }

    [Fact]
    public void After_a_pause_beyond_the_deadline_a_late_renewal_revives_nothing()
    {
        Win(at: _now);
        var renew = Renewal();
        var sent = _now;
        _now += TimeSpan.FromMinutes(1);

        var effects = Tell(new LeaseEvent.Renewed(renew.Number, TimeSpan.FromHours(1), sent));

        Single<LeaseEffect.TellLost>(effects);
        Assert.False(IsHeld);
    }

    [Fact]
    public void A_holder_that_only_checks_after_a_pause_finds_it_gone_and_the_loss_is_told_once()
    {
        Win(at: _now);
        _now += TimeSpan.FromMinutes(1);

        Assert.False(IsHeld);
        Single<LeaseEffect.TellLost>(Wake());
        Assert.Empty(Wake().OfType<LeaseEffect.TellLost>());
    }

    [Fact]
    public void Failed_renewals_are_tried_again_until_the_time_is_over_and_then_it_is_lost()
    {
        Win(at: _now);
        var deadline = _now + Timings.Ttl - Timings.SafetyMargin;
        var renewals = 0;
        List<LeaseEffect> told = [];
        while (_now < deadline)
        {
            _now = _machine.NextWake!.Value;
            foreach (var effect in Wake())
            {
                told.Add(effect);
                if (effect is LeaseEffect.Renew renew)
                {
                    renewals++;
                    Tell(new LeaseEvent.Failed(renew.Number, "etcd is away", IsFinal: true));
                }
            }
        }

        Assert.InRange(renewals, 5, 40);
        Assert.Contains("etcd is away", Assert.Single(told.OfType<LeaseEffect.TellLost>()).Reason, StringComparison.Ordinal);
        Assert.Equal(deadline, _now);
    }

    [Fact]
    public void A_lease_that_etcd_does_not_know_any_more_is_lost_at_once()
    {
        Win(at: _now);

        var lost = Single<LeaseEffect.TellLost>(Tell(new LeaseEvent.Gone(Renewal().Number, "revoked")));

        Assert.Equal("revoked", lost.Reason);
        Assert.False(IsHeld);
    }

    [Fact]
    public void Releasing_ends_the_ownership_before_etcd_is_asked_and_tells_no_loss()
    {
        Win(at: _now);

        var revoke = Single<LeaseEffect.Revoke>(Release());
        Assert.False(IsHeld);

        Assert.True(Single<LeaseEffect.AnswerRelease>(Tell(new LeaseEvent.Revoked(revoke.Number))).IsReleased);
    }

    [Fact]
    public void A_release_without_an_outcome_answers_false_and_holds_nothing_and_the_next_one_tries_again()
    {
        Win(at: _now);
        var revoke = Single<LeaseEffect.Revoke>(Release());
        _now += Timings.OperationTimeout;

        Assert.False(Single<LeaseEffect.AnswerRelease>(Wake()).IsReleased);
        Assert.False(IsHeld);
        Assert.Empty(Tell(new LeaseEvent.Revoked(revoke.Number)));

        Assert.Equal(77, Single<LeaseEffect.Revoke>(Release()).LeaseId);
    }

    [Fact]
    public void Releasing_what_is_not_held_is_done_at_once() =>
        Assert.True(Single<LeaseEffect.AnswerRelease>(Release()).IsReleased);

    [Fact]
    public void A_release_overtakes_the_acquiring_and_waits_until_its_key_is_gone()
    {
        var claim = UpToClaim();

        var effects = Release();

        Assert.IsType<AcquireOutcome.Refused>(Assert.IsType<LeaseEffect.AnswerAcquire>(effects[0]).Outcome);
        Assert.Equal(77, Assert.IsType<LeaseEffect.Revoke>(effects[1]).LeaseId);
        Assert.Empty(Tell(new LeaseEvent.Claimed(claim.Number, 123)));
        Assert.False(IsHeld);
    }

    [Fact]
    public void A_grant_answered_after_the_release_is_given_back()
    {
        var look = Single<LeaseEffect.Look>(Acquire());
        var grant = Single<LeaseEffect.Grant>(Tell(new LeaseEvent.Looked(look.Number, null)));
        Release();

        Assert.Equal(77, Single<LeaseEffect.Abandon>(Tell(new LeaseEvent.Granted(grant.Number, 77, Timings.Ttl, _now))).LeaseId);
    }

    [Fact]
    public void A_caller_that_acquires_during_a_release_waits_for_it()
    {
        Win(at: _now);
        var revoke = Single<LeaseEffect.Revoke>(Release());
        Assert.Empty(Acquire());

        var effects = Tell(new LeaseEvent.Revoked(revoke.Number));

        Assert.IsType<LeaseEffect.AnswerRelease>(effects[0]);
        Assert.IsType<LeaseEffect.Look>(effects[1]);
    }

    /// <summary>Found by the simulation: it was acquired after it had been released.</summary>
    [Fact]
    public void A_release_is_the_last_word_also_for_a_caller_that_waits_for_an_earlier_release()
    {
        Win(at: _now);
        var revoke = Single<LeaseEffect.Revoke>(Release());
        Acquire();

        Assert.IsType<AcquireOutcome.Refused>(Single<LeaseEffect.AnswerAcquire>(Release()).Outcome);

        Assert.Equal(2, Single<LeaseEffect.AnswerRelease>(Tell(new LeaseEvent.Revoked(revoke.Number))).Ids.Count);
        Assert.Null(_machine.NextWake);
    }

    [Fact]
    public void Acquiring_without_an_outcome_ends_with_a_timeout_that_names_the_last_trouble()
    {
        var look = Single<LeaseEffect.Look>(Acquire());
        Tell(new LeaseEvent.Failed(look.Number, "etcd is away", IsFinal: false));
        _now += Timings.OperationTimeout;

        var outcome = Assert.IsType<AcquireOutcome.Undecided>(Single<LeaseEffect.AnswerAcquire>(Wake()).Outcome);

        Assert.True(outcome.IsTimeout);
        Assert.Equal("no outcome within 5 s: etcd is away", outcome.Reason);
    }

    [Fact]
    public void A_refusal_by_etcd_ends_the_acquiring_at_once()
    {
        var look = Single<LeaseEffect.Look>(Acquire());

        var answer = Single<LeaseEffect.AnswerAcquire>(Tell(new LeaseEvent.Failed(look.Number, "permission denied", IsFinal: true)));

        Assert.Equal(new AcquireOutcome.Undecided("permission denied", IsTimeout: false), answer.Outcome);
    }

    [Fact]
    public void A_claim_won_after_its_time_is_no_ownership()
    {
        var claim = UpToClaim();
        _now += Timings.Ttl;

        var effects = Tell(new LeaseEvent.Claimed(claim.Number, 123));

        Assert.Contains(effects, e => e is LeaseEffect.AnswerAcquire { Outcome: AcquireOutcome.Undecided });
        Assert.False(IsHeld);
    }

    private bool IsHeld => _machine.Term?.IsHeld(_now) ?? false;

    private IReadOnlyList<LeaseEffect> Tell(LeaseEvent happened) => _machine.Handle(happened, _now);

    private IReadOnlyList<LeaseEffect> Acquire() => Tell(new LeaseEvent.AcquireRequested(++_lastId));

    private IReadOnlyList<LeaseEffect> Release() => Tell(new LeaseEvent.ReleaseRequested(++_lastId));

    /// <summary>Moves the clock to the next wake, unless it is past it already.</summary>
    private IReadOnlyList<LeaseEffect> Wake()
    {
        if (_machine.NextWake is { } wake && wake > _now)
        {
            _now = wake;
        }

        return Tell(new LeaseEvent.Woken());
    }

    private LeaseEffect.Claim UpToClaim()
    {
        var look = Single<LeaseEffect.Look>(Acquire());
        var grant = Single<LeaseEffect.Grant>(Tell(new LeaseEvent.Looked(look.Number, null)));
        return Single<LeaseEffect.Claim>(Tell(new LeaseEvent.Granted(grant.Number, 77, Timings.Ttl, _now)));
    }

    private void Win(TimeSpan at)
    {
        _now = at;
        Tell(new LeaseEvent.Claimed(UpToClaim().Number, 123));
        Assert.True(IsHeld);
    }

    private LeaseEffect.Renew Renewal() => Single<LeaseEffect.Renew>(Wake());

    private static T Single<T>(IEnumerable<LeaseEffect> effects) where T : LeaseEffect => Assert.Single(effects.OfType<T>());
}
