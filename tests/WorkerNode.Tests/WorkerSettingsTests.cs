using Akka.Configuration;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;
using AkkaLb.Registry;

namespace AkkaLb.WorkerNode.Tests;

public class WorkerSettingsTests
{
    private static readonly Config Defaults = SettingsLoader.ReadDefaults(typeof(WorkerSettings).Assembly, "worker.hocon");

    [Fact]
    public void The_keys_of_worker_hocon_are_exactly_those_of_the_schema() => Assert.Equal(
        WorkerSettings.Schema.Keys.Select(k => k.Path).Order(StringComparer.Ordinal), WorkerSettings.Schema.KeysOf(Defaults));

    [Fact]
    public void The_defaults_have_no_problems_and_are_read()
    {
        Assert.Empty(WorkerSettings.Schema.Check(Defaults, ""));
        var settings = WorkerSettings.Read(Defaults);
        Assert.Equal((0, null, NodeAddress.Of("127.0.0.1", 4053)), (settings.Common.Port, settings.Common.Etcd, Assert.Single(settings.Balancers!)));
        Assert.Equal((Seconds(5), Seconds(1), Seconds(10)), (settings.LeaseTtl, settings.Heartbeat, settings.Wait));
        Assert.Equal((64, 64, 64), (settings.Capacity, settings.Instances, settings.Threads));
        Assert.Equal((null, null, Seconds(10), Seconds(1)), (settings.Actor, settings.Ledger, settings.DrainTimeout, settings.RejectLinger));
        Assert.Equal((Seconds(60), TimeSpan.Zero), (settings.UnableTimeout, settings.UnregisteredTimeout));
        Assert.Equal((Seconds(60), TimeSpan.Zero), (settings.Registration.UnableTimeout, settings.Registration.UnregisteredTimeout));
    }

    [Theory]
    [InlineData("worker.id = w1", "w1")]
    [InlineData("worker { id = w1, service = default }", "w1")]
    [InlineData("worker { id = w1, service = pdf }", "pdf/w1")]
    public void Its_id_names_its_service_unless_that_is_the_default_one(string given, string id) => Assert.Equal(id, Read(given).Id);

    [Fact]
    public void An_id_that_is_too_long_with_its_service_is_refused() => Assert.Equal(
        ["akkalb.worker.id (--id): it and the name of the service must be 127 characters together at most"],
        Assert.Throws<SettingsException>(() => Read($"worker {{ id = {new string('w', 128)}, service = pdf }}")).Problems);

    [Fact]
    public void With_etcd_and_no_balancers_listed_they_are_those_in_etcd() =>
        Assert.Null(Read("registry = etcd, etcd.endpoints = [\"127.0.0.1:2379\"]").Balancers);

    [Theory]
    [InlineData("worker.capacity = 200", 200, 200, 64)]
    [InlineData("worker { capacity = 200, instances = 3 }", 200, 3, 3)]
    [InlineData("worker { instances = 1, threads = 5 }", 64, 1, 5)]
    public void Instances_follow_the_capacity_and_threads_the_instances(string given, int capacity, int instances, int threads)
    {
        var settings = Read(given);
        Assert.Equal((capacity, instances, threads), (settings.Capacity, settings.Instances, settings.Threads));
    }

    [Theory]
    [InlineData("worker.capacity = 64", false, 64, 64)]
    [InlineData("worker.capacity = auto", true, 64, 64)]
    [InlineData("worker { capacity = auto, instances = 200 }", true, 200, 200)]
    [InlineData("worker { capacity = auto, instances = 1 }", true, 1, 1)]
    public void A_capacity_that_it_finds_by_itself_is_bounded_by_the_instances(string given, bool isAuto, int capacity, int instances)
    {
        var settings = Read(given);
        Assert.Equal((isAuto, capacity, instances), (settings.IsCapacityAuto, settings.Capacity, settings.Instances));
    }

    [Theory]
    [InlineData("worker.capacity = 64", 16)]
    [InlineData("worker.capacity = 2", 1)]
    [InlineData("worker { capacity = 64, queue = 0 }", 0)]
    [InlineData("worker { capacity = 1, queue = 100 }", 100)]
    public void The_queue_is_a_quarter_of_the_capacity_unless_it_is_given(string given, int queue) => Assert.Equal(queue, Read(given).Queue);

    [Theory]
    [InlineData("lease-ttl = 3s, heartbeat = 1s")]
    [InlineData("lease-ttl = 10s, heartbeat = 3333ms")]
    public void A_heartbeat_of_at_most_a_third_of_the_lease_is_taken(string given) => Read($"worker {{ {given} }}");

    [Theory]
    [InlineData(
        "worker { lease-ttl = 3s, heartbeat = 1001ms }",
        "akkalb.worker.heartbeat (--heartbeat) = 1001 ms: must be at most a third of the lease TTL, which is 3 s (--lease-ttl), so that two "
            + "renewals may fail")]
    [InlineData("worker.lease-ttl = 5500ms", "akkalb.worker.lease-ttl (--lease-ttl) = 5.5 s: must be whole seconds")]
    [InlineData("worker.lease-ttl = 5", "akkalb.worker.lease-ttl (--lease-ttl) = 5: must be from 2 s to 60 m; add a unit: ms, s, m, h or d")]
    [InlineData("worker.id = \"a b\"", "akkalb.worker.id (--id) = a b: must be 1 to 128 letters, digits, dots, underscores or hyphens")]
    [InlineData("worker.service = a.b", "akkalb.worker.service (--service) = a.b: must be 1 to 64 letters, digits, underscores or hyphens")]
    [InlineData("worker.capacity = 0", "akkalb.worker.capacity (--capacity) = 0: must be from 1 to 100000, or auto")]
    [InlineData("worker.capacity = Auto", "akkalb.worker.capacity (--capacity) = Auto: must be from 1 to 100000, or auto")]
    [InlineData("worker { capacity = 2, instances = 3 }",
        "akkalb.worker.instances (--instances) = 3: must be at most the capacity, which is 2 (--capacity)")]
    [InlineData("balancers = [\"a:1\", \"b:2\"]", "akkalb.balancers (--balancer): several balancers need a registry they share: use etcd (--etcd)")]
    [InlineData("balancers = [\"here\"]", "akkalb.balancers (--balancer) = here: must be host:port, several with commas between")]
    [InlineData("messages.m = \"No.Such, Type\"", "akkalb.messages.m = No.Such, Type: no such type; write \"Namespace.Type, Assembly\"")]
    [InlineData("messages.m = \"A, B, Version=x, =\"", "akkalb.messages.m = A, B, Version=x, =: no such type; write \"Namespace.Type, Assembly\"")]
    [InlineData("messages.m = \"A[[\"", "akkalb.messages.m = A[[: no such type; write \"Namespace.Type, Assembly\"")]
    [InlineData(
        "worker.actor = \"No.Such, Type\"",
        "akkalb.worker.actor = No.Such, Type: no such type; write \"Namespace.Type, Assembly\", and list the assembly's path in "
            + "akkalb.worker.assemblies")]
    [InlineData(
        "worker.actor = \"A, B, Version=x, =\"",
        "akkalb.worker.actor = A, B, Version=x, =: no such type; write \"Namespace.Type, Assembly\", and list the assembly's path in "
            + "akkalb.worker.assemblies")]
    [InlineData(
        "worker.actor = \"System.String\"",
        "akkalb.worker.actor = System.String: must be an actor class with a public constructor without parameters")]
    public void A_wrong_value_is_named_with_what_it_must_be(string setting, string problem) =>
        Assert.Equal([problem], Assert.Throws<SettingsException>(() => Read(setting)).Problems);

    [Fact]
    public void An_assembly_that_cannot_be_loaded_is_named() => Assert.StartsWith(
        "akkalb.worker.assemblies: /no/such.dll cannot be loaded: ",
        Assert.Single(Assert.Throws<SettingsException>(() => Read("worker.assemblies = [\"/no/such.dll\"]")).Problems),
        StringComparison.Ordinal);

    [Fact]
    public void All_problems_come_at_once() => Assert.Equal(
        4,
        Assert.Throws<SettingsException>(() => Read("host = \"0.0.0.0\", balancers = [x], worker { id = \"/\", heartbeat = 4s }")).Problems.Count);

    [Fact]
    public void The_operators_actor_and_messages_are_found()
    {
        var settings = Read("worker.actor = \"AkkaLb.WorkerNode.Tests.Idle, AkkaLb.WorkerNode.Tests\", "
            + "messages.do = \"AkkaLb.WorkerNode.Tests.Chore, AkkaLb.WorkerNode.Tests\"");
        Assert.Equal((typeof(Idle), true), (settings.Actor, settings.Messages.TryGetType("do", out var type) && type == typeof(Chore)));
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static WorkerSettings Read(string settings)
    {
        var config = ConfigurationFactory.ParseString($"akkalb {{ {settings} }}").WithFallback(Defaults);
        WorkerSettings.Schema.ThrowIfInvalid(config, "");
        return WorkerSettings.Read(config);
    }
}

public sealed class Idle : Akka.Actor.ReceiveActor;

/// <summary>A message of the operator.</summary>
public sealed record Chore(string Text);
