using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Testing;
using AkkaLb.Tests.Support;
using AkkaLb.Worker;
using static AkkaLb.Hosting.Tests.Shop;

namespace AkkaLb.Hosting.Tests;

/// <summary>What is measured of jobs, beside docs/telemetry.md.</summary>
public sealed class TelemetryTests : IDisposable
{
    private static readonly string[] Ours = [BalancedClient.TelemetryName, BalancedWorker.TelemetryName];

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

        var (client, server) = (Span(ActivityKind.Client), Span(ActivityKind.Server));
        Assert.Equal(
            (caller.TraceId, caller.SpanId, caller.TraceId, client.SpanId),
            (client.TraceId, client.ParentSpanId, server.TraceId, server.ParentSpanId));
        Assert.Equal((ActivityStatusCode.Unset, 1, "w1"), (
            client.Status, client.GetTagItem("akkalb.sends"), ((string)client.GetTagItem("akkalb.worker.id")!).Split('/')[^1]));
        Assert.Equal([caller.TraceId], _measured.Where(m => m.Instrument.Name == "rpc.client.call.duration").Select(m => m.Trace).Distinct());
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
        using var thrower = new ActivityListener
        {
            ShouldListenTo = source => Ours.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = _ => throw new InvalidOperationException("a listener"),
            ActivityStopped = _ => throw new InvalidOperationException("a listener"),
        };
        ActivitySource.AddActivityListener(thrower);
        await using var lb = await StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await lb.Client.AskAsync<Costs>(new PriceOf("milk"), new JobOptions { Service = _service });
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

        var (client, server) = (Span(ActivityKind.Client), Span(ActivityKind.Server));
        Assert.Equal((ActivityStatusCode.Error, "WorkerFailed"), (client.Status, client.GetTagItem("error.type")));
        Assert.Equal((ActivityStatusCode.Error, "Failure"), (server.Status, server.GetTagItem("error.type")));
        Assert.Equal(["Failure", "WorkerFailed"], _measured.Select(m => m.Error).OfType<string>().Order());
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
    }

    private Activity Span(ActivityKind kind) => Assert.Single(_spans, span => span.Kind == kind);

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

    private sealed class Blocking : ReceiveActor
    {
        public Blocking() => Receive<Block>(m => Sender.Tell(new Costs(m.Article, 1, "")));
    }
}
