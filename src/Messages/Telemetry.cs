using System.Diagnostics;
using System.Diagnostics.Metrics;
using AkkaLb.Core;

namespace AkkaLb.Messages;

/// <summary>What the meters and spans of clients and workers have in common, after OpenTelemetry's conventions for RPC.</summary>
public static class Telemetry
{
    /// <summary>Attribute: which kind of call it is.</summary>
    public const string System = "rpc.system.name";

    /// <summary>Value of <see cref="System"/>.</summary>
    public const string SystemName = "akkalb";

    /// <summary>Attribute: the service of the worker.</summary>
    public const string Service = "akkalb.service";

    /// <summary>Attribute: why there is no result; absent where there is one.</summary>
    public const string ErrorType = "error.type";

    /// <summary>Bounds of histograms of durations: from 50 microseconds, as jobs may be shorter than a millisecond, to 60 seconds.</summary>
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

    /// <summary>Notes how long a call took, within its span, so that the two are found together (exemplars).</summary>
    /// <param name="error">Null: it has a result.</param>
    public static void Record(Histogram<double> durations, Activity? span, TimeSpan took, string service, string? error)
    {
        if (!durations.Enabled)
        {
            return;
        }

        var tags = new TagList { { System, SystemName }, { Service, service } };
        if (error is not null)
        {
            tags.Add(ErrorType, error);
        }

        var current = Activity.Current;
        Activity.Current = span ?? current;
        durations.Record(took.TotalSeconds, tags);
        Activity.Current = current;
    }

    /// <summary>Ends a span where it is not the current one.</summary>
    /// <param name="error">Null: it has a result.</param>
    /// <param name="cause">In words.</param>
    public static void End(Activity span, string? error, string? cause)
    {
        if (error is not null)
        {
            span.SetTag(ErrorType, error).SetStatus(ActivityStatusCode.Error, cause);
        }

        var current = Activity.Current;
        span.Stop();
        Activity.Current = current;
    }
}
