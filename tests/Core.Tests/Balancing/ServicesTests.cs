using AkkaLb.Core.Balancing;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Policies;
using AkkaLb.Watching;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Balancing;

/// <summary>One balancer, several services: the default one takes workers in turn, <c>pdf</c> lets requests wait for a free place, and others have
/// the rule of the default one.</summary>
public class ServicesTests
{
    private static readonly ServiceRules Rules = new(new ServiceRule(Policy.Of(Policy.RoundRobin), BalancerLimits.Default))
    {
        Named = [KeyValuePair.Create("pdf", new ServiceRule(Policy.Of(Policy.FirstFree), BalancerLimits.Default with { WaitMax = S(3) }))],
    };

    private readonly BalancerCore _balancer = new("b", Rules, new Random(4053), DecidingRight.Always, answerBytesMax: 100_000, _ => TimeSpan.Zero);
    private readonly List<BalancerEffect> _outbox = [];
    private long _order;

    [Fact]
    public void A_job_gets_a_worker_of_its_service_by_the_policy_of_that()
    {
        Read_("a", "b", "pdf/a", "img/a");
        Assert.Equal("round-robin a", Ask(1));
        Assert.Equal("round-robin b", Ask(2));
        Assert.Equal("first-free pdf/a", Ask(3, "pdf"));
        Assert.Equal("round-robin img/a", Ask(4, "img"));
        Assert.Equal("round-robin a", Ask(5));
    }

    [Fact]
    public void A_service_whose_workers_are_full_keeps_nobody_of_another_waiting()
    {
        Read_("a", "pdf/a");
        Assert.Equal("first-free pdf/a", Ask(1, "pdf"));
        Assert.Equal("held", Ask(2, "pdf"));
        Assert.Equal("round-robin a", Ask(3));

        Handle(new Finished(7, 0, [new EndedPick(1, PickEnd.Done, S(1), default)]));
        Assert.Equal("pdf/a", Assert.Single(Assert.IsType<Assigned>(Assert.IsType<BalancerEffect.AnswerHeld>(
            Assert.Single(_outbox)).Message).Workers).Worker.Id);
    }

    [Fact]
    public void Ends_of_picks_count_whichever_service_the_request_is_for_on_which_they_ride()
    {
        Read_("a", "pdf/a");
        Ask(1, "pdf");
        Ask(2);
        Assert.Equal(2, OpenPicks());
        Handle(Request(3, "img", ended: [1, 2]));
        Assert.Equal(0, OpenPicks());
        Assert.Equal("first-free pdf/a", Ask(4, "pdf"));
    }

    [Fact]
    public void Requests_that_wait_in_two_services_have_numbers_of_their_own()
    {
        var balancer = new BalancerCore(
            "b", ServiceRules.All(Policy.Of(Policy.FirstFree), BalancerLimits.Default), new Random(1), DecidingRight.Always, 100_000);
        balancer.Handle(Read([Member("a"), Member("pdf/a")]), default, _outbox);
        foreach (var (pick, service) in new[] { (1L, "default"), (2L, "pdf"), (3L, "default"), (4L, "pdf") })
        {
            balancer.Handle(Request(pick, service), default, _outbox);
        }

        var tickets = _outbox.OfType<BalancerEffect.Hold>().Select(h => h.Ticket).ToList();
        Assert.Equal(2, tickets.Distinct().Count());
        Assert.Equal(2, tickets.Count);
    }

    [Theory]
    [InlineData("img", "NoWorkers")]
    [InlineData("pdf", "NoWorkers")]
    public void A_service_without_workers_has_none_to_name_though_others_do(string service, string answer)
    {
        Assert.Equal("NotReady", Ask(1, service));
        Read_("a");
        Assert.Equal(answer, Ask(2, service));
        Handle(new BalancerInput.Stop());
        Assert.Equal("Stopping", Ask(3, service));
    }

    [Fact]
    public void A_service_that_no_rule_names_comes_with_its_first_worker_and_goes_with_its_last()
    {
        Read_("a");
        Assert.Equal("default pdf", Names());

        Handle(Changed([Put(Member("img/a"))], 2));
        Assert.Equal("default pdf img", Names());
        Assert.StartsWith("worker img/a is up at ", Assert.IsType<BalancerEffect.Note>(Assert.Single(_outbox)).Text, StringComparison.Ordinal);

        Handle(Changed([Removed("img/a")], 3));
        Assert.Equal("default pdf", Names());
        Handle(Changed([Put(Member("pdf/a"))], 4));
        Handle(Changed([Removed("pdf/a")], 5));
        Assert.Equal("default pdf", Names());
    }

    [Fact]
    public void It_stays_as_long_as_a_client_has_picks_of_it()
    {
        Read_("a", "img/a");
        Ask(1, "img");
        Handle(Changed([Removed("img/a")], 3));
        Assert.Equal("default pdf img", Names());
        Handle(new Finished(7, 0, [new EndedPick(1, PickEnd.Done, S(1), default)]));
        Handle(Changed([Removed("a")], 4));
        Assert.Equal("default pdf", Names());
    }

    [Fact]
    public void A_report_that_runs_ahead_of_its_service_is_kept_for_it()
    {
        var balancer = new BalancerCore(
            "b", ServiceRules.All(Policy.Of(Policy.LeastLoad), BalancerLimits.Default), new Random(1), DecidingRight.Always, 100_000);
        balancer.Handle(Read([Member("a")]), default, _outbox);
        var member = Member("img/a");
        balancer.Handle(Report(new WorkerKey("img/a", member.Worker.Incarnation), 1, S(1), 42), default, _outbox);
        balancer.Handle(Changed([Put(member)], 2), Ms(1), _outbox);
        Assert.Equal(42, balancer.FindWorker("img/a")!.ResidentBytes);
    }

    [Fact]
    public void At_most_a_hundred_services_are_served_and_who_is_left_out_is_told()
    {
        Read_([.. Enumerable.Range(1, 150).Select(i => $"s{i}/w")]);
        Assert.Equal(ServiceRules.CountMax, _balancer.Services.Count);
        Assert.Equal("round-robin s98/w", Ask(1, "s98"));
        Assert.Equal("NoWorkers", Ask(2, "s99"));
        Assert.Contains(_read, e => e is BalancerEffect.Note { Level: NoteLevel.Warning } note
            && note.Text == "the workers of the service s99 are left out: this balancer serves 100 services already");
    }

    [Fact]
    public void When_there_is_room_services_that_were_left_out_come_with_all_their_workers()
    {
        Member[] all = [.. Enumerable.Range(1, 150).Select(i => Member($"s{i}/w")), Member("s99/x"), Member("s100/x")];
        Handle(Read(all, 1));
        Handle(new Watched<Member>.Known(2, all[1..], [Removed("s1/w")]));
        Assert.Equal("round-robin s99/w", Ask(1, "s99"));
        Assert.Equal("round-robin s99/x", Ask(2, "s99"));
        Assert.Equal("NoWorkers", Ask(3, "s100"));

        // A further worker of one that is left out changes nothing, and when there is room they come together.
        all = [.. all[1..], Member("s100/y")];
        Handle(new Watched<Member>.Known(3, all, [Put(all[^1])]));
        Assert.Equal("NoWorkers", Ask(4, "s100"));
        Ask(5, "s2");
        Handle(new Watched<Member>.Known(4, all[1..], [Removed("s2/w")]));
        Assert.Equal("NoWorkers", Ask(6, "s100"));
        Handle(Tick.Instance, S(15));
        Assert.Equal(3, _balancer.ServiceOf("s100/w")!.Table.MemberCount);
    }

    [Fact]
    public void A_service_whose_last_worker_has_gone_goes_when_its_last_pick_has_been_given_up()
    {
        Read_("a", "img/a");
        Ask(1, "img");
        Handle(Changed([Removed("img/a")], 2));
        Assert.Equal("default pdf img", Names());
        Handle(Tick.Instance, _balancer.NextDue!.Value);
        Handle(Tick.Instance, S(30));
        Assert.Equal("default pdf", Names());
    }

    [Fact]
    public void A_whole_reading_takes_away_services_that_are_gone()
    {
        Read_("a", "img/a", "mov/a");
        Read_("a", "mov/a");
        Assert.Equal("default pdf mov", Names());
        Assert.Equal("NoWorkers", Ask(1, "img"));
    }

    [Fact]
    public void The_state_is_told_of_one_service_with_the_names_of_all()
    {
        Read_("a", "pdf/a", "pdf/b");
        Handle(new GetBalancerState(0, 10, "pdf"));
        var state = Assert.IsType<BalancerState>(Assert.IsType<BalancerEffect.Answer>(Assert.Single(_outbox)).Message);
        Assert.Equal(
            ("first-free", 2, "pdf/a pdf/b", "default pdf"),
            (state.Policy, state.MemberCount, string.Join(' ', state.Members.Select(m => m.Worker.Id)), string.Join(' ', state.Services)));
    }

    [Fact]
    public void A_request_that_waits_in_a_service_waits_no_longer_than_that_allows()
    {
        Read_("a", "pdf/a");
        Ask(1, "pdf");
        Ask(2, "pdf");
        Handle(Tick.Instance, S(3));
        var answer = Assert.Single(_outbox.OfType<BalancerEffect.AnswerHeld>());
        Assert.Equal(AssignRejectReason.NoCapacity, Assert.IsType<AssignRejected>(answer.Message).Reason);
    }

    private readonly List<BalancerEffect> _read = [];

    private void Read_(params string[] ids)
    {
        Handle(Read([.. ids.Select(Member)], 1));
        _read.AddRange(_outbox);
    }

    private Member Member(string id) => Up(id.Replace('/', '-'), ++_order, _order) with
    {
        Worker = Worker(id.Replace('/', '-'), _order) with { Id = id, Places = 1 },
    };

    private string Names() => string.Join(' ', _balancer.Services.Select(s => s.Name));

    private int OpenPicks() => _balancer.Services.Sum(s => s.Pool.OpenPickCount);

    private static Assign Request(long pick, string service, long[]? ended = null) => new(
        pick, 1, [], null, S(60), 1, new Finished(7, 0, [.. (ended ?? []).Select(p => new EndedPick(p, PickEnd.Done, S(1), default))]), service);

    /// <returns>Policy and worker, or <c>held</c>, or why not.</returns>
    private string Ask(long pick, string service = "default")
    {
        Handle(Request(pick, service));
        return _outbox.Select(effect => effect switch
        {
            BalancerEffect.Hold => "held",
            BalancerEffect.Answer { Message: Assigned m } => $"{m.Policy} {m.Workers[0].Worker.Id}",
            BalancerEffect.Answer { Message: AssignRejected m } => $"{m.Reason}",
            _ => "",
        }).Single(text => text.Length > 0);
    }

    private void Handle(object input, TimeSpan now = default)
    {
        _outbox.Clear();
        _balancer.Handle(input, now, _outbox);
    }
}
