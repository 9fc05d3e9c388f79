using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Messages;

namespace AkkaLb.Balancer.Page;

/// <summary>What one reader of the page is sent, a frame for each view: what has changed since the one before it. Not thread-safe.</summary>
internal sealed class LiveFrames(
    LiveQuery query, EventJournal journal, Func<DateTimeOffset, IReadOnlyList<Sample>> historySince, PageTraits traits)
{
    /// <summary>Who has just come gets so many events.</summary>
    private const int FirstEventsMax = 200;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly Dictionary<string, string> _sent = [];
    private long _begun = query.Begun;
    private long _after = query.After;
    private DateTimeOffset _since = DateTimeOffset.FromUnixTimeMilliseconds(query.Since);
    private string[] _rows = [];

    /// <returns>As JSON, on one line.</returns>
    public string Next(BoardView view)
    {
        var frame = new Dictionary<string, object?> { ["at"] = view.At.ToUnixTimeMilliseconds() };
        AddEvents(frame);
        AddIfNew(frame, "problem", view.Problem);
        if (view.Report is { } report)
        {
            AddIfNew(frame, "balancer", Balancer(report));
            AddIfNew(frame, "registry", Registry(report.Watcher));
            AddIfNew(frame, "services", report.AllServices.Select(s => Service(s.Key, s.Value, view)).ToList());
            frame["table"] = Table(report);
            AddHistory(frame);
        }

        return JsonSerializer.Serialize(frame, Json);
    }

    private void AddEvents(Dictionary<string, object?> frame)
    {
        var read = journal.Read(new GetBalancerEvents(_after, GetBalancerEvents.CountMax));
        var begun = read.Begun.ToUnixTimeMilliseconds();
        if (begun != _begun)
        {
            // Another life of the balancer: what the reader has is of an earlier one.
            (_begun, _after, _since) = (begun, Math.Max(0, read.Latest - FirstEventsMax), default);
            read = journal.Read(new GetBalancerEvents(_after, GetBalancerEvents.CountMax));
            frame["begun"] = begun;
        }

        if (read.Events.Count > 0)
        {
            _after = read.Events[^1].Number;
            frame["events"] = read.Events.Select(e => new { n = e.Number, at = e.At.ToUnixTimeMilliseconds(), e.Level, e.Text });
        }
    }

    private void AddHistory(Dictionary<string, object?> frame)
    {
        if (historySince(_since) is { Count: > 0 } samples)
        {
            _since = samples[^1].At;
            frame["history"] = samples.Select(s => new[]
            {
                s.At.ToUnixTimeMilliseconds(), Math.Round(s.AssignmentsPerSecond, 1), s.Waiting, Math.Round(s.InFlight, 1), s.Up,
            });
        }
    }

    private object Balancer(BalancerReport report)
    {
        var b = report.Balancer;
        var (standsBy, passesOn) = (traits.IsOfCluster && report.StandsBy, traits.IsOfCluster && report.PassesOn());
        var role = !traits.IsOfCluster ? "decides for itself" : passesOn ? b.Rejection : standsBy ? "stands by" : "decides for its cluster";
        return new
        {
            b.Id, address = report.Address.ToString(), role, isStandingBy = standsBy, isPassingOn = passesOn, rejection = passesOn ? "" : b.Rejection,
            traits.TakesOrders,
        };
    }

    private static object Registry(WatcherState w) => new
    {
        name = w.Registry, w.IsConnected, w.Revision, proofAge = Seconds(w.ProofAge), w.Resyncs, w.Disconnects, w.LastProblem,
    };

    private static object Service(string name, BalancerState state, BoardView view) => new
    {
        name,
        state.Policy,
        state.Rejection,
        workers = state.MemberCount,
        up = state.Members.Count(m => m.IsEligible),
        state.Waiting,
        longestWait = state.Waiting == 0 ? null : Seconds(state.LongestWait),
        state.OpenPicks,
        inFlight = Math.Round(state.Members.Sum(m => m.InFlight), 1),
        perSecond = Math.Round(view.AssignmentsPerSecond.GetValueOrDefault(name), 1),
    };

    private object Table(BalancerReport report)
    {
        var state = report.AllServices.FirstOrDefault(s => s.Key == query.Service).Value;
        var window = state is null ? new WorkerWindow(0, 0, []) : WorkerWindow.Select(state.Members, state.Policy, query);
        var rows = window.Rows.Select(m => JsonSerializer.Serialize(Row(m, state!.Policy), Json)).ToArray();
        var changed = rows.Select((row, i) => i < _rows.Length && _rows[i] == row ? default(JsonElement?) : JsonElement.Parse(row)).ToList();
        _rows = rows;

        // A row that is as it was is null.
        return new { query.Service, total = state?.Members.Count ?? 0, window.Matched, window.From, rows = changed };
    }

    private static object Row(MemberState m, string policy)
    {
        var words = WorkerWords.Of(m, policy);
        return new
        {
            m.Worker.Id,
            incarnation = m.Worker.Incarnation.ToString(CultureInfo.InvariantCulture),
            words.State,
            words.Tone,
            words.Why,
            inFlight = Math.Round(m.InFlight, 1),
            drift = Math.Round(m.Drift, 1),
            m.Details?.Capacity,
            answer = Rounded(m.Details?.AnswerTime?.TotalMilliseconds),
            error = m.Details?.LastTrouble is { } trouble ? WorkerWords.Of(trouble) : null,
            errorAge = m.Details?.LastTrouble is { } last ? Math.Floor(last.Age.TotalSeconds) : (double?)null,
            memory = m.ResidentBytes >> 20,
            limit = m.Details?.LimitBytes >> 20,
            assigned = m.Details?.Assignments,
            reportAge = Seconds(m.Details?.ReportAge),
            m.Zone,
            m.Details?.Address,
            m.Details?.Version,

            // By an operator; the usual is left out.
            wanted = m.Details is { Wanted: not AdminState.Ready } d ? AdminStates.NameOf(d.Wanted) : null,
            weight = m.Details is { WeightPercent: < WorkerOverride.WeightUsual } w ? w.WeightPercent : (int?)null,
        };
    }

    private void AddIfNew(Dictionary<string, object?> frame, string name, object value)
    {
        var json = JsonSerializer.Serialize(value, Json);
        if (_sent.GetValueOrDefault(name) != json)
        {
            _sent[name] = json;
            frame[name] = value;
        }
    }

    private static double? Rounded(double? ms) => ms is { } value ? Math.Round(value, value < 10 ? 2 : 0) : null;

    private static double? Seconds(TimeSpan? time) => time is { } t ? Math.Round(t.TotalSeconds, 1) : null;
}
