using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Actor.Setup;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Core.Registration;
using AkkaLb.Registry;
using AkkaLb.Testing;
using AkkaLb.Tests.Support;
using AkkaLb.Watching;
using AkkaLb.Worker;
using static AkkaLb.Hosting.Tests.Shop;

namespace AkkaLb.Hosting.Tests;

/// <summary>What is measured of jobs, beside docs/telemetry.md.</summary>
public sealed class TelemetryTests : IDisposable
{
    private static readonly string[] Ours = [BalancedClient.TelemetryName, BalancedWorker.TelemetryName];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<Measured> _measured = new();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _sources;
    private readonly string _service = $"telemetry-{Guid.CreateVersion7():N}"[..30];

    public TelemetryTests()
    {
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (Ours.Contains(instrument.Meter.Name))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _meters.Start();
        _sources = new ActivityListener
        {
            ShouldListenTo = source => Ours.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.GetTagItem("akkalb.service") as string == _service)
                {
                    _spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_sources);
    }

    [Fact]
    public async Task The_page_lists_every_instrument_with_its_unit_and_attributes()
    {
        await RunOneOfEachAsync();
        await LoseOneAsync();
        _meters.RecordObservableInstruments();
        var measured = _measured.GroupBy(m => m.Instrument).Select(g => TelemetryPage.Row(g.Key, g.SelectMany(m => m.Tags.Keys))).Order();
        Assert.Equal(TelemetryPage.Rows(Ours), measured);
    }

    [Fact]
    public async Task A_job_is_measured_at_both_sides_and_its_spans_are_one_trace()
    {
        using var caller = new Activity("caller").Start();
        await using (var lb = await StartAsync())
        {
            // Not async: what it leaves behind would stay here.
            var run = lb.Client.RunAsync(new PriceOf("milk"), new JobOptions { Service = _service });
            Assert.Same(caller, Activity.Current);
            await run;
        }

        var (client, attempt, server) = (Span("akkalb"), Span("akkalb attempt"), Span("akkalb", ActivityKind.Server));
        Assert.All(_spans, span => Assert.Equal(caller.TraceId, span.TraceId));
        Assert.Equal(
            (caller.SpanId, client.SpanId, client.SpanId, attempt.SpanId),
            (client.ParentSpanId, Span("akkalb assign").ParentSpanId, attempt.ParentSpanId, server.ParentSpanId));
        Assert.Equal(client.GetTagItem("akkalb.worker.id"), attempt.GetTagItem("akkalb.worker.id"));
        Assert.Equal((ActivityStatusCode.Unset, 1, "w1"), (
            client.Status, client.GetTagItem("akkalb.sends"), ((string)client.GetTagItem("akkalb.worker.id")!).Split('/')[^1]));
        foreach (var measured in new[] { "rpc.client.call.duration", "akkalb.attempt.duration" })
        {
            Assert.Equal([caller.TraceId], _measured.Where(m => m.Instrument.Name == measured).Select(m => m.Trace).Distinct());
        }
    }

    [Fact]
    public async Task Each_attempt_is_a_span_of_its_own_and_a_retry_links_to_the_one_before()
    {
        await using (var lb = await StartAsync())
        {
            // One does not handle it and the other does; the balancer names them in turn.
            await lb.AddWorkerAsync(Props.Create(() => new Blocking()), "w2", o => o with { Service = _service });
            for (var i = 0; i < 2; i++)
            {
                await lb.Client.AskAsync<Costs>(new Block("milk"), new JobOptions { Service = _service });
            }
        }

        var attempts = _spans.Where(s => s.DisplayName == $"akkalb attempt {_service}").ToList();
        var retry = attempts.First(s => s.GetTagItem("akkalb.attempt") is 2);
        var before = attempts.Single(s => s.SpanId == retry.Links.Single().Context.SpanId);
        Assert.Equal(
            (retry.ParentSpanId, 1, "Unhandled"), (before.ParentSpanId, before.GetTagItem("akkalb.attempt"), before.GetTagItem("error.type")));
        Assert.Empty(before.Links);
        Assert.Null(retry.GetTagItem("error.type"));
        Assert.Equal(retry.SpanId, Assert.Single(_spans, s => s.Kind == ActivityKind.Server && s.ParentSpanId == retry.SpanId).ParentSpanId);
        Assert.Equal(attempts.Count - 2, _measured.Where(m => m.Instrument.Name == "akkalb.retries.transparent").Sum(m => m.Value));
    }

    [Fact]
    public async Task Picks_at_hand_are_counted_and_the_jobs_that_use_them_ask_nobody()
    {
        await using var lb = await StartAsync();
        using var bound = new CancellationTokenSource(Patience);
        await UntilPicksAreAtHandAsync(lb);
        var asked = _spans.Where(s => s.DisplayName == $"akkalb assign {_service}").Select(s => s.ParentSpanId).ToHashSet();
        Assert.Contains(_spans, s => s.DisplayName == $"akkalb attempt {_service}" && !asked.Contains(s.ParentSpanId));
        do
        {
            // What nobody uses is given back.
            Assert.False(bound.IsCancellationRequested, "picks stay at hand");
            await Task.Yield();
            _measured.Clear();
            _meters.RecordObservableInstruments();
        }
        while (Unused() != 0);
    }

    [Fact]
    public async Task The_span_of_a_job_is_not_the_current_one_of_a_caller_whose_own_has_ended()
    {
        await using var lb = await StartAsync();
        using var caller = new Activity("caller").Start();
        var flow = ExecutionContext.Capture()!;
        caller.Stop();
        Task<JobRun>? run = null;
        Activity? left = null;
        ExecutionContext.Run(
            flow,
            _ =>
            {
                run = lb.Client.RunAsync(new PriceOf("milk"), new JobOptions { Service = _service });
                left = Activity.Current;
            },
            null);
        await run!;
        Assert.Same(caller, left);
    }

    [Fact]
    public async Task How_many_jobs_are_active_is_right_for_a_listener_that_comes_late()
    {
        await using (var lb = await TestLoadBalancer.StartAsync(Shop.Messages))
        {
            // There is no worker yet.
            var held = lb.Client.RunAsync(new Block("milk"), new JobOptions { Service = _service, Deadline = TimeSpan.FromSeconds(60) });
            Assert.Equal(1, Active(BalancedClient.TelemetryName));
            await lb.AddWorkerAsync(Props.Create(() => new Blocking()), "w2", o => o with { Service = _service });
            await held;
        }

        // Measured behind the answer, and before client and worker have ended.
        Assert.Equal((0, 0), (Active(BalancedClient.TelemetryName), Active(BalancedWorker.TelemetryName)));

        double Active(string meter)
        {
            _measured.Clear();
            _meters.RecordObservableInstruments();
            return _measured.Single(m => m.Instrument.Meter.Name == meter && m.Instrument.Name == "akkalb.jobs.active").Value;
        }
    }

    [Fact]
    public async Task A_listener_that_throws_costs_no_job_its_answer()
    {
        _meters.SetMeasurementEventCallback<double>((_, _, _, _) => throw new InvalidOperationException("a listener"));
        _meters.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("a listener"));
        using var thrower = new ActivityListener
        {
            ShouldListenTo = source => Ours.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = _ => throw new InvalidOperationException("a listener"),
            ActivityStopped = _ => throw new InvalidOperationException("a listener"),
        };
        ActivitySource.AddActivityListener(thrower);
        await using var lb = await StartAsync();
        await lb.AddWorkerAsync(Props.Create(() => new Blocking()), "w2", o => o with { Service = _service });
        for (var i = 0; i < 3; i++)
        {
            // Each worker does one of the two, so that some are tried again.
            await lb.Client.AskAsync<Costs>(new PriceOf("milk"), new JobOptions { Service = _service });
            await lb.Client.AskAsync<Costs>(new Block("milk"), new JobOptions { Service = _service });
            await lb.Client.RunAsync(new WaitFor("milk"), new JobOptions { Service = _service });
        }
    }

    [Fact]
    public async Task A_failed_job_says_why()
    {
        await using (var lb = await StartAsync())
        {
            await Assert.ThrowsAsync<JobFailedException>(
                () => lb.Client.AskAsync<Costs>(new WaitFor("milk"), new JobOptions { Service = _service }));
        }

        var (client, attempt, server) = (Span("akkalb"), Span("akkalb attempt"), Span("akkalb", ActivityKind.Server));
        Assert.Equal((ActivityStatusCode.Error, "WorkerFailed"), (client.Status, client.GetTagItem("error.type")));
        Assert.Equal((ActivityStatusCode.Error, "Failure"), (attempt.Status, attempt.GetTagItem("error.type")));
        Assert.Equal((ActivityStatusCode.Error, "Failure"), (server.Status, server.GetTagItem("error.type")));
        Assert.Equal(["Failure", "Failure", "WorkerFailed"], _measured.Select(m => m.Error).OfType<string>().Order());
    }

    [Fact]
    public async Task An_actor_finds_the_trace_of_its_job_where_only_its_caller_has_one()
    {
        _sources.Dispose();
        using var caller = new Activity("caller").Start();
        await using var lb = await StartAsync();
        var costs = await lb.Client.AskAsync<Costs>(new PriceOf("trace"), new JobOptions { Service = _service });
        Assert.Equal($"{caller.TraceId}", costs.By);
    }

    public void Dispose()
    {
        _meters.Dispose();
        _sources.Dispose();
    }

    private async Task<TestLoadBalancer> StartAsync()
    {
        var lb = await TestLoadBalancer.StartAsync(Shop.Messages);
        await lb.AddWorkerAsync(Props.Create(() => new Tracing()), "w1", options => options with { Service = _service });
        return lb;
    }

    /// <summary>A result, a failure, a job that no worker handles, and one that is done by the second try.</summary>
    private async Task RunOneOfEachAsync()
    {
        await using var lb = await StartAsync();
        var options = new JobOptions { Service = _service };
        await lb.Client.AskAsync<Costs>(new PriceOf("milk"), options);
        await lb.Client.RunAsync(new WaitFor("milk"), options);
        await lb.Client.RunAsync(new Block("milk"), options with { Deadline = TimeSpan.FromSeconds(5) });
        await lb.AddWorkerAsync(Props.Create(() => new Blocking()), "w2", o => o with { Service = _service });
        for (var i = 0; i < 2; i++)
        {
            await lb.Client.AskAsync<Costs>(new Block("milk"), options);
        }

        await UntilPicksAreAtHandAsync(lb);
    }

    /// <summary>Jobs follow one another so closely that some find a pick.</summary>
    private async Task UntilPicksAreAtHandAsync(TestLoadBalancer lb)
    {
        using var bound = new CancellationTokenSource(Patience);
        while (Unused() is null)
        {
            Assert.False(bound.IsCancellationRequested, "no picks are at hand");
            await Task.WhenAll(Enumerable.Range(0, 16).Select(
                _ => lb.Client.AskAsync<Costs>(new PriceOf("milk"), new JobOptions { Service = _service })));
            _meters.RecordObservableInstruments();
        }
    }

    /// <summary>As it was collected last; null: there never were any.</summary>
    private double? Unused() => _measured.LastOrDefault(m => m.Instrument.Name == "akkalb.stock.unused")?.Value;

    /// <summary>A worker leaves in the midst of a job, and the client may not try again; another one renews its lease, as far as its registry
    /// does.</summary>
    private async Task LoseOneAsync()
    {
        var system = ActorSystem.Create(
            "telemetry", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(TestLoadBalancer.Config), Shop.Messages.ToSetup()));
        await using (var lb = await TestLoadBalancer.StartAsync(system, Shop.Messages))
        await using (var client = BalancedClient.On(system, new BalancedClientOptions
        {
            Balancers = FixedBalancers.Own,
            Messages = Shop.Messages,
            Settings = ClientSettings.Default with { RetryBudget = new RetryBudgetSettings(0, 0) },
        }))
        {
            var got = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var worker = await lb.AddWorkerAsync(
                Props.Create(() => new Keeping(got)), "w1", o => o with { Service = _service, DrainTimeout = TimeSpan.FromMilliseconds(1) });
            var run = client.RunAsync(new Block("milk"), new JobOptions { Service = _service, IsIdempotent = true });
            await got.Task.WaitAsync(Patience);
            await worker.DisposeAsync();
            Assert.Equal(JobError.RetriesExhausted, Assert.IsType<JobOutcome.Failed>((await run.WaitAsync(Patience)).Outcome).Error);

            var registry = new FickleRegistry();
            await using var renewing = await BalancedWorker.StartAsync(system, Props.Create(() => new Tracing()), new BalancedWorkerOptions
            {
                Id = "renewing",
                Service = _service,
                Balancers = FixedBalancers.Own,
                Messages = Shop.Messages,
                Registry = registry,
                Registration = new RegistrationSettings(
                    TimeSpan.FromSeconds(60), TimeSpan.FromMilliseconds(1), Patience, new BackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))),
                RejectLinger = TimeSpan.Zero,
            });
            await registry.Renewed.WaitAsync(Patience);
        }

        await system.Terminate();
    }

    private Activity Span(string name, ActivityKind kind = ActivityKind.Client) =>
        Assert.Single(_spans, span => span.Kind == kind && span.DisplayName == $"{name} {_service}");

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var all = tags.ToArray().ToDictionary();
        if (all["akkalb.service"] as string == _service)
        {
            _measured.Enqueue(new Measured(instrument, value, all, Activity.Current?.TraceId));
        }
    }

    private sealed record Measured(Instrument Instrument, double Value, Dictionary<string, object?> Tags, ActivityTraceId? Trace)
    {
        public string? Error => Tags.GetValueOrDefault("error.type") as string;
    }

    private sealed class Tracing : ReceiveActor
    {
        public Tracing()
        {
            Receive<PriceOf>(m => Sender.Tell(new Costs(m.Article, 1, $"{JobContext.Of(Sender)!.TraceContext.TraceId}")));
            Receive<WaitFor>(_ => Sender.Tell(new Status.Failure(new InvalidOperationException("sold out"))));
        }
    }

    private sealed class Keeping : ReceiveActor
    {
        public Keeping(TaskCompletionSource got) => Receive<Block>(_ => got.TrySetResult());
    }

    /// <summary>Every second renewal fails.</summary>
    private sealed class FickleRegistry : IWorkerRegistry
    {
        private readonly TaskCompletionSource _renewed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _renewals;

        public Task Renewed => _renewed.Task;

        public Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl, CancellationToken cancellationToken) =>
            Task.FromResult<RegisterOutcome>(new RegisterOutcome.Registered(1, ttl));

        public Task<KeepAliveOutcome> KeepAliveAsync(long leaseId, CancellationToken cancellationToken)
        {
            if (++_renewals > 4)
            {
                _renewed.TrySetResult();
            }

            return _renewals % 2 == 0 ? throw new IOException("gone") : Task.FromResult<KeepAliveOutcome>(
                new KeepAliveOutcome.Kept(TimeSpan.FromSeconds(60)));
        }

        public Task<bool> UpdateAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) => Task.FromResult(true);

        public Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) =>
            throw new IOException("gone");

        public Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision, CancellationToken cancellationToken) =>
            Task.FromResult(false);

        public Task DeregisterAsync(long leaseId, CancellationToken cancellationToken) => Task.CompletedTask;

        public IAsyncEnumerable<Watched<Member>> WatchAsync(string? protocol, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Blocking : ReceiveActor
    {
        public Blocking() => Receive<Block>(m => Sender.Tell(new Costs(m.Article, 1, "")));
    }
}
