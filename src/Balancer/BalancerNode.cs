using AkkaLb.Balancer.Page;
using AkkaLb.Balancing;
using AkkaLb.Client;
using AkkaLb.Clusters;
using AkkaLb.Core.Balancing;
using AkkaLb.Messages;
using AkkaLb.Programs;
using AkkaLb.Programs.Http;
using AkkaLb.Programs.Settings;
using AkkaLb.Programs.Systemd;
using AkkaLb.Programs.Telemetry;
using AkkaLb.Registry;

namespace AkkaLb.Balancer;

/// <summary>The balancer's program: its parts, in the order in which they start.</summary>
internal static class BalancerNode
{
    /// <summary>For a page of the state, or of decisions.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(3);

    public static Task<int> RunAsync(LoadedSettings<BalancerSettings> loaded, ServiceRules rules)
    {
        var (settings, config, reload) = loaded;
        var program = new ProgramHost(settings.Common.Log) { Reload = reload };
        var http = program.Add(new HttpPart(program, "balancer", settings.Common.Http));
        program.Add(new OtlpPart("balancer"));
        var registry = program.Add(new RegistryPart(settings.Common, settings.Wait));
        if (settings.Cluster is { } cluster)
        {
            var clusterRegistry = program.Add(new ClusterRegistryPart(settings, cluster, registry));
            var member = program.Add(new NodePart(
                program, settings.Common, config, UserMessages.None,
                () => new ExtraConfig(ClusterConfig.MemberSerialization, clusterRegistry.Settings.ToAkka(settings.Common.Etcd!, config))));
            program.Add(new SystemdPart(program, member));
            program.Add(new MemberPart(program, settings, rules, registry.Etcd!, clusterRegistry, member, http));
            return program.RunAsync();
        }

        var node = program.Add(new NodePart(program, settings.Common, config, UserMessages.None));
        program.Add(new SystemdPart(program, node));
        program.Add(async stopping =>
        {
            program.EndWith(node.Ended);
            try
            {
                var balancer = await EmbeddedBalancer.StartAsync(node.System, OptionsOf(settings, rules, registry), stopping).ConfigureAwait(false);
                program.EndWith(balancer.Ended);
                http.Show(ViewOf(program, node, http, registry.Etcd, isOfCluster: false));
                program.Ready($"ready balancer {node.Address} policy={rules.Policies} registry={settings.Common.RegistryName}{http.Suffix}");
                return balancer;
            }
            catch (BalancerStartException e)
            {
                throw new ProgramException(ExitCode.Unreachable, e.Message, e);
            }
        });
        return program.RunAsync();
    }

    /// <summary>What a balancer shows by HTTP, of a cluster or not.</summary>
    public static NodeView ViewOf(ProgramHost program, NodePart node, HttpPart http, IOverrideRegistry? orders, bool isOfCluster)
    {
        var board = new LiveBoard(ReadAsync, TimeProvider.System, program.Ending);
        var why = WhyDesk.Of(node.System, node.Address, AnswerMax);
        return new NodeView(
            new BalancerHealthCheck(node.System), async stopping => (await ReadAsync(stopping).ConfigureAwait(false)).ToJson(),
            new BalancerPage(
                board, EventJournal.Of(node.System), new PageTraits(isOfCluster, http.TakesOrders && orders is not null), why,
                new WorkerOrders(orders, ReadAsync)));

        Task<BalancerReport> ReadAsync(CancellationToken stopping) => BalancerReport.ReadAsync(node.System, node.Address, AnswerMax, stopping);
    }

    private static EmbeddedBalancerOptions OptionsOf(BalancerSettings settings, ServiceRules rules, RegistryPart registry) => new()
    {
        Id = settings.Id,
        Rules = rules,
        Registry = registry.Etcd,
        LeaseTtl = settings.LeaseTtl,
        RequestTimeout = settings.Common.RequestTimeout,
        Version = NodeProgram.Version,
        Whose = "this program",
    };
}
