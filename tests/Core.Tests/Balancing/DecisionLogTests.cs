using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>Why a balancer has named whom, through a whole balancer.</summary>
public class DecisionLogTests
{
    private const long Client = 0x5fe1;

    private readonly List<BalancerEffect> _outbox = [];
    private BalancerCore _balancer = New(Policy.LeastRequests);
    private TimeSpan _now = S(100);

    [Fact]
    public void A_decision_is_told_with_what_was_known_and_how_it_ended()
    {
        Handle(Read([Up("a", 1), Up("b", 2)]));
        Handle(Sample("b", 64 << 20));
        Ask(request: 1, job: 7);
        _now += S(2);
        Ask(request: 2, job: 8, ended: [new EndedPick(1, PickEnd.Done, Ms(20), default, 7)]);

        var first = Assert.Single(Why(7).Made);
        Assert.Equal((S(2), "least-requests", 7L, 1L), (first.Age, first.Policy, first.Job, first.Request));
        Assert.Equal((PickEnd.Done, Ms(20)), (first.End, first.Took));
        Assert.Equal(new CandidateSight("a", 0, 1), first.Picked);
        Assert.Equal([new CandidateSight("b", 0, 1, 64 << 20)], first.Others);
        Assert.Equal((2, 2), (first.Eligible, first.Workers));
        var second = Assert.Single(Why(8).Made);
        Assert.Null(second.End);
        Assert.Equal(new CandidateSight("b", 0, 1, 64 << 20, S(2)), second.Picked);
    }

    [Fact]
    public void A_job_that_was_given_ahead_is_known_when_its_pick_has_ended()
    {
        Handle(Read(Members("a")));
        Handle(new Assign(5, 2, [], null, S(60), Finished: new Finished(Client, 0, []), AheadSince: 1));
        Assert.Empty(Why(99).Made);
        Assert.True(Assert.Single(Why(5).Made).IsAhead);
        Handle(new Finished(Client, 0, [new EndedPick(5, PickEnd.Failed, Ms(3), default, 99)]));
        Assert.Equal((5L, PickEnd.Failed), (Assert.Single(Why(99).Made).Request, Why(99).Made[0].End));
    }

    [Fact]
    public void Each_try_of_a_job_is_told_and_no_other_clients_job_of_the_same_number()
    {
        Handle(Read(Members("a", "b")));
        Ask(request: 1, job: 7);
        Ask(request: 2, job: 7, leaveOut: [Key("a")], ended: [new EndedPick(1, PickEnd.Rejected, default, default, 7)]);
        Ask(request: 1, job: 7, client: Client + 1);
        Assert.Equal([("a", 0, PickEnd.Rejected), ("b", 1, null)], Why(7).Made.Select(d => (d.Picked!.WorkerId, d.LeftOut, d.End)));
    }

    [Fact]
    public void Nobody_is_a_decision_too_also_for_a_service_that_nobody_serves()
    {
        Handle(Read(Members("a")));
        Ask(request: 1, job: 7, leaveOut: [Key("a")]);
        Ask(request: 2, job: 8, service: "pdf");
        Assert.StartsWith("every worker that could be picked is on the req", Assert.Single(Why(7).Made).Rejection, StringComparison.Ordinal);
        var pdf = Assert.Single(Why(8).Made);
        Assert.Equal(("pdf", "no worker of that service is registered", 0), (pdf.Service, pdf.Rejection, pdf.Workers));
    }

    [Fact]
    public void What_waits_is_told_with_how_long_and_behind_whom()
    {
        _balancer = New(Policy.FirstFree);
        Handle(Read(Members("a")));
        for (var i = 1; i <= 3; i++)
        {
            Ask(request: i, job: 10 + i);
            _now += S(1);
        }

        Assert.Equal([(12L, S(2), 0), (13L, S(1), 1)], Why(0, client: 0).Waiting.Select(w => (w.Job, w.Since, w.Ahead)));
        Assert.Equal("every worker that could be picked is full", Assert.Single(Why(13).Waiting).Why);
        Assert.Empty(Why(11).Waiting);
        Handle(new Finished(Client, 0, [new EndedPick(1, PickEnd.Done, S(3), default, 11)]));
        var waited = Assert.Single(Why(12).Made);
        Assert.Equal((S(2), 1), (waited.Waited, waited.Waiting));
    }

    [Fact]
    public void One_that_has_waited_in_vain_is_told_with_how_long()
    {
        _balancer = New(Policy.FirstFree);
        Handle(Read(Members("a")));
        Ask(request: 1, job: 11);
        Ask(request: 2, job: 12);
        _now += S(60);
        Handle(new Finished(Client, 0, []));
        Handle(AkkaLb.Core.Machines.Tick.Instance);
        var rejected = Assert.Single(Why(12).Made);
        Assert.Equal((WorkerPool.NoCapacity.Sentence, S(60)), (rejected.Rejection, rejected.Waited));
    }

    [Fact]
    public void The_latest_are_kept_and_told_in_order()
    {
        Handle(Read(Members("a")));
        for (var i = 1; i <= DecisionLog.KeptMax + 10; i++)
        {
            Ask(request: i, job: i, ended: i == 1 ? [] : [new EndedPick(i - 1, PickEnd.Done, default, default, i - 1)]);
        }

        Assert.Empty(Why(10).Made);
        Assert.Single(Why(11).Made);
        Assert.Equal([DecisionLog.KeptMax + 9L, DecisionLog.KeptMax + 10L], Why(0, client: 0, count: 2).Made.Select(d => d.Job));

        // The end of one that is forgotten changes nobody else's.
        Handle(new Finished(Client, 0, [new EndedPick(3, PickEnd.Failed, default, default, 3)]));
        Assert.DoesNotContain(Why(0, client: 0, count: 50).Made, d => d.End == PickEnd.Failed);
    }

    [Fact]
    public void Of_thousands_of_workers_a_few_are_told_beside_the_one_picked()
    {
        Handle(Read([.. Enumerable.Range(0, 3000).Select(i => Up($"w{i}", i + 1))]));
        Ask(request: 1, job: 1);
        var decision = Assert.Single(Why(1).Made);
        Assert.Equal((3000, Decision.OthersMax), (decision.Eligible, decision.Others.Count));
        Assert.DoesNotContain(decision.Picked!.WorkerId, decision.Others.Select(other => other.WorkerId));
    }

    [Fact]
    public void An_answer_fits_its_room()
    {
        _balancer = New(Policy.LeastRequests, answerBytesMax: 3000);
        Handle(Read(Members("a", "b", "c", "d", "e")));
        for (var i = 1; i <= 50; i++)
        {
            Ask(request: i, job: i);
        }

        var made = Why(0, client: 0, count: 50).Made;
        Assert.InRange(made.Count, 2, 10);
        Assert.Equal(50, made[^1].Job);
    }

    [Fact]
    public void In_sentences()
    {
        var decision = new Decision(
            S(2), "pdf", "least-requests", Client, 3, 7, new CandidateSight("w7", 2, 64, 110 << 20, Ms(400)), "",
            [new CandidateSight("w3", 4, 1), new CandidateSight("w1", 3.5, 64)], 5, 6, 1, 1, true, true, Ms(250), 3, PickEnd.Done, Ms(20));
        Assert.Equal(
            "job 5fe1-7: 2 s ago w7 was named. least-requests chose it among the 5 of 6 workers that could take jobs, without 1 worker that the "
            + "client left out: it had 2 of 64 jobs in flight and 110 MiB in memory by a report 400 ms old; w3 had 4 of 1 job in flight; w1 had 3.5 "
            + "of 64 jobs in flight; 2 more are not kept. 1 worker before it passed the pick on: they have not their full share. It is kept from "
            + "jobs, but nobody else could do this one. It was named ahead, for a job that may come. The request had waited 250 ms for a free "
            + "place, beside 3 other requests. The worker answered after 20 ms.",
            DecisionText.Of(decision));
        Assert.Equal(
            "request 5fe1-3: 2 s ago nobody was named: every worker is full. Of 1 worker 0 could take jobs.",
            DecisionText.Of(decision with { Job = 0, Picked = null, Rejection = "every worker is full", Workers = 1, Eligible = 0, LeftOut = 0 }));
        Assert.Equal(
            "job 5fe1-9: it has waited 1.5 s for a free place of the service pdf, behind 1 older request: every worker is full.",
            DecisionText.Of(new HeldRequest("pdf", Client, 4, 9, JobPriority.Normal, S(1.5), 1, "every worker is full")));
        foreach (var end in Enum.GetValues<PickEnd>())
        {
            Assert.EndsWith(".", DecisionText.Of(decision with { End = end }), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("5fe1-7", true)]
    [InlineData("7fffffffffffffff-0", true)]
    [InlineData("ffffffffffffffff-1", false)]
    [InlineData("0-1", false)]
    [InlineData("5fe1-", false)]
    [InlineData("-7", false)]
    [InlineData("5fe1--7", false)]
    [InlineData("5fe1-+7", false)]
    [InlineData("x-7", false)]
    [InlineData(null, false)]
    public void A_jobs_id_is_read_as_it_is_written(string? text, bool isOne)
    {
        Assert.Equal(isOne, JobId.TryParse(text, out var id));
        Assert.Equal(isOne ? text : "0-0", id.ToString());
    }

    private static BalancerCore New(string policy, int answerBytesMax = 100_000) => new(
        "b", ServiceRules.All(Policy.Of(policy), BalancerLimits.Default), new Random(4053), DecidingRight.Always, answerBytesMax);

    private static Watched<Member>.Known Read(IReadOnlyCollection<Member> members) =>
        Build.Read([.. members.Select(m => m with { Worker = m.Worker with { Capacity = 1 } })]);

    private void Ask(
        long request, long job, IReadOnlyList<WorkerKey>? leaveOut = null, IReadOnlyList<EndedPick>? ended = null, long client = Client,
        string service = WorkerService.Default) => Handle(new Assign(
            request, 1, leaveOut ?? [], null, S(60), Finished: new Finished(client, 0, ended ?? []), Service: service, Job: job));

    private Decisions Why(long number, long client = Client, int count = 20)
    {
        Handle(new GetDecisions(client, number, count));
        return Assert.IsType<Decisions>(Assert.Single(_outbox.OfType<BalancerEffect.Answer>()).Message);
    }

    private void Handle(object input)
    {
        _outbox.Clear();
        _balancer.Handle(input, _now, _outbox);
    }
}
