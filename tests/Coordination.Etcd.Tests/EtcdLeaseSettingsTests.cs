using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;

namespace AkkaLb.Coordination.Etcd.Tests;

public class EtcdLeaseSettingsTests
{
    private const string LeaseClass = "lease-class = \"AkkaLb.Coordination.Etcd.EtcdLease, AkkaLb.Coordination.Etcd\"";

    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var settings = Read("");

        Assert.Equal("http://127.0.0.1:2379", Assert.Single(settings.Etcd.Endpoints).ToString());
        Assert.Equal("/akka/leases", settings.Etcd.Prefix);
        Assert.Equal(TimeSpan.FromSeconds(2), settings.Etcd.RequestTimeout);
        Assert.Equal(
            new LeaseTimings(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(5)),
            settings.Timings);
    }

    [Fact]
    public void Everything_can_be_set()
    {
        var settings = Read("""
            endpoints = "http://10.0.0.1:2379, http://10.0.0.2:2379", prefix = "/other", request-timeout = 500ms, heartbeat-timeout = 9s,
            heartbeat-interval = 2s, safety-margin = 700ms, lease-operation-timeout = 3s
            """);

        Assert.Equal(["http://10.0.0.1:2379", "http://10.0.0.2:2379"], settings.Etcd.Endpoints.Select(e => e.ToString()));
        Assert.Equal(("/other", TimeSpan.FromMilliseconds(500)), (settings.Etcd.Prefix, settings.Etcd.RequestTimeout));
        Assert.Equal(
            new LeaseTimings(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(0.7), TimeSpan.FromSeconds(3)), settings.Timings);
    }

    [Fact]
    public void A_request_never_takes_more_than_a_third_of_the_ttl() =>
        Assert.Equal(TimeSpan.FromSeconds(1), Read("heartbeat-timeout = 3s").Etcd.RequestTimeout);

    [Fact]
    public void Without_the_packages_defaults_the_lease_class_alone_is_enough_and_akkas_times_hold()
    {
        var settings = Read(ConfigurationFactory.ParseString($"akka.coordination.lease.etcd {{ {LeaseClass} }}"));

        Assert.Equal("/akka/leases", settings.Etcd.Prefix);
        Assert.Equal((TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(12)), (settings.Timings.Ttl, settings.Timings.RenewInterval));
    }

    [Fact]
    public void Every_problem_is_named_at_once()
    {
        var fault = Assert.Throws<ConfigurationException>(
            () => Read("heartbeat-timeout = 1500ms, prefix = nonsense, safety-margin = 2s, lease-operation-timeout = 0s"));

        Assert.All(["heartbeat-timeout", "prefix 'nonsense'", "safety-margin", "lease-operation-timeout"], part => Assert.Contains(
            part, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void User_and_TLS_are_read()
    {
        var settings = Read("""
            endpoints = "https://h:1", user = me, password = secret
            """);
        Assert.True(settings.Etcd is { IsTls: true, Credentials.User: "me" });
    }

    [Theory]
    [InlineData("password = secret", "user is missing: a password is given")]
    [InlineData("tls.key = a", "tls.certificate is missing")]
    [InlineData("endpoints = []", "no etcd endpoint is given")]
    [InlineData("endpoints = [\"http://host\"]", "names no port")]
    [InlineData("safety-margin = much", "safety-margin 'much' is no time")]
    [InlineData("request-timeout = -1s", "request-timeout '-1s' is no time")]
    public void A_wrong_value_is_named(string wrong, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => Read(wrong)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("line\nbreak")]
    [InlineData("half \ud800")]
    public void A_name_that_makes_no_key_is_refused(string name) =>
        Assert.Contains("the lease's name", Assert.Throws<ConfigurationException>(() => Read(ConfigOf(""), name)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_section_elsewhere_with_the_lease_class_is_a_lease_of_its_own()
    {
        var system = ActorSystem.Create(
            "sections", ConfigurationFactory.ParseString(
                $"akka {{ loglevel = off, stdout-loglevel = off }}\nmine {{ {LeaseClass}, prefix = \"/mine\" }}"));
        try
        {
            var lease = (EtcdLease)LeaseProvider.Get(system).GetLease("name", "mine", "us");

            Assert.Equal("/mine/name", lease.Key);
            Assert.Equal(TimeSpan.FromSeconds(120), lease.Settings.TimeoutSettings.HeartbeatTimeout);
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static Config ConfigOf(string overrides) =>
        ConfigurationFactory.ParseString($"akka.coordination.lease.etcd {{ {overrides} }}").WithFallback(EtcdLeaseProvider.DefaultConfig());

    private static EtcdLeaseSettings Read(string overrides) => Read(ConfigOf(overrides));

    /// <summary>As the lease provider does it.</summary>
    private static EtcdLeaseSettings Read(Config config, string name = "name")
    {
        var all = config.WithFallback(LeaseProvider.DefaultConfig());
        var section = all.GetConfig("akka.coordination.lease.etcd").WithFallback(all.GetConfig("akka.coordination.lease"));
        return EtcdLeaseSettings.From(LeaseSettings.Create(section, name, "us"));
    }
}
