using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Etcd;
using AkkaLb.Registry;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;

namespace AkkaLb.Worker.Tests;

/// <summary>The test is the worker's program and its registry.</summary>
public class RegistrationActorTests : VirtualTimeKit
{
    private const long Lease = 42;
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);
    private static readonly WorkerRecord Worker = new("w", 7, "akka.tcp://AkkaLb@127.0.0.1:1/user/worker#1", WorkerState.Up, 8, 1000, "0.1.0");

    private readonly ScriptedRegistry _registry = new();
    private readonly IActorRef _registration;

    public RegistrationActorTests()
    {
        _registration = Sys.ActorOf(RegistrationActor.Props(
            Worker, _registry, new RegistrationSettings(
                Ttl, Heartbeat, Wait, new BackOff(TimeSpan.FromMilliseconds(100), Ttl / 3)), new Random(4053), TestActor));
        IgnoreMessages(m => m is Unregistered);
    }

    [Fact]
    public async Task It_registers_at_once_and_says_ready_when_it_is()
    {
        var call = await _registry.NextAsync<RegisterOutcome>("register");
        Assert.Equal(Worker, call.Worker);
        Assert.False(HasMessages);
        await call.Answer(Held());
        ExpectMsg<WorkerReady>();
    }

    [Fact]
    public async Task The_lease_is_renewed_at_each_interval()
    {
        await RegisterAsync();
        for (var i = 0; i < 4; i++)
        {
            await RenewAsync(new KeepAliveOutcome.Kept(Ttl));
            Assert.False(_registry.HasCalls);
        }

        Assert.False(HasMessages);
    }

    [Fact]
    public async Task It_does_not_renew_before_its_time()
    {
        await RegisterAsync();
        await PassAsync(Heartbeat - TimeSpan.FromMilliseconds(1));
        Assert.False(_registry.HasCalls);
    }

    [Fact]
    public async Task After_a_lost_lease_it_registers_again_with_the_same_incarnation_and_is_ready_only_once()
    {
        await RegisterAsync();
        await RenewAsync(new KeepAliveOutcome.LeaseLost());
        var again = await _registry.NextAsync<RegisterOutcome>("register");
        Assert.Equal(Worker, again.Worker);
        await AnswerAsync(again, new RegisterOutcome.Registered(Lease + 1, Ttl));
        await PassAsync(Heartbeat);
        Assert.Equal(Lease + 1, (await _registry.NextAsync<KeepAliveOutcome>("keep alive")).LeaseId);
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task A_lease_that_cannot_be_renewed_counts_as_lost_when_its_time_is_over()
    {
        await RegisterAsync();
        for (var second = 1; second < 5; second++)
        {
            await PassAsync(Heartbeat);
            await FailAsync(await _registry.NextAsync<KeepAliveOutcome>("keep alive"), new RegistryUnavailableException("no answer"));
        }

        await PassAsync(Heartbeat);
        await _registry.NextAsync<RegisterOutcome>("register");
    }

    [Fact]
    public async Task An_id_in_use_is_tried_for_a_lease_and_the_slack_and_then_given_up()
    {
        var tried = TimeSpan.Zero;
        while (tried < Ttl + RegistrationSettings.ExpirySlack)
        {
            await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegisterOutcome.IdInUse(99, Ttl));
            Assert.False(HasMessages);
            await PassAsync(Ttl / 10);
            tried += Ttl / 10;
        }

        await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegisterOutcome.IdInUse(99, Ttl));
        Assert.Equal(
            "the id \"w\" is in use by another worker process (incarnation 99): choose another id, or stop that one",
            ExpectMsg<WorkerGaveUp>().Sentence);
        await PassAsync(Ttl * 10);
        Assert.False(_registry.HasCalls);
    }

    [Fact]
    public async Task An_id_whose_holder_goes_away_in_time_is_taken()
    {
        await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegisterOutcome.IdInUse(99, Ttl));
        await PassAsync(Ttl / 10);
        await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), Held());
        ExpectMsg<WorkerReady>();
    }

    [Fact]
    public async Task An_id_taken_while_the_lease_was_lost_is_tried_for_a_lease_and_the_slack_and_then_given_up()
    {
        await RegisterAsync();
        await RenewAsync(new KeepAliveOutcome.LeaseLost());
        for (var tried = TimeSpan.Zero; tried < Ttl + RegistrationSettings.ExpirySlack; tried += Ttl / 10)
        {
            await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegisterOutcome.IdInUse(99, Ttl));
            Assert.False(HasMessages);
            await PassAsync(Ttl / 10);
        }

        await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegisterOutcome.IdInUse(99, Ttl));
        Assert.Contains("was taken by another worker process", ExpectMsg<WorkerGaveUp>().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_unreachable_at_the_start_is_given_up_after_the_wait()
    {
        var start = Sys.Scheduler.MonotonicClock;
        while (Sys.Scheduler.MonotonicClock - start < Wait)
        {
            await FailAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegistryUnavailableException("connection refused"));
            Assert.False(HasMessages);
            await PassAsync(Ttl / 3);
        }

        await FailAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegistryUnavailableException("connection refused"));
        Assert.Equal("this worker could not register within 10 s: connection refused", ExpectMsg<WorkerGaveUp>().Sentence);
    }

    [Fact]
    public async Task A_registry_that_refuses_is_given_up_at_once()
    {
        await FailAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegistryRefusedException("no permission"));
        Assert.Equal("no permission", ExpectMsg<WorkerGaveUp>().Sentence);
    }

    [Fact]
    public async Task Once_registered_no_outage_is_too_long()
    {
        await RegisterAsync();
        await RenewAsync(new KeepAliveOutcome.LeaseLost());
        for (var i = 0; i < 100; i++)
        {
            await FailAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegistryUnavailableException("connection refused"));
            await PassAsync(Ttl / 3);
        }

        await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), Held());
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task An_entry_that_is_gone_is_put_back_under_the_same_lease()
    {
        await RegisterAsync();
        var look = await UntilItLooksAsync();
        Assert.Equal((Lease, Worker), (look.LeaseId, look.Worker));
        await AnswerAsync(look, new EntrySight.Missing());
        var put = await _registry.NextAsync<bool>("put back");
        Assert.Equal((Lease, Worker), (put.LeaseId, put.Worker));
        Assert.Equal([0], _registry.Revisions);
        await AnswerAsync(put, true);
        await RenewAsync(new KeepAliveOutcome.Kept(Ttl));
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task A_look_or_a_putting_back_that_fails_ends_nothing()
    {
        await RegisterAsync();
        await FailAsync(await UntilItLooksAsync(), new RegistryRefusedException("no permission"));
        await AnswerAsync(await UntilItLooksAsync(), new EntrySight.Unreadable(0, 17));
        await FailAsync(await _registry.NextAsync<bool>("put back"), new RegistryUnavailableException("no answer"));
        Assert.Equal([17], _registry.Revisions);
        await RenewAsync(new KeepAliveOutcome.Kept(Ttl));
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task An_id_that_another_process_has_by_then_is_given_up_after_a_lease_and_the_slack()
    {
        await RegisterAsync();
        await AnswerAsync(await UntilItLooksAsync(), new EntrySight.Found(Lease + 1, 17, Worker with { Incarnation = 99 }));
        await AnswerAsync(await _registry.NextAsync<bool>("deregister"), true);
        for (var tried = TimeSpan.Zero; tried < Ttl + RegistrationSettings.ExpirySlack; tried += Ttl / 10)
        {
            await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegisterOutcome.IdInUse(99, Ttl));
            Assert.False(HasMessages);
            await PassAsync(Ttl / 10);
        }

        await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), new RegisterOutcome.IdInUse(99, Ttl));
        Assert.Equal(
            "the id \"w\" was taken by another worker process (incarnation 99) while this one was registered", ExpectMsg<WorkerGaveUp>().Sentence);
        Assert.Empty(_registry.Revisions);
    }

    [Fact]
    public async Task Draining_is_answered_when_the_registry_has_been_told_and_the_lease_is_renewed_on()
    {
        await RegisterAsync();
        _registration.Tell(AnnounceDraining.Instance, TestActor);
        var update = await _registry.NextAsync<bool>("update");
        Assert.Equal((Lease, Worker with { State = WorkerState.Draining }), (update.LeaseId, update.Worker));
        await Settled(_registration);
        Assert.False(HasMessages);
        await update.Answer(true);
        ExpectMsg<DrainingAnnounced>();
        await RenewAsync(new KeepAliveOutcome.Kept(Ttl));
    }

    [Fact]
    public async Task What_the_gate_says_of_its_ability_is_written_in_the_registry_one_after_another()
    {
        await RegisterAsync();
        _registration.Tell(new GateAbility("broken"));
        var first = await _registry.NextAsync<bool>("update");
        Assert.Equal((WorkerState.Draining, "broken"), (first.Worker!.State, first.Worker.Reason));
        _registration.Tell(new GateAbility(null));
        await Settled(_registration);
        Assert.False(_registry.HasCalls);
        await AnswerAsync(first, true);
        Assert.Equal(Worker, (await _registry.NextAsync<bool>("update")).Worker);
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task Draining_and_leaving_are_answered_also_when_the_registry_cannot_be_told()
    {
        await RegisterAsync();
        _registration.Tell(AnnounceDraining.Instance, TestActor);
        await (await _registry.NextAsync<bool>("update")).Fail(new RegistryUnavailableException("no answer"));
        ExpectMsg<DrainingAnnounced>();
        _registration.Tell(LeaveRegistry.Instance, TestActor);
        await (await _registry.NextAsync<bool>("deregister")).Fail(new RegistryUnavailableException("no answer"));
        ExpectMsg<RegistryLeft>();
    }

    [Fact]
    public async Task Draining_that_the_registry_could_not_be_told_is_told_after_the_next_renewal()
    {
        await RegisterAsync();
        _registration.Tell(AnnounceDraining.Instance, TestActor);
        await (await _registry.NextAsync<bool>("update")).Fail(new RegistryUnavailableException("no answer"));
        ExpectMsg<DrainingAnnounced>();
        await RenewAsync(new KeepAliveOutcome.Kept(Ttl));
        Assert.Equal(WorkerState.Draining, (await _registry.NextAsync<bool>("update")).Worker!.State);
    }

    [Fact]
    public async Task A_worker_that_drains_does_not_take_a_lost_lease_again()
    {
        await RegisterAsync();
        _registration.Tell(AnnounceDraining.Instance, TestActor);
        await (await _registry.NextAsync<bool>("update")).Answer(true);
        ExpectMsg<DrainingAnnounced>();
        await RenewAsync(new KeepAliveOutcome.LeaseLost());
        await PassAsync(Ttl);
        Assert.False(_registry.HasCalls);
    }

    [Fact]
    public async Task A_registration_that_succeeds_after_draining_began_is_given_back()
    {
        var call = await _registry.NextAsync<RegisterOutcome>("register");
        _registration.Tell(AnnounceDraining.Instance, TestActor);
        ExpectMsg<DrainingAnnounced>();
        await call.Answer(Held());
        Assert.Equal(Lease, (await _registry.NextAsync<bool>("deregister")).LeaseId);
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task Leaving_gives_the_lease_back_before_it_is_answered_and_renews_no_more()
    {
        await RegisterAsync();
        _registration.Tell(LeaveRegistry.Instance, TestActor);
        var deregister = await _registry.NextAsync<bool>("deregister");
        Assert.Equal(Lease, deregister.LeaseId);
        await Settled(_registration);
        Assert.False(HasMessages);
        await deregister.Answer(true);
        ExpectMsg<RegistryLeft>();
        await PassAsync(Ttl);
        Assert.False(_registry.HasCalls);
    }

    [Fact]
    public async Task A_registration_that_succeeds_after_leaving_is_given_back()
    {
        var call = await _registry.NextAsync<RegisterOutcome>("register");
        _registration.Tell(LeaveRegistry.Instance, TestActor);
        ExpectMsg<RegistryLeft>();
        await call.Answer(Held());
        Assert.Equal(Lease, (await _registry.NextAsync<bool>("deregister")).LeaseId);
        Assert.False(HasMessages);
    }

    [Theory]
    [InlineData("in use")]
    [InlineData("unavailable")]
    [InlineData("refused")]
    public async Task A_registration_that_fails_after_leaving_is_not_tried_again_nor_told(string how)
    {
        var call = await _registry.NextAsync<RegisterOutcome>("register");
        _registration.Tell(LeaveRegistry.Instance, TestActor);
        ExpectMsg<RegistryLeft>();
        await (how switch
        {
            "in use" => call.Answer(new RegisterOutcome.IdInUse(99, Ttl)),
            "unavailable" => call.Fail(new RegistryUnavailableException("no answer")),
            _ => call.Fail(new RegistryRefusedException("no permission")),
        });
        await PassAsync(Ttl * 3);
        await PassAsync(Ttl * 3);
        Assert.False(_registry.HasCalls);
        Assert.False(HasMessages);
    }

    [Fact]
    public async Task Stopping_cancels_what_is_under_way()
    {
        var call = await _registry.NextAsync<RegisterOutcome>("register");
        Watch(_registration);
        Sys.Stop(_registration);
        ExpectTerminated(_registration);
        Assert.True(call.Cancelled.IsCancellationRequested);
    }

    private static RegisterOutcome.Registered Held() => new(Lease, Ttl);

    private async Task RegisterAsync()
    {
        await AnswerAsync(await _registry.NextAsync<RegisterOutcome>("register"), Held());
        ExpectMsg<WorkerReady>();
    }

    private async Task RenewAsync(KeepAliveOutcome outcome)
    {
        await PassAsync(Heartbeat);
        await AnswerAsync(await _registry.NextAsync<KeepAliveOutcome>("keep alive"), outcome);
    }

    /// <summary>Renews until, about a TTL after the last time, it looks at its entry.</summary>
    private async Task<Call<EntrySight>> UntilItLooksAsync()
    {
        for (var passed = TimeSpan.Zero; !_registry.HasCalls; passed += Heartbeat)
        {
            Assert.InRange(passed, TimeSpan.Zero, Ttl);
            await RenewAsync(new KeepAliveOutcome.Kept(Ttl));
        }

        return await _registry.NextAsync<EntrySight>("look");
    }

    private async Task AnswerAsync<T>(Call<T> call, T answer)
    {
        await call.Answer(answer);
        await Settled(_registration);
    }

    private async Task FailAsync<T>(Call<T> call, Exception why)
    {
        await call.Fail(why);
        await Settled(_registration);
    }

    private async Task PassAsync(TimeSpan time)
    {
        await Settled(_registration);
        Advance(time);
        await Settled(_registration);
    }
}
