using System.Text;
using System.Text.Json;
using AkkaLb.Balancer.Page;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Machines;
using AkkaLb.Messages;
using static AkkaLb.Balancer.Tests.Page.Reported;

namespace AkkaLb.Balancer.Tests.Page;

public sealed class LiveFramesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<string, double> Rates = new() { ["default"] = 418.25 };

    private readonly EventJournal _journal = new(Noon);
    private readonly List<Sample> _samples = [];
    private long _views;

    [Fact]
    public void The_first_frame_tells_all_and_the_next_one_what_has_changed()
    {
        _journal.Add(Noon, NoteLevel.Warning, "etcd is away");
        _samples.Add(new Sample(Noon, 1.25, 2, 3.5, 4));
        var frames = Frames(LiveQuery.Default);

        var first = Next(frames, Report(NewWorker("a", inFlight: 3.24), NewWorker("b")));

        Assert.Equal("decides for itself", first.GetProperty("balancer").GetProperty("role").GetString());
        Assert.Equal("etcd", first.GetProperty("registry").GetProperty("name").GetString());
        Assert.Equal(418.2, first.GetProperty("services")[0].GetProperty("perSecond").GetDouble());
        Assert.Equal("no worker is registered", first.GetProperty("services")[1].GetProperty("rejection").GetString());
        Assert.Equal("warning", first.GetProperty("events")[0].GetProperty("level").GetString());
        Assert.Equal(Noon.ToUnixTimeMilliseconds(), first.GetProperty("begun").GetInt64());
        Assert.Equal(3.5, first.GetProperty("history")[0][3].GetDouble());
        var row = first.GetProperty("table").GetProperty("rows")[0];
        Assert.Equal(("a", "up", 3.2, 90), (
            row.GetProperty("id").GetString(), row.GetProperty("state").GetString(), row.GetProperty("inFlight").GetDouble(),
            row.GetProperty("memory").GetInt32()));

        var second = Next(frames, Report(NewWorker("a", inFlight: 3.24), NewWorker("b", inFlight: 1)));

        Assert.Equal(["at", "services", "table"], second.EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal(
            [JsonValueKind.Null, JsonValueKind.Object], second.GetProperty("table").GetProperty("rows").EnumerateArray().Select(r => r.ValueKind));
    }

    [Fact]
    public void A_row_tells_what_an_operator_wants_and_what_clients_see_and_nothing_of_the_usual()
    {
        var special = NewWorker("a") with
        {
            Details = Details with
            {
                Wanted = AdminState.Maintenance, WeightPercent = 40, AnswerTime = TimeSpan.FromMilliseconds(12.345),
                LastTrouble = new MemberTrouble(PickEnd.Unknown, TimeSpan.FromSeconds(61.9)),
            },
        };

        var rows = Next(Frames(LiveQuery.Default), Report(special, NewWorker("b"))).GetProperty("table").GetProperty("rows");

        Assert.Equal(("maintenance", 40, 12.0, "lost", 61.0), (
            rows[0].GetProperty("wanted").GetString(), rows[0].GetProperty("weight").GetInt32(), rows[0].GetProperty("answer").GetDouble(),
            rows[0].GetProperty("error").GetString(), rows[0].GetProperty("errorAge").GetDouble()));
        Assert.DoesNotContain(rows[1].EnumerateObject(), p => p.Name is "wanted" or "weight" or "answer" or "error" or "errorAge");
    }

    [Fact]
    public void Who_comes_again_gets_only_what_it_lacks_and_all_from_another_life_of_the_balancer()
    {
        for (var i = 0; i < 300; i++)
        {
            _journal.Add(Noon, NoteLevel.Info, $"event {i}");
        }

        Assert.Equal(200, Next(Frames(LiveQuery.Default), Report()).GetProperty("events").GetArrayLength());
        var known = LiveQuery.Default with { Begun = Noon.ToUnixTimeMilliseconds(), After = 298 };
        var frame = Next(Frames(known), Report());
        Assert.Equal([299, 300], frame.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("n").GetInt32()));
        Assert.False(frame.TryGetProperty("begun", out _));
        Assert.Equal(200, Next(Frames(known with { Begun = 1 }), Report()).GetProperty("events").GetArrayLength());
    }

    [Fact]
    public void A_balancer_that_cannot_be_read_is_told_and_what_was_seen_stays()
    {
        var frames = Frames(LiveQuery.Default);
        Next(frames, Report(NewWorker("a")));

        var frame = Next(frames, null, "the balancer cannot be read: it does not answer");

        Assert.Equal("the balancer cannot be read: it does not answer", frame.GetProperty("problem").GetString());
        Assert.False(frame.TryGetProperty("table", out _));
        Assert.Equal("", Next(frames, Report(NewWorker("a"))).GetProperty("problem").GetString());
    }

    [Fact]
    public void A_service_that_is_gone_has_no_workers() => Assert.Equal(
        0, Next(Frames(LiveQuery.Default with { Service = "gone" }), Report(NewWorker("a"))).GetProperty("table").GetProperty("matched").GetInt32());

    [Fact]
    public void A_second_of_a_thousand_busy_workers_takes_less_than_50_kilobytes()
    {
        var frames = Frames(LiveQuery.Default with { Count = LiveQuery.CountMax, From = 450 });
        Next(frames, Busy(0));
        for (var second = 1; second < 5; second++)
        {
            var frame = frames.Next(View(Busy(second), ""));

            Assert.InRange(Encoding.UTF8.GetByteCount(frame), 10_000, 50_000);
        }

        static BalancerReport Busy(int second) => Report([.. Enumerable.Range(0, 1000).Select(i => NewWorker($"worker-{i:0000}", 3.5 + second) with
        {
            Reason = "it has joined lately: it gets 40 % of its share",
            Details = Details with
            {
                Condition = WorkerCondition.SlowStart, ReportAge = TimeSpan.FromMilliseconds(100 * second), WeightPercent = 40,
                AnswerTime = TimeSpan.FromMilliseconds(100.5 * second), LastTrouble = new MemberTrouble(PickEnd.Failed, TimeSpan.FromSeconds(second)),
            },
        })]);
    }

    [Fact]
    public void Words_of_strangers_break_no_frame()
    {
        var frame = Frames(LiveQuery.Default).Next(View(Report(NewWorker("a") with { Reason = "one\n\ndata: two" }), ""));

        Assert.DoesNotContain('\n', frame);
    }

    private LiveFrames Frames(LiveQuery query) => new(query, _journal, since => [.. _samples.Where(s => s.At > since)], new PageTraits(false, false));

    private JsonElement Next(LiveFrames frames, BalancerReport? report, string problem = "") =>
        JsonElement.Parse(frames.Next(View(report, problem)));

    private BoardView View(BalancerReport? report, string problem) => new(++_views, Noon.AddSeconds(_views), report, problem, Rates);
}
