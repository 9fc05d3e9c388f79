using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using AkkaLb.Core;

namespace AkkaLb.Messages;

/// <summary>What the meters and spans of clients and workers have in common, after OpenTelemetry's conventions for RPC.</summary>
/// <remarks>Names and units: docs/telemetry.md.</remarks>
internal static class JobTelemetry
{
    private const string SystemAttribute = "rpc.system.name";
    private const string SystemValue = "akkalb";
    private const string ServiceAttribute = "akkalb.service";
    private const string ErrorAttribute = "error.type";

    /// <summary>From 50 microseconds, as jobs may be shorter than a millisecond, to 60 seconds.</summary>
    public static InstrumentAdvice<double> Durations { get; } = new()
    {
        HistogramBucketBoundaries =
            [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    /// <summary>What goes to the worker of a span; null: nothing.</summary>
    public static JobTrace? TraceOf(Activity? span)
    {
        if (span is not { IdFormat: ActivityIdFormat.W3C, Id: { Length: <= JobTrace.ParentLengthMax } id })
        {
            return null;
        }

        // One that is too long is left out, as its specification says.
        return new JobTrace(id, span.TraceStateString is { Length: <= JobTrace.StateLengthMax } state ? state : "");
    }

    /// <summary>The span that a job was sent from; default: none, or it cannot be read.</summary>
    public static ActivityContext ContextOf(JobTrace? trace) =>
        trace is not null && ActivityContext.TryParse(trace.Parent, trace.State.Length == 0 ? null : trace.State, isRemote: true, out var context)
            ? context
            : default;

    /// <summary>Runs what calls listeners: what they throw, and what they leave behind as the current activity, stays here.</summary>
    /// <param name="failed">Told what they have thrown.</param>
    public static void Apart(Action act, Action<Exception> failed)
    {
        try
        {
            if (ExecutionContext.Capture() is { } context)
            {
                ExecutionContext.Run(context, static act => ((Action)act!)(), act);
            }
            else
            {
                act();
            }
        }
#pragma warning disable CA1031 // Listeners are the application's, and may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failed(e);
        }
    }

    /// <param name="parent">Null: the current activity.</param>
    /// <param name="link">Another span that it belongs to; null: none.</param>
    public static Activity? Start(
        ActivitySource source, string name, ActivityKind kind, string service, ActivityContext? parent = null, ActivityContext? link = null)
    {
        var span = parent is { } given
            ? source.StartActivity(name, kind, given, links: link is { } linked ? [new ActivityLink(linked)] : null)
            : source.StartActivity(name, kind);
        return span?.SetTag(SystemAttribute, SystemValue).SetTag(ServiceAttribute, service);
    }

    /// <param name="error">Null: it has a result.</param>
    public static void Record(Histogram<double> durations, TimeSpan took, string service, string? error)
    {
        var tags = new TagList { { SystemAttribute, SystemValue }, { ServiceAttribute, service } };
        if (error is not null)
        {
            tags.Add(ErrorAttribute, error);
        }

        durations.Record(took.TotalSeconds, tags);
    }

    /// <summary>The attribute that names a service.</summary>
    public static KeyValuePair<string, object?> OfService(string service) => new(ServiceAttribute, service);

    /// <param name="error">Null: there is none to name.</param>
    public static void Add(Counter<long> counter, long count, string service, string? error = null)
    {
        var tags = new TagList { { ServiceAttribute, service } };
        if (error is not null)
        {
            tags.Add(ErrorAttribute, error);
        }

        counter.Add(count, tags);
    }

    /// <param name="error">Null: it has a result.</param>
    /// <param name="cause">In words.</param>
    public static void End(Activity span, string? error, string? cause)
    {
        if (error is not null)
        {
            span.SetTag(ErrorAttribute, error).SetStatus(ActivityStatusCode.Error, cause);
        }

        span.Stop();
    }

    /// <summary>How many of something there are at this moment, by service: right for a listener that comes late as well.</summary>
    public sealed class CountByService
    {
        /// <summary>More services are counted together, as <c>_OTHER</c>.</summary>
        private const int ServicesMax = 1000;

        private readonly ConcurrentDictionary<string, StrongBox<long>> _services = new(StringComparer.Ordinal);
        private readonly StrongBox<long> _others = new();

        private readonly Instrument _instrument;

        public CountByService(Instruments instruments, string name, string unit, string description) =>
            _instrument = instruments.UpDownCounter(name, Observe, unit, description);

        public bool IsWanted => _instrument.Enabled;

        /// <summary>The number of a service, to be changed by <see cref="Interlocked"/>.</summary>
        public StrongBox<long> Of(string service) =>
            _services.TryGetValue(service, out var known) ? known
            : _services.Count >= ServicesMax ? _others
            : _services.GetOrAdd(service, static _ => new StrongBox<long>());

        /// <summary>What one of several has of it. Not thread-safe.</summary>
        public sealed class Part(CountByService whole)
        {
            /// <summary>Those that are not 0.</summary>
            private readonly Dictionary<string, int> _told = new(StringComparer.Ordinal);

            /// <summary>Something that is not 0 was told last.</summary>
            public bool HasSome => _told.Count > 0;

            /// <param name="counts">All that it has now; those that are 0 may be left out.</param>
            public void Tell(IEnumerable<(string Service, int Count)> counts)
            {
                var some = 0;
                foreach (var (service, count) in counts)
                {
                    some += count == 0 ? 0 : 1;
                    Tell(service, count);
                }

                if (some < _told.Count)
                {
                    foreach (var service in _told.Keys.Except(counts.Select(c => c.Service)).ToList())
                    {
                        Tell(service, 0);
                    }
                }
            }

            private void Tell(string service, int count)
            {
                var told = _told.GetValueOrDefault(service);
                if (count == told)
                {
                    return;
                }

                Interlocked.Add(ref whole.Of(service).Value, count - told);
                if (count == 0)
                {
                    _told.Remove(service);
                }
                else
                {
                    _told[service] = count;
                }
            }
        }

        private IEnumerable<Measurement<long>> Observe()
        {
            foreach (var (service, count) in _services)
            {
                yield return Measured(service, count);
            }

            if (_services.Count >= ServicesMax)
            {
                yield return Measured("_OTHER", _others);
            }
        }

        private static Measurement<long> Measured(string service, StrongBox<long> count) =>
            new(Volatile.Read(ref count.Value), OfService(service));
    }
}
