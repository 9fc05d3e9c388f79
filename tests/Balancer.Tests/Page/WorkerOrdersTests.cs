using System.Net;
using Akka.Actor;
using AkkaLb.Balancer.Page;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Registry;
using AkkaLb.Watching;
using Microsoft.AspNetCore.Http;
using static AkkaLb.Balancer.Tests.Page.Reported;

namespace AkkaLb.Balancer.Tests.Page;

/// <summary>Orders for workers by HTTP, from somebody who may give them.</summary>
public sealed class WorkerOrdersTests
{
    private readonly Orders _orders = new();
    private Func<Task<BalancerReport>> _report = () => Task.FromResult(Report(NewWorker("w7"), NewWorker("pdf/w7")));

    [Theory]
    [InlineData("/workers/w7/drain", "?by=ann&because=slow%20disk", "w7", AdminState.Drain, 100, "ann@127.0.0.1", "slow disk")]
    [InlineData("/workers/pdf/w7/maint", "", "pdf/w7", AdminState.Maintenance, 100, "http@127.0.0.1", "")]
    [InlineData("/workers/w7/weight", "?percent=50", "w7", AdminState.Ready, 50, "http@127.0.0.1", "")]
    [InlineData("/workers/w7/drain", "?by=ann%0Aeve&because=a%1Bb", "w7", AdminState.Drain, 100, "ann eve@127.0.0.1", "a\\u001bb")]
    public async Task An_order_is_kept_with_who_and_why(
        string path, string query, string worker, AdminState state, int weight, string by, string because)
    {
        var (status, text) = await PostAsync(path, query);

        Assert.Equal(HttpStatusCode.OK, status);
        var kept = _orders.Kept[worker];
        Assert.Equal((state, weight, by, because), (kept.State, kept.WeightPercent, kept.By, kept.Because));
        Assert.Equal($"{worker} is {kept.Describe()}\n", text);
    }

    [Fact]
    public async Task Ready_takes_a_drain_back_and_leaves_the_weight()
    {
        await PostAsync("/workers/w7/weight", "?percent=50");
        await PostAsync("/workers/w7/drain");
        Assert.Equal((AdminState.Drain, 50), (_orders.Kept["w7"].State, _orders.Kept["w7"].WeightPercent));
        await PostAsync("/workers/w7/weight", "?percent=60&by=eve");
        Assert.Equal((60, "http@127.0.0.1"), (_orders.Kept["w7"].WeightPercent, _orders.Kept["w7"].By));
        await PostAsync("/workers/w7/weight", "?percent=50");
        await PostAsync("/workers/w7/ready");
        Assert.Equal((AdminState.Ready, 50), (_orders.Kept["w7"].State, _orders.Kept["w7"].WeightPercent));
        Assert.Equal((HttpStatusCode.OK, "w7 is ready\n"), await PostAsync("/workers/w7/weight", "?percent=100"));
    }

    [Theory]
    [InlineData("/workers/w7/halt", "")]
    [InlineData("/workers/w7", "")]
    [InlineData("/workers//drain", "")]
    [InlineData("/workers/a/b/c/drain", "")]
    [InlineData("/workers/w%207/drain", "")]
    [InlineData("/", "")]
    [InlineData("/workers/w7/weight", "")]
    [InlineData("/workers/w7/weight", "?percent=0")]
    [InlineData("/workers/w7/weight", "?percent=101")]
    [InlineData("/workers/w7/weight", "?percent=+5")]
    public async Task Anything_else_is_refused_with_the_forms_that_there_are(string path, string query)
    {
        var (status, text) = await PostAsync(path, query);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("POST /workers/NAME/drain", text, StringComparison.Ordinal);
        Assert.Empty(_orders.Kept);
    }

    [Theory]
    [InlineData("/workers/w8/drain", "", false)]
    [InlineData("/workers/W7/drain", "", false)]
    [InlineData("/workers/w8/weight", "?percent=50", false)]
    [InlineData("/workers/w8/maint", "", true)]
    public async Task Nobody_is_drained_who_is_not_registered_and_maintenance_may_be_for_one_that_is_away(string path, string query, bool isOrdered)
    {
        var (status, text) = await PostAsync(path, query);
        var worker = path.Split('/')[2];

        Assert.Equal(isOrdered ? HttpStatusCode.OK : HttpStatusCode.NotFound, status);
        Assert.Equal(isOrdered, _orders.Kept.ContainsKey(worker));
        Assert.Equal(!isOrdered, text == $"no worker {worker} is registered; nothing is changed\n");
    }

    [Fact]
    public async Task An_order_is_given_where_it_cannot_be_told_whether_the_worker_is_registered()
    {
        _report = () => Task.FromException<BalancerReport>(new AskTimeoutException("silent"));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/workers/w8/drain")).Status);
        var standsBy = new BalancerState("s-2", "first-free", "stands by", 1, 0, 0, [], 0, default, 0, []);
        _report = () => Task.FromResult(Report() with { Balancer = standsBy });
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/workers/w9/drain")).Status);
    }

    [Fact]
    public async Task A_registry_that_keeps_none_and_one_that_is_away_are_told_apart()
    {
        Assert.Equal(HttpStatusCode.Conflict, (await PostAsync("/workers/w7/drain", registry: null)).Status);
        _orders.Trouble = new RegistryUnavailableException("etcd is away");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "etcd is away\n"), await PostAsync("/workers/w7/drain"));
    }

    private Task<(HttpStatusCode Status, string Text)> PostAsync(string path, string query = "") => PostAsync(path, _orders, query);

    private async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, IOverrideRegistry? registry, string query = "")
    {
        var report = _report;
        using var body = new MemoryStream();
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Path, context.Request.QueryString) = ("POST", path, new QueryString(query));
        context.Response.Body = body;
        await new WorkerOrders(registry, _ => report()).AnswerAsync(context, "127.0.0.1");
        return ((HttpStatusCode)context.Response.StatusCode, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }

    private sealed class Orders : IOverrideRegistry
    {
        public Dictionary<string, WorkerOverride> Kept { get; } = [];

        public Exception? Trouble { get; set; }

        public IAsyncDisposable SubscribeOverrides(Action<Watched<OverrideSight>> tell) => throw new NotSupportedException();

        public Task<(IReadOnlyList<WorkerOverride> Overrides, IReadOnlyList<Watched<OverrideSight>.Skipped> Skipped)> ReadOverridesAsync(
            CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<WorkerOverride> ChangeOverrideAsync(
            string workerId, Func<WorkerOverride?, WorkerOverride> change, CancellationToken cancellationToken)
        {
            if (Trouble is { } trouble)
            {
                return Task.FromException<WorkerOverride>(trouble);
            }

            return Task.FromResult(Kept[workerId] = change(Kept.GetValueOrDefault(workerId)));
        }
    }
}
