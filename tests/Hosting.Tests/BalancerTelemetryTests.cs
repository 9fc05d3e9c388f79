using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Actor.Setup;
using AkkaLb.Balancing;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Testing;
using static AkkaLb.Hosting.Tests.Shop;

namespace AkkaLb.Hosting.Tests;

/// <summary>What balancers measure, beside docs/telemetry.md.</summary>
public sealed class BalancerTelemetryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<(Instrument Instrument, double Value, Dictionary<string, object?> Tags)> _measured = new();
    private readonly MeterListener _meters = new();
    private readonly string _service = $"balancer-{Guid.CreateVersion7():N}"[..30];
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _throws;

    public BalancerTelemetryTests()
    {
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == EmbeddedBalancer.TelemetryName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _meters.Start();
    }

    [Fact]
    public async Task The_page_lists_every_instrument_of_a_balancer_with_its_unit_and_attributes()
    {
        await using var scene = await RunAsync();

        using var bound = new CancellationTokenSource(Patience);
        do
        {
            Assert.False(bound.IsCancellationRequested, "the workers of the service were never counted");
            _meters.RecordObservableInstruments();
        }
        while (Value("akkalb.workers") != 1);

        var measured = _measured.GroupBy(m => m.Instrument).Select(g => TelemetryPage.Row(g.Key, g.SelectMany(m => m.Tags.Keys))).Order();
        Assert.Equal(string.Join('\n', TelemetryPage.Rows(EmbeddedBalancer.TelemetryName)), string.Join('\n', measured));
    }

    [Fact]
    public async Task Assignments_waits_and_workers_are_counted_by_service()
    {
        await using var scene = await RunAsync();

        // What was collected a moment ago is told again for a moment.
        using var bound = new CancellationTokenSource(Patience);
        for (_measured.Clear(); Value("akkalb.requests.waiting") != 0 || Value("akkalb.workers") != 1;)
        {
            Assert.False(bound.IsCancellationRequested, $"{Value("akkalb.requests.waiting")} wait, {Value("akkalb.workers")} work");
            _measured.Clear();
            _meters.RecordObservableInstruments();
        }

        Assert.Contains(_measured, m => m.Tags.GetValueOrDefault("akkalb.worker.state") is "up" or "full");
        Assert.Equal(1, Value("akkalb.decider"));
    }

    [Fact]
    public async Task A_service_that_nobody_serves_is_not_named_so_that_no_client_can_make_a_series_of_each_of_its_words()
    {
        await using var scene = await RunAsync();

        Assert.Contains(_measured, m => m.Instrument.Name == "akkalb.assign.duration" && m.Tags["akkalb.service"] as string == "_OTHER"
            && m.Tags["error.type"] as string == "NoWorkers");
        Assert.DoesNotContain(_measured, m => m.Tags.GetValueOrDefault("akkalb.service") as string == $"{_service}-x");
        Assert.Contains(_measured, m => m.Instrument.Name == "akkalb.reports.early" && m.Tags["akkalb.service"] as string == "_OTHER");
    }

    [Fact]
    public async Task A_listener_that_throws_keeps_no_client_from_a_worker()
    {
        _throws = new InvalidOperationException("a listener");

        await using var scene = await RunAsync();
    }

    public void Dispose() => _meters.Dispose();

    /// <summary>Jobs of which one waits for the only place, a report too many, one of nobody, and a question for a service without workers.</summary>
    private async Task<Scene> RunAsync()
    {
        var system = ActorSystem.Create(
            "telemetry", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(TestLoadBalancer.Config), Shop.Messages.ToSetup()));
        var scene = new Scene(system, await TestLoadBalancer.StartAsync(system, Shop.Messages, "first-free"));
        var worker = await scene.Balancer.AddWorkerAsync(
            Props.Create(() => new Holding(_release.Task)), "w1",
            o => o with { Service = _service, Gate = new Core.Gate.GateSettings(1, 1, 0, 1) });
        var options = new JobOptions { Service = _service };
        var first = scene.Balancer.Client.AskAsync<Costs>(new Block("first"), options);
        var second = scene.Balancer.Client.AskAsync<Costs>(new Block("second"), options);
        var balancer = system.ActorSelection("/user/balancer");
        while ((await balancer.Ask<BalancerState>(new GetBalancerState(0, 1, _service), Patience)).Waiting == 0)
        {
            await Task.Yield();
        }

        _release.SetResult();
        await Task.WhenAll(first, second).WaitAsync(Patience);
        // The first counts, whether the worker's own has come or not, and the second does not.
        balancer.Tell(Report(worker.Key) with { Sequence = long.MaxValue });
        balancer.Tell(Report(worker.Key));
        balancer.Tell(Report(new WorkerKey($"{_service}-x/nobody", 1)));

        // Behind the reports.
        while (!(await balancer.Ask<BalancerState>(new GetBalancerState(0, 1, _service), Patience)).Members[0].ResidentBytes.HasValue)
        {
            await Task.Yield();
        }

        var answer = await balancer.Ask<AssignRejected>(new Assign(1, 1, [], null, TimeSpan.Zero, Service: $"{_service}-x"), Patience);
        Assert.Equal(AssignRejectReason.NoWorkers, answer.Reason);
        return scene;
    }

    private static MemoryReport Report(WorkerKey worker) => new(worker, 0, TimeSpan.FromSeconds(1), 1, 1, 1, default, 0);

    private double Value(string instrument) => _measured.Where(m => m.Instrument.Name == instrument).Select(m => m.Value).FirstOrDefault(-1);

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_throws is not null)
        {
            throw _throws;
        }

        var all = tags.ToArray().ToDictionary();
        if (!all.TryGetValue("akkalb.service", out var service) || new[] { _service, $"{_service}-x", "_OTHER" }.Contains(service as string))
        {
            _measured.Enqueue((instrument, value, all));
        }
    }

    private sealed record Scene(ActorSystem System, TestLoadBalancer Balancer) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Balancer.DisposeAsync();
            await System.Terminate();
        }
    }

    private sealed class Holding : ReceiveActor
    {
        public Holding(Task release) => ReceiveAsync<Block>(async m =>
        {
            await release;
            Sender.Tell(new Costs(m.Article, 1, ""));
        });
    }
}
