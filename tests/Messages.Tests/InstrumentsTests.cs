using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AkkaLb.Messages.Tests;

/// <summary>Instruments and sources of spans, beside listeners that throw when they hear of them.</summary>
public class InstrumentsTests
{
    private readonly string _name = $"AkkaLb.Tests.{Guid.CreateVersion7():N}";

    [Fact]
    public void A_listener_that_throws_costs_nobody_an_instrument()
    {
        var measured = new List<string>();
        using var before = Listener((instrument, listener) => listener.EnableMeasurementEvents(instrument), measured);
        using var thrower = Listener((_, _) => throw new InvalidOperationException("a listener"), measured);
        var instruments = new Instruments(_name);

        instruments.Counter("a.counter", "{job}", "").Add(2);
        instruments.Durations("a.duration", "").Record(3);
        instruments.UpDownCounter("an.amount", () => [new Measurement<long>(4)], "{job}", "");
        instruments.Gauge<double>("a.gauge", () => [new Measurement<double>(5)], "s", "");
        before.RecordObservableInstruments();

        Assert.Equal(["a.counter 2", "a.duration 3", "an.amount 4", "a.gauge 5"], measured);
    }

    [Fact]
    public void Who_listens_later_hears_of_it_too()
    {
        var measured = new List<string>();
        using var thrower = Listener((_, _) => throw new InvalidOperationException("a listener"), measured);
        var counter = new Instruments(_name).Counter("a.counter", "{job}", "");
        using var late = Listener((instrument, listener) => listener.EnableMeasurementEvents(instrument), measured);

        counter.Add(1);

        Assert.Equal(["a.counter 1"], measured);
    }

    [Fact]
    public void A_listener_that_throws_costs_nobody_a_source_of_spans()
    {
        using var thrower = new ActivityListener
        {
            ShouldListenTo = source => source.Name == _name ? throw new InvalidOperationException("a listener") : false,
        };
        ActivitySource.AddActivityListener(thrower);
        using var source = Instruments.Source(_name);
        thrower.Dispose();
        using var late = new ActivityListener
        {
            ShouldListenTo = s => s.Name == _name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(late);

        using var span = source.StartActivity("a span");

        Assert.NotNull(span);
    }

    private MeterListener Listener(Action<Instrument, MeterListener> published, List<string> measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == _name)
                {
                    published(instrument, self);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => measured.Add($"{instrument.Name} {value:0}"));
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => measured.Add($"{instrument.Name} {value}"));
        listener.Start();
        return listener;
    }
}
