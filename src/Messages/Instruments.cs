using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AkkaLb.Messages;

/// <summary>A meter, and the one place where instruments and sources of spans are made: whatever a listener throws as it hears of one, whoever
/// measures has it.</summary>
/// <remarks>Listeners that came before the one that throws hear of it, and so do those that start later. The others do not.</remarks>
/// <param name="name">Of the meter.</param>
internal sealed class Instruments(string name)
{
#pragma warning disable RS0030 // This is the place.
    private readonly Meter _meter = new(name);
#pragma warning restore RS0030

    public Histogram<double> Histogram(string instrument, string unit, string description, InstrumentAdvice<double> advice) =>
        Made(instrument, () => _meter.CreateHistogram(instrument, unit, description, null, advice));

    /// <summary>In seconds, with <see cref="JobTelemetry.Durations"/>.</summary>
    public Histogram<double> Durations(string instrument, string description) =>
        Histogram(instrument, "s", description, JobTelemetry.Durations);

    public Counter<long> Counter(string instrument, string unit, string description) =>
        Made(instrument, () => _meter.CreateCounter<long>(instrument, unit, description));

    /// <param name="observe">What there is at the moment; called when somebody collects.</param>
    public ObservableUpDownCounter<long> UpDownCounter(
        string instrument, Func<IEnumerable<Measurement<long>>> observe, string unit, string description) =>
        Made(instrument, () => _meter.CreateObservableUpDownCounter(instrument, observe, unit, description));

    /// <inheritdoc cref="UpDownCounter" path="/param"/>
    public ObservableGauge<T> Gauge<T>(string instrument, Func<IEnumerable<Measurement<T>>> observe, string unit, string description)
        where T : struct => Made(instrument, () => _meter.CreateObservableGauge(instrument, observe, unit, description));

    /// <summary>Makes a source of spans.</summary>
    public static ActivitySource Source(string name)
    {
        try
        {
#pragma warning disable RS0030 // This is the place.
            return new ActivitySource(name);
#pragma warning restore RS0030
        }
#pragma warning disable CA1031 // Listeners are the application's, and may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
            if (Find(name) is { } made)
            {
                return made;
            }

            throw;
        }
    }

    private T Made<T>(string instrument, Func<T> make)
        where T : Instrument
    {
        try
        {
            return make();
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            if (Find<T>(instrument) is { } made)
            {
                return made;
            }

            throw;
        }
    }

    /// <summary>One that was entered, though its making ended in what a listener threw. Whoever begins to listen is told of all there are.</summary>
    private T? Find<T>(string instrument)
        where T : Instrument
    {
        T? found = null;
        using var finder = new MeterListener
        {
            InstrumentPublished = (published, _) => found = published.Meter == _meter && published.Name == instrument ? published as T : found,
        };
        finder.Start();
        return found;
    }

    /// <inheritdoc cref="Find{T}"/>
    private static ActivitySource? Find(string name)
    {
        ActivitySource? found = null;
        using var finder = new ActivityListener
        {
            ShouldListenTo = source =>
            {
                found = source.Name == name ? source : found;
                return false;
            },
        };
        ActivitySource.AddActivityListener(finder);
        return found;
    }
}
