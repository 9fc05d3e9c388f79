using Akka.Configuration;
using AkkaLb.Core.Balancing;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Balancer.Tests;

public class BalancerSettingsTests
{
    private static readonly Config Defaults = SettingsLoader.ReadDefaults(typeof(BalancerSettings).Assembly, "balancer.hocon");

    [Fact]
    public void The_keys_of_balancer_hocon_are_exactly_those_of_the_schema() => Assert.Equal(
        BalancerSettings.Schema.Keys.Where(k => !k.IsNamed).Select(k => k.Path).Order(StringComparer.Ordinal),
        BalancerSettings.Schema.KeysOf(Defaults));

    [Fact]
    public void The_defaults_have_no_problems_and_are_read()
    {
        Assert.Empty(BalancerSettings.Schema.Check(Defaults, ""));
        var settings = BalancerSettings.Read(Defaults);
        Assert.Equal(("127.0.0.1", 4053, null, "embedded"), (
            settings.Common.Host, settings.Common.Port, settings.Common.Etcd, settings.Common.RegistryName));
        Assert.Equal((TimeSpan.FromSeconds(2), LogLevel.Info, (string?)null), (
            settings.Common.RequestTimeout, settings.Common.Log.Level, settings.Policy));
        Assert.Equal((TimeSpan.FromSeconds(5), BalancerLimits.Default), (settings.LeaseTtl, settings.Limits));
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Wait);
        Assert.NotEmpty(settings.Id);
    }

    [Fact]
    public void One_deciding_balancer_is_a_mode_with_times_of_its_own()
    {
        Assert.Null(BalancerSettings.Read(Defaults).Cluster);
        var settings = Read("registry = etcd, etcd.endpoints = [\"10.0.0.1:2379\"], balancer.mode = singleton, cluster.lease-ttl = 9s");
        Assert.Equal(
            new ClusterSettings(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(30)),
            settings.Cluster);
        var akka = settings.Cluster!.ToAkka(settings.Common.Etcd!, Defaults);
        Assert.Equal("/akkalb/leases", akka.GetString("akka.coordination.lease.etcd.prefix"));
        Assert.Equal(["http://10.0.0.1:2379"], akka.GetStringList("akka.coordination.lease.etcd.endpoints"));
        Assert.Equal("lease-majority", akka.GetString("akka.cluster.split-brain-resolver.active-strategy"));
        Assert.Equal(TimeSpan.FromSeconds(9), akka.GetTimeSpan("akka.coordination.lease.etcd.heartbeat-timeout"));
    }

    [Theory]
    [InlineData("", 3)]
    [InlineData("", 15)]
    [InlineData("", 75)]
    [InlineData("lease-ttl = 15s", 15)]
    [InlineData("heartbeat-pause = 20s, stable-after = 10s", 15)]
    [InlineData("heartbeat-pause = 500ms, stable-after = 500ms", 3)]
    public void Where_etcd_grants_longer_leases_nobody_is_judged_before_they_have_run_out(string cluster, int shortest)
    {
        var least = TimeSpan.FromSeconds(shortest);
        var asked = Read($"registry = etcd, etcd.endpoints = [\"10.0.0.1:2379\"], balancer.mode = singleton, cluster {{ {cluster} }}").Cluster!;

        var used = asked.ForShortestLease(least);

        Assert.True(used.SplitsTtl >= least || used == asked, $"{used}");
        Assert.True(used.LeaseTtl >= least && used.Formation.EntryLife > least && used.JoinTimeout > used.Formation.EntryLife, $"{used}");
        Assert.True(used.HeartbeatPause + used.StableAfter >= used.SplitsTtl + TimeSpan.FromSeconds(2) || used == asked, $"{used}");
        Assert.Equal(used, used.ForShortestLease(least));
        Assert.Equal(used == asked, asked.WhyLonger(least) is null);
        Assert.All(asked.WhyLonger(least) is { } why ? [why] : Array.Empty<string>(), w => Assert.Contains(
            $"no lease below {shortest} s", w, StringComparison.Ordinal));
    }

    [Fact]
    public void The_leases_that_etcd_grants_by_default_change_nothing()
    {
        var asked = Read("registry = etcd, etcd.endpoints = [\"10.0.0.1:2379\"], balancer.mode = singleton").Cluster!;
        Assert.Equal(asked, asked.ForShortestLease(TimeSpan.FromSeconds(2)));
        Assert.Null(asked.WhyLonger(TimeSpan.FromSeconds(2)));
    }

    [Theory]
    [InlineData("", 3)]
    [InlineData("lease-ttl = 15s", 3)]
    [InlineData("lease-ttl = 2s", 2)]
    [InlineData("heartbeat-pause = 20s, stable-after = 10s", 5)]
    [InlineData("heartbeat-pause = 20s, stable-after = 10s, lease-ttl = 1h", 28)]
    [InlineData("heartbeat-pause = 3500ms, stable-after = 2400ms", 3)]
    [InlineData("heartbeat-pause = 2s", 2)]
    [InlineData("heartbeat-pause = 500ms, stable-after = 500ms", 2)]
    public void The_lease_that_decides_splits_has_run_out_before_a_dead_holder_is_missed(string cluster, int seconds)
    {
        var settings = Read($"registry = etcd, etcd.endpoints = [\"10.0.0.1:2379\"], balancer.mode = singleton, cluster {{ {cluster} }}");

        var akka = settings.Cluster!.ToAkka(settings.Common.Etcd!, Defaults);

        Assert.Equal(TimeSpan.FromSeconds(seconds), SplitsLease(akka).GetTimeSpan("heartbeat-timeout"));
        Assert.Equal(settings.Cluster.LeaseTtl, akka.GetTimeSpan("akka.coordination.lease.etcd.heartbeat-timeout"));
    }

    [Fact]
    public void The_lease_that_decides_splits_differs_from_the_other_in_nothing_else()
    {
        var settings = Read("registry = etcd, etcd.endpoints = [\"10.0.0.1:2379\"], balancer.mode = singleton, etcd.request-timeout = 700ms");
        var operators = ConfigurationFactory.ParseString(
            "akkalb.etcd { user = u, password = p, password-file = f, tls { ca = a, certificate = c, key = k } }").WithFallback(Defaults);

        var akka = settings.Cluster!.ToAkka(settings.Common.Etcd!, operators);

        var deciding = akka.GetConfig(akka.GetString("akka.cluster.singleton.use-lease"));
        Assert.Equal(deciding.GetStringList("endpoints"), SplitsLease(akka).GetStringList("endpoints"));
        string[] keys =
        [
            "lease-class", "prefix", "request-timeout", "heartbeat-interval", "lease-operation-timeout",
            "user", "password", "password-file", "tls.ca", "tls.certificate", "tls.key",
        ];
        Assert.Equal(
            "AkkaLb.Coordination.Etcd.EtcdLease, AkkaLb.Coordination.Etcd /akkalb/leases 700ms 0s 3s u p f a c k", string.Join(
                ' ', keys.Select(k => deciding.GetString(k))));
        Assert.All(keys, key => Assert.Equal(deciding.GetString(key), SplitsLease(akka).GetString(key)));
    }

    [Fact]
    public void What_an_operator_writes_of_the_way_to_etcd_for_one_lease_holds_for_the_other_and_its_times_do_not()
    {
        var settings = Read("registry = etcd, etcd.endpoints = [\"10.0.0.1:2379\"], balancer.mode = singleton");
        var operators = ConfigurationFactory.ParseString(
            "akka.coordination.lease.etcd { endpoints = [\"http://10.0.0.9:2379\"], prefix = /other, user = x, tls.ca = a, heartbeat-timeout = 60s }")
            .WithFallback(Defaults);

        var splits = SplitsLease(operators.WithFallback(settings.Cluster!.ToAkka(settings.Common.Etcd!, operators)));

        Assert.Equal(["http://10.0.0.9:2379"], splits.GetStringList("endpoints"));
        Assert.Equal(("/other", "x", "a"), (splits.GetString("prefix"), splits.GetString("user"), splits.GetString("tls.ca")));
        Assert.Equal(settings.Cluster.SplitsTtl, splits.GetTimeSpan("heartbeat-timeout"));
    }

    [Theory]
    [InlineData("/a\"b")]
    [InlineData("/a\\b")]
    [InlineData("/a\\")]
    [InlineData("/${?HOME}")]
    [InlineData("/\" } akka.actor.provider = local #")]
    public void A_prefix_of_any_characters_is_that_of_the_leases_too(string prefix)
    {
        var settings = Read("registry = etcd, etcd.endpoints = [\"10.0.0.1:2379\", \"[::1]:2379\"], balancer.mode = singleton");

        var akka = settings.Cluster!.ToAkka(settings.Common.Etcd! with { Prefix = prefix }, Defaults);

        Assert.Equal($"{prefix}/leases", akka.GetString("akka.coordination.lease.etcd.prefix"));
        Assert.Equal($"{prefix}/leases", SplitsLease(akka).GetString("prefix"));
        Assert.Equal(["http://10.0.0.1:2379", "http://[::1]:2379"], akka.GetStringList("akka.coordination.lease.etcd.endpoints"));
        Assert.Equal("cluster", akka.GetString("akka.actor.provider"));
    }

    [Fact]
    public void What_a_file_says_is_read()
    {
        var settings = Read(
            """
            log.level = debug, registry = etcd, etcd.endpoints = ["10.0.0.1:2379"], etcd.prefix = /other
            balancer { policy = least-load, id = b1, lease-ttl = 7s, early-report-hold = 200ms, early-reports-max = 0 }
            """);
        Assert.Equal(("least-load", "b1", TimeSpan.FromSeconds(7), LogLevel.Debug), (
            settings.Policy, settings.Id, settings.LeaseTtl, settings.Common.Log.Level));
        Assert.Equal(BalancerLimits.Default with { EarlyReportHold = TimeSpan.FromMilliseconds(200), EarlyReportsMax = 0 }, settings.Limits);
        Assert.Equal(("/other", "etcd"), (settings.Common.Etcd!.Prefix, settings.Common.RegistryName));
    }

    [Theory]
    [InlineData("host = 0.0.0.0", "akkalb.host (--host) = 0.0.0.0: must be a name or address under which the other nodes reach this one")]
    [InlineData("port = 65536", "akkalb.port (--port) = 65536: must be from 0 to 65535")]
    [InlineData("registry = zookeeper", "akkalb.registry (--registry) = zookeeper: must be one of embedded, etcd")]
    [InlineData("log.level = loud", "akkalb.log.level (--log-level) = loud: must be one of debug, info, warning, error, off")]
    [InlineData("etcd.request-timeout = 1ms", "akkalb.etcd.request-timeout = 1ms: must be from 100 ms to 60 s")]
    [InlineData("balancer.lease-ttl = 1s", "akkalb.balancer.lease-ttl = 1s: must be from 2 s to 60 m")]
    [InlineData("balancer.lease-ttl = 2500ms", "akkalb.balancer.lease-ttl = 2.5 s: must be whole seconds")]
    [InlineData("balancer.id = \"a/b\"", "akkalb.balancer.id (--id) = a/b: must be 1 to 128 letters, digits, dots, underscores or hyphens")]
    [InlineData("balancer.early-report-hold = 11m", "akkalb.balancer.early-report-hold = 11m: must be from 100 ms to 10 m")]
    [InlineData("balancer.early-reports-max = -1", "akkalb.balancer.early-reports-max = -1: must be from 0 to 1000000")]
    [InlineData("balancer.mode = single", "akkalb.balancer.mode (--mode) = single: must be one of independent, singleton")]
    [InlineData("balancer.mode = singleton",
        "akkalb.balancer.mode (--mode) = singleton: needs etcd, which says who decides: use --etcd URL, or set akkalb.registry = etcd")]
    [InlineData("cluster.lease-ttl = 2500ms", "akkalb.cluster.lease-ttl = 2.5 s: must be whole seconds")]
    [InlineData("bind.port = 4054, port = 0", "akkalb.bind.port = 4054: needs akkalb.port (--port), the port under which the others reach this node")]
    [InlineData("bind.host = \"a b\"", "akkalb.bind.host = a b: must be a name or address of this machine, or 0.0.0.0 for all of them")]
    [InlineData("balancer.polcy = x", "unknown key akkalb.balancer.polcy; did you mean akkalb.balancer.policy?")]
    [InlineData("balancer.services.pdf.polcy = x",
        "unknown key akkalb.balancer.services.pdf.polcy; did you mean akkalb.balancer.services.pdf.policy?")]
    [InlineData("balancer.services.pdf.policy = \"\"",
        "akkalb.balancer.services.pdf.policy (--service) = : must be one of round-robin, pick-first, least-load, random, weighted-round-robin, "
            + "least-requests, power-of-two, shortest-delay, first-free, peak-ewma, prequal, water-filling, resource-score, rendezvous, maglev")]
    [InlineData("balancer.services.pdf = x",
        "akkalb.balancer.services.pdf = x: must be an object of settings, akkalb.balancer.services.pdf { ... }")]
    [InlineData("balancer.services.pdf.max-wait = 2h", "akkalb.balancer.services.pdf.max-wait = 2h: must be from 0 s to 60 m")]
    [InlineData("balancer.services.default.policy = random",
        "akkalb.balancer.services.default: the settings of the default service stand at akkalb.balancer, its policy at akkalb.balancer.policy "
            + "(--policy)")]
    [InlineData("balancer.services.\"a b\" { policy = random }",
        "akkalb.balancer.services.\"a b\": a name must be 1 to 64 letters, digits, underscores or hyphens")]
    [InlineData("worker.heartbeat = 1s", "unknown key akkalb.worker; remove it")]
    [InlineData("registry = etcd", "akkalb.etcd.endpoints (--etcd): no etcd endpoint is given; write http://host:port, several separated by commas")]
    public void A_wrong_value_is_named_with_what_it_must_be(string setting, string problem) =>
        Assert.Equal([problem], Assert.Throws<SettingsException>(() => Read(setting)).Problems);

    [Fact]
    public void Services_have_what_is_given_for_them_and_else_what_the_balancer_has()
    {
        var settings = Read(
            """
            balancer { waiting-max = 7, max-wait = 9s
              services {
                pdf { policy = first-free, max-wait = 1m }
                img { waiting-max = 3 }
                A_b-9 { }
              }
            }
            """);

        var rules = settings.RulesWith("least-load");

        Assert.Equal("least-load,A_b-9=least-load,img=least-load,pdf=first-free", rules.Policies);
        Assert.Equal(
            [(9, 7), (9, 3), (60, 7)], rules.Named.Select(n => ((int)n.Value.Limits.WaitMax.TotalSeconds, n.Value.Limits.WaitingMax)));
        Assert.Equal(("least-load", "first-free"), (rules.Of("unheard-of").Policy.Name, rules.Of("pdf").Policy.Name));
    }

    [Fact]
    public void A_flag_gives_services_their_policies_over_those_of_a_file()
    {
        var key = BalancerSettings.Schema.Keys.Single(k => k.Flag == "--service");
        var flags = new FlagOverlay().Set(key, "pdf=first-free, img = random");
        var file = ConfigurationFactory.ParseString("akkalb.balancer.services.pdf { policy = random, max-wait = 1s }");
        var config = flags.ToConfig().WithFallback(file).WithFallback(Defaults);
        BalancerSettings.Schema.ThrowIfInvalid(config, "");

        var rules = BalancerSettings.Read(config).RulesWith("pick-first");

        Assert.Equal("pick-first,img=random,pdf=first-free", rules.Policies);
        Assert.Equal(TimeSpan.FromSeconds(1), rules.Of("pdf").Limits.WaitMax);
        Assert.Equal("--policy pick-first --service img=random,pdf=first-free", ServiceRules.FlagsFor(rules.Policies));
        Assert.Equal("--policy pick-first", ServiceRules.FlagsFor("pick-first"));
    }

    [Theory]
    [InlineData("pdf")]
    [InlineData("pdf=random,")]
    [InlineData("=random")]
    [InlineData("a.b=random")]
    public void A_flag_that_names_no_service_and_policy_says_what_it_must_be(string given)
    {
        var key = BalancerSettings.Schema.Keys.Single(k => k.Flag == "--service");
        var problem = Assert.Single(BalancerSettings.Schema.Check(new FlagOverlay().Set(key, given).ToConfig().WithFallback(Defaults), ""));
        Assert.EndsWith(
            "must be an object of settings, akkalb.balancer.services { ... }; with --service it is NAME=POLICY,..., "
            + "each NAME once, of letters, digits, underscores or hyphens", problem,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_services_are_too_many_beside_the_default_one() => Assert.Contains(
        "100 are too many",
        Assert.Single(Assert.Throws<SettingsException>(() => Read(
            $"balancer.services {{ {string.Join('\n', Enumerable.Range(1, 100).Select(i => $"s{i} {{ }}"))} }}")).Problems),
        StringComparison.Ordinal);

    [Fact]
    public void An_unknown_policy_lists_the_valid_ones() => Assert.Equal(
        [
            "akkalb.balancer.policy (--policy) = fastest: must be one of round-robin, pick-first, least-load, random, weighted-round-robin, "
            + "least-requests, power-of-two, shortest-delay, first-free, peak-ewma, prequal, water-filling, resource-score, rendezvous, maglev",
        ],
        Assert.Throws<SettingsException>(() => Read("balancer.policy = fastest")).Problems);

    [Fact]
    public void All_problems_come_at_once() => Assert.Equal(
        3, Assert.Throws<SettingsException>(() => Read("host = \"::\", balancer { policy = x, lease-ttl = 2500ms }")).Problems.Count);

    private static Config SplitsLease(Config akka) =>
        akka.GetConfig(akka.GetString("akka.cluster.split-brain-resolver.lease-majority.lease-implementation"));

    private static BalancerSettings Read(string settings)
    {
        var config = ConfigurationFactory.ParseString($"akkalb {{ {settings} }}").WithFallback(Defaults);
        BalancerSettings.Schema.ThrowIfInvalid(config, "");
        return BalancerSettings.Read(config);
    }
}
