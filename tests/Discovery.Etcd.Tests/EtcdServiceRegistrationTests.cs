using System.Collections.Immutable;
using AkkaLb.Etcd;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Discovery.Etcd.Tests;

[Collection(EtcdTests.Name)]
public sealed class EtcdServiceRegistrationTests(EtcdFixture fixture) : IAsyncLifetime
{
    private static readonly ServiceInstance A = new("a", "127.0.0.1", 1);
    private static readonly RegistrationOptions Refusing = new() { LeaseTtl = TimeSpan.FromSeconds(4), OnConflict = ConflictRule.Refuse };
    private readonly string _prefix = fixture.NewPrefix();
    private Party _party = null!;

    private string KeyA => $"{_prefix}/greeter/a";

    public Task InitializeAsync()
    {
        _party = new Party(fixture.Etcd, _prefix);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _party.DisposeAsync();

    [Fact]
    public async Task Instances_are_watched_in_registration_order_and_leave_when_disposed()
    {
        var watch = _party.Watch();
        await watch.UntilAsync();
        var b = _party.Register(A with { Id = "b" });
        await b.Registration.Registered.WaitAsync(Bound.Time);
        _party.Register(A);
        Assert.Equal(A, (await watch.UntilAsync("b", "a"))[1]);

        await b.DisposeAsync();
        await watch.UntilAsync("a");
        Assert.False(b.Registration.IsRegistered);
    }

    [Fact]
    public async Task An_update_keeps_lease_and_place()
    {
        var watch = _party.Watch();
        var a = _party.Register(A, new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(60) });
        await a.NextAsync<RegistrationEvent.Registered>();
        var lease = await LeaseOfAAsync();
        var changed = A with { Attributes = ImmutableSortedDictionary<string, string>.Empty.Add("state", "draining") };
        await a.Registration.UpdateAsync(changed, Bound.Token());

        Assert.Equal("draining", (await _party.Services.ReadAsync("greeter", Bound.Token())).Instances.Single().Attributes["state"]);
        Assert.Equal(lease, await LeaseOfAAsync());
        Assert.Equal(changed, a.Registration.Instance);
        while ((await watch.UntilAsync("a"))[0].Attributes.IsEmpty)
        {
        }

        await Assert.ThrowsAsync<ArgumentException>(() => a.Registration.UpdateAsync(A with { Id = "b" }, Bound.Token()));
        await a.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => a.Registration.UpdateAsync(A, Bound.Token()));
    }

    [Fact]
    public async Task A_callback_that_throws_ends_the_registration_for_all_to_see()
    {
        await using var registration = _party.Services.Register("greeter", A, Refusing, _ => throw new InvalidOperationException("thrown"));
        Assert.Equal("thrown", (await Assert.ThrowsAsync<InvalidOperationException>(() => registration.Completion.WaitAsync(Bound.Time))).Message);
        await Assert.ThrowsAsync<InvalidOperationException>(() => registration.Registered);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => registration.UpdateAsync(A, Bound.Token()));
        Assert.Empty((await _party.Services.ReadAsync("greeter", Bound.Token())).Instances);
    }

    [Fact]
    public async Task A_callback_that_throws_ends_the_subscription_for_all_to_see()
    {
        await using var subscription = _party.Services.Subscribe("greeter", _ => throw new InvalidOperationException("thrown"));
        Assert.Equal("thrown", (await Assert.ThrowsAsync<InvalidOperationException>(() => subscription.Completion.WaitAsync(Bound.Time))).Message);
    }

    [Fact]
    public async Task A_second_one_is_refused_while_the_first_lives_and_says_where_that_is()
    {
        await _party.Register(A, Refusing).Registration.Registered.WaitAsync(Bound.Time);
        var second = _party.Register(A with { Port = 2 }, Refusing);

        var refused = await Assert.ThrowsAsync<InstanceTakenException>(() => second.Registration.Registered.WaitAsync(Bound.Time));
        Assert.Equal("instance \"a\" of \"greeter\" is in use by another process, at 127.0.0.1:1", refused.Message);
        await second.NextAsync<RegistrationEvent.Taken>();
        Assert.Equal(1, (await _party.Services.ReadAsync("greeter", Bound.Token())).Instances.Single().Port);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second.Registration.UpdateAsync(A, Bound.Token()));
    }

    [Fact]
    public async Task A_second_one_gets_the_id_that_a_crashed_process_left_behind()
    {
        var granted = (await fixture.Etcd.Etcdctl("lease", "grant", "2")).Split(' ')[1];
        await fixture.Etcd.Etcdctl("put", KeyA, """{"host":"h","port":1}""", "--lease", granted);

        var second = _party.Register(A with { Port = 2 }, Refusing);
        await second.Registration.Registered.WaitAsync(Bound.Time);
        Assert.Equal(2, (await _party.Services.ReadAsync("greeter", Bound.Token())).Instances.Single().Port);
    }

    [Fact]
    public async Task A_replaced_one_notices_and_ends_and_takes_nothing_with_it()
    {
        var first = _party.Register(A);
        await first.Registration.Registered.WaitAsync(Bound.Time);
        await _party.Register(A with { Port = 2 }).Registration.Registered.WaitAsync(Bound.Time);

        var taken = await first.NextAsync<RegistrationEvent.Taken>();
        Assert.Equal("instance \"a\" of \"greeter\" was taken by another process, at 127.0.0.1:2", taken.Sentence);
        await first.DisposeAsync();
        Assert.Equal(2, (await _party.Services.ReadAsync("greeter", Bound.Token())).Instances.Single().Port);
    }

    [Fact]
    public async Task A_key_deleted_by_hand_comes_back_under_the_same_lease()
    {
        var watch = _party.Watch();
        await _party.Register(A, new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(6) }).Registration.Registered.WaitAsync(Bound.Time);
        await watch.UntilAsync("a");
        var lease = await LeaseOfAAsync();
        await fixture.Etcd.Etcdctl("del", KeyA);
        await watch.UntilAsync();
        await watch.UntilAsync("a");
        Assert.Equal(lease, await LeaseOfAAsync());
    }

    [Fact]
    public async Task A_registration_whose_key_is_written_over_without_a_lease_writes_it_back()
    {
        var watch = _party.Watch();
        var a = _party.Register(A, Refusing);
        await a.NextAsync<RegistrationEvent.Registered>();
        await watch.UntilAsync("a");
        await fixture.Etcd.Etcdctl("put", KeyA, """{"host":"h","port":2}""");
        Assert.Equal(KeyA, (await watch.NextAsync<Watched<ServiceInstance>.Skipped>()).Key);

        Assert.Equal("its key was written over without a lease", (await a.NextAsync<RegistrationEvent.Lost>()).Reason);
        Assert.True((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        Assert.Equal(A, Assert.Single(await watch.UntilAsync("a")));
    }

    [Fact]
    public async Task A_registration_whose_key_is_written_over_under_its_own_lease_writes_it_back_and_says_so()
    {
        var a = _party.Register(A, Refusing);
        await a.NextAsync<RegistrationEvent.Registered>();
        await a.Registration.UpdateAsync(A with { Port = 2 }, Bound.Token());
        await fixture.Etcd.Etcdctl("put", KeyA, """{"host":"h","port":3}""", "--lease", await LeaseOfAAsync());

        Assert.Equal("its key was written over", (await a.NextAsync<RegistrationEvent.Lost>()).Reason);
        Assert.True((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        Assert.Equal(A with { Port = 2 }, (await _party.Services.ReadAsync("greeter", Bound.Token())).Instances.Single());
        Assert.Single(a.Seen.OfType<RegistrationEvent.Lost>());
    }

    [Fact]
    public async Task An_id_that_a_key_without_a_lease_has_is_free()
    {
        await fixture.Etcd.Etcdctl("put", KeyA, """{"host":"h","port":2}""");
        Assert.Empty((await _party.Services.ReadAsync("greeter", Bound.Token())).Instances);

        await _party.Register(A, new RegistrationOptions { LeaseTtl = TimeSpan.FromHours(1), OnConflict = ConflictRule.Refuse })
            .Registration.Registered.WaitAsync(Bound.Time);

        Assert.Equal(A, Assert.Single((await _party.Services.ReadAsync("greeter", Bound.Token())).Instances));
    }

    [Fact]
    public async Task A_revoked_lease_is_replaced()
    {
        var a = _party.Register(A);
        await a.NextAsync<RegistrationEvent.Registered>();
        var lease = await LeaseOfAAsync();
        await fixture.Etcd.Etcdctl("lease", "revoke", lease);
        Assert.True((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        Assert.Single(a.Seen.OfType<RegistrationEvent.Lost>());
        Assert.NotEqual(lease, await LeaseOfAAsync());
    }

    [Fact]
    public async Task Unreadable_values_are_told_once_and_left_out()
    {
        await fixture.Etcd.Etcdctl("put", KeyA, "[]");
        var watch = _party.Watch();
        await watch.UntilAsync();
        Assert.Equal(KeyA, (await watch.NextAsync<Watched<ServiceInstance>.Skipped>()).Key);
        _party.Register(A with { Id = "b" });
        await watch.UntilAsync("b");
        Assert.Single(watch.Seen.OfType<Watched<ServiceInstance>.Skipped>());
        var (instances, unreadable) = await _party.Services.ReadAsync("greeter", Bound.Token());
        Assert.Equal(("b", KeyA), (instances.Single().Id, unreadable.Single().Key));
        await fixture.Etcd.Etcdctl("del", KeyA);
    }

    [Fact]
    public async Task Services_do_not_see_each_other_also_when_one_name_begins_like_the_other()
    {
        await _party.Register(A, service: "green").Registration.Registered.WaitAsync(Bound.Time);
        Assert.Empty((await _party.Services.ReadAsync("gree", Bound.Token())).Instances);
        Assert.Single((await _party.Services.ReadAsync("green", Bound.Token())).Instances);
    }

    /// <summary>In hexadecimal, as etcdctl writes it.</summary>
    private async Task<string> LeaseOfAAsync()
    {
        var json = await fixture.Etcd.Etcdctl("get", KeyA, "-w", "fields");
        var lease = json.Split('\n').Single(l => l.StartsWith("\"Lease\" : ", StringComparison.Ordinal))["\"Lease\" : ".Length..];
        return long.Parse(lease, System.Globalization.CultureInfo.InvariantCulture).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>An etcd whose members elect each other slowly grants longer leases than anybody asked for.</summary>
public sealed class LongLeaseTests
{
    [Fact]
    public async Task A_second_one_waits_for_a_crashed_process_as_long_as_etcd_keeps_its_lease()
    {
        await using var etcd = await EtcdProcess.StartAsync(EtcdTimers.Slow);
        await using var party = new Party(etcd, "/p");
        var granted = await etcd.Etcdctl("lease", "grant", "1");
        Assert.Contains("TTL(5s)", granted, StringComparison.Ordinal);
        await etcd.Etcdctl("put", "/p/greeter/a", """{"host":"h","port":1}""", "--lease", granted.Split(' ')[1]);

        var second = party.Register(
            new ServiceInstance("a", "127.0.0.1", 2),
            new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(1), OnConflict = ConflictRule.Refuse });

        await second.Registration.Registered.WaitAsync(Bound.Time);
        Assert.Equal(TimeSpan.FromSeconds(5), second.Registration.LeaseTtl);
        await second.NextAsync<RegistrationEvent.Registered>();
        Assert.Equal(
            "etcd grants leases of 5 s where 1 s were asked for: after a crash it is found for that long",
            $"{second.Seen.OfType<RegistrationEvent.LongerLease>().Single()}");
    }
}

/// <summary>What an outage of etcd does to registrations and watches; each test has an etcd of its own.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private static readonly ServiceInstance A = new("a", "127.0.0.1", 1);
    private EtcdProcess _etcd = null!;
    private Party _party = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _party = new Party(_etcd, "/p", TimeSpan.FromSeconds(1));
    }

    public async Task DisposeAsync()
    {
        await _party.DisposeAsync();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task A_wiped_etcd_gets_the_registration_again_and_the_watch_continues()
    {
        var watch = _party.Watch();
        var a = _party.Register(A);
        await a.NextAsync<RegistrationEvent.Registered>();
        await watch.UntilAsync("a");
        _etcd.Wipe();
        await _etcd.RestartAsync();
        Assert.True((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        await watch.NextAsync<Watched<ServiceInstance>.Up>();
        await _etcd.PutLeasedAsync("/p/greeter/z", """{"host":"h","port":1}""");
        await watch.UntilAsync("a", "z");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public async Task Restored_from_a_backup_of_another_process_time_it_waits_for_that_ones_lease_and_is_registered_again(int othersTtl)
    {
        var lease = (await _etcd.Etcdctl("lease", "grant", $"{othersTtl}")).Split(' ')[1];
        await _etcd.Etcdctl("put", "/p/greeter/a", """{"host":"old","port":1}""", "--lease", lease);
        var backup = await _etcd.BackUpAsync();
        await _etcd.Etcdctl("lease", "revoke", lease);
        var a = _party.Register(A, new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(6), OnConflict = ConflictRule.Refuse });
        await a.NextAsync<RegistrationEvent.Registered>();

        await _etcd.RestoreAsync(backup);
        await _etcd.RestartAsync();
        Assert.Contains("old", await _etcd.Etcdctl("get", "/p/greeter/a"), StringComparison.Ordinal);
        Assert.True((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        Assert.Contains("127.0.0.1", await _etcd.Etcdctl("get", "/p/greeter/a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_within_the_time_to_live_goes_unnoticed_by_others()
    {
        var watch = _party.Watch();
        var a = _party.Register(A, new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(60) });
        await a.NextAsync<RegistrationEvent.Registered>();
        await watch.UntilAsync("a");
        await _etcd.RestartAsync();
        await watch.NextAsync<Watched<ServiceInstance>.Up>();
        await _party.Register(A with { Id = "b" }).NextAsync<RegistrationEvent.Registered>();
        await watch.UntilAsync("a", "b");
        var known = watch.Seen.OfType<Watched<ServiceInstance>.Known>();
        Assert.All(known.SkipWhile(i => i.All.Count == 0), i => Assert.Contains(i.All, x => x.Id == "a"));
        Assert.True(a.Registration.IsRegistered);
        Assert.Single(a.Seen);
    }

    [Fact]
    public async Task Frozen_for_longer_than_the_time_to_live_it_is_registered_again_afterwards()
    {
        var a = _party.Register(A);
        await a.NextAsync<RegistrationEvent.Registered>();
        _etcd.Freeze();
        try
        {
            await a.NextAsync<RegistrationEvent.Lost>();
            Assert.False(a.Registration.IsRegistered);
            await a.NextAsync<RegistrationEvent.Trouble>();
        }
        finally
        {
            _etcd.Thaw();
        }

        Assert.True((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        Assert.Single(a.Seen.OfType<RegistrationEvent.Trouble>());
    }

    [Fact]
    public async Task A_registration_begun_while_etcd_is_away_comes_when_it_is_back()
    {
        _etcd.Kill();
        var a = _party.Register(A);
        await a.NextAsync<RegistrationEvent.Trouble>();
        await _etcd.RestartAsync();
        Assert.False((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        Assert.Single(a.Seen.OfType<RegistrationEvent.Trouble>());
    }

    [Fact]
    public async Task Disposing_while_etcd_is_away_is_bounded_and_the_key_goes_with_its_lease()
    {
        var watch = _party.Watch();
        var a = _party.Register(A);
        await watch.UntilAsync("a");
        _etcd.Freeze();
        try
        {
            await a.DisposeAsync().AsTask().WaitAsync(Bound.Time);
        }
        finally
        {
            _etcd.Thaw();
        }

        await watch.UntilAsync();
    }

    [Fact]
    public async Task One_that_is_disposed_while_etcd_is_away_says_that_its_key_is_left_to_run_out()
    {
        var a = _party.Register(A, new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(60) });
        await a.NextAsync<RegistrationEvent.Registered>();
        _etcd.Kill();
        await a.DisposeAsync();
        Assert.Contains("cannot be used right now", (await a.NextAsync<RegistrationEvent.NotTakenOut>()).Problem, StringComparison.Ordinal);
        Assert.Equal(2, a.Seen.Count);
    }
}

/// <summary>What an operator has to mend is told, also when something else was told before, and its end is told too.</summary>
public sealed class RefusalTests
{
    private static readonly ServiceInstance A = new("a", "127.0.0.1", 1);
    private static readonly EtcdCredentials Credentials = new("u", "secret");

    [Fact]
    public async Task A_role_that_is_taken_away_is_told_once_while_the_lease_is_held_and_its_end_too()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await etcd.EnableAuthenticationAsync("u", "secret", "/p");
        await using var party = new Party(etcd, "/p", credentials: Credentials);
        // A lease that does not run out while a slow machine runs etcdctl.
        var a = party.Register(A, options: new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(6) });
        await a.NextAsync<RegistrationEvent.Registered>();

        await etcd.Etcdctl("role", "revoke-permission", "u", "/p/", "--prefix");
        Assert.Contains("permission", (await a.NextAsync<RegistrationEvent.Trouble>()).Problem, StringComparison.Ordinal);
        Assert.True(a.Registration.IsRegistered);
        await etcd.Etcdctl("role", "grant-permission", "u", "--prefix=true", "readwrite", "/p/");
        Assert.True((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        // On a slow machine a request may also go unanswered for its time, which is told besides.
        Assert.Single(a.Seen, e => e is RegistrationEvent.Trouble t && t.Problem.Contains("permission", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_after_an_outage_is_told_as_well_and_each_once()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await etcd.EnableAuthenticationAsync("u", "secret", "/p");
        etcd.Kill();
        await using var party = new Party(etcd, "/p");
        var a = party.Register(A);
        Assert.Contains("cannot be used right now", (await a.NextAsync<RegistrationEvent.Trouble>()).Problem, StringComparison.Ordinal);
        await etcd.RestartAsync();
        Assert.Contains("authentication switched on", (await a.NextAsync<RegistrationEvent.Trouble>()).Problem, StringComparison.Ordinal);
        await etcd.SwitchAuthenticationAsync(isOn: false);
        Assert.False((await a.NextAsync<RegistrationEvent.Registered>()).IsAgain);
        Assert.Equal(3, a.Seen.Count);
    }
}
