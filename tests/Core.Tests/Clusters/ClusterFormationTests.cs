using AkkaLb.Core.Clusters;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clusters;

/// <summary>Node "me", life 1, policy pick-first; 10 s to join, looks 250 ms apart while something is about to change, else 1 s, 15 s of
/// patience.</summary>
public class ClusterFormationTests
{
    private static readonly NodeLife Me = new("me", 1);
    private static readonly NodeLife A = new("a", 11);
    private static readonly NodeLife B = new("b", 12);

    private static readonly FormationSettings Settings = new(S(10), Ms(250), S(1), S(15), S(6), S(10));

    private const string KeptAgain = "info: this balancer's entry in the cluster is kept again";

    private HashSet<NodeLife> _members = [];
    private readonly ClusterFormation _formation = new(Me, "pick-first", Settings);

    [Fact]
    public void What_the_registry_has_to_tell_is_passed_on_in_every_phase()
    {
        Assert.Empty(_formation.Start(S(0)).Effects.OfType<FormationEffect.Note>());
        Assert.Equal("told", Noted());
        Text(_formation.Begun(5));
        Assert.Equal("told", Noted());

        string Noted() => _formation.Saw(
            new ClusterSight([], null, 0) { News = ["told"] }, _members, S(0)).Effects.OfType<FormationEffect.Note>().Single().Text;
    }

    // ---- forming

    [Fact]
    public void It_looks_first() => Assert.Equal("look 0", Text(_formation.Start(S(0))));

    [Fact]
    public void Where_nobody_is_and_nobody_forms_it_asks_for_the_lock()
    {
        _formation.Start(S(0));
        Assert.Equal("begin", See());
    }

    [Fact]
    public void The_node_that_gets_the_lock_joins_itself_announces_itself_when_it_is_up_and_is_ready_then()
    {
        _formation.Start(S(0));
        See();
        Assert.Equal("join self", Text(_formation.Begun(5)));
        Assert.Equal("announce 5 and end forming", Up(Me));
        Assert.Equal("ready 5, look 1000", Text(_formation.Announced()));
    }

    [Fact]
    public void A_node_that_does_not_get_the_lock_looks_again_and_joins_the_one_that_got_it()
    {
        _formation.Start(S(0));
        See();
        Assert.Equal("look 250", Text(_formation.NotBegun()));
        Assert.Equal("look 250", See(forming: new FormingLock(5, IsOurs: false)));
        Assert.Equal("join a, look 1000", See(entries: Entry(A, 5)));
    }

    [Fact]
    public void When_the_node_that_got_the_lock_dies_with_it_the_next_one_asks_for_it()
    {
        _formation.Start(S(0));
        Assert.Equal("look 250", See(forming: new FormingLock(5, IsOurs: false)));
        Assert.Equal("begin", See());
    }

    [Fact]
    public void A_lock_that_was_ours_though_the_answer_was_lost_is_used()
    {
        _formation.Start(S(0));
        See();
        Assert.Equal("look 250", Text(_formation.BeginFailed("no answer")));
        Assert.Equal("join self", See(forming: new FormingLock(5, IsOurs: true)));
        Assert.Equal("announce 5 and end forming", Up(Me));
    }

    [Fact]
    public void A_node_that_lost_the_lock_before_it_was_up_ends()
    {
        _formation.Start(S(0));
        See();
        _formation.Begun(5);
        Up(Me);
        Assert.Equal("end: the cluster could not be formed before the lease of its lock ran out: start this balancer again", Text(
            _formation.AnnounceRefused(S(1))));
        Assert.Equal("", See());
    }

    // ---- joining

    [Fact]
    public void It_joins_the_members_it_finds_and_takes_their_generation()
    {
        _formation.Start(S(0));
        Assert.Equal("join a b, look 1000", See(entries: [Entry(B, 5), Entry(A, 5)]));
        Assert.Equal("look 0", Up(Me, A, B));
        Assert.Equal("announce 5", See(entries: [Entry(B, 5), Entry(A, 5)]));
        Assert.Equal("ready 5, look 1000", Text(_formation.Announced()));
    }

    [Fact]
    public void Members_that_come_and_go_while_it_joins_are_followed()
    {
        _formation.Start(S(0));
        See(entries: Entry(A, 5));
        Assert.Equal("look 1000", See(entries: Entry(A, 5)));
        Assert.Equal("join b, look 1000", See(entries: Entry(B, 5)));
    }

    [Fact]
    public void When_all_members_it_asked_are_gone_it_asks_for_the_lock()
    {
        _formation.Start(S(0));
        See(entries: Entry(A, 5));
        Assert.Equal("begin", See());
        Assert.Equal("join self", Text(_formation.Begun(9)));
    }

    [Fact]
    public void Of_two_generations_it_joins_the_later()
    {
        _formation.Start(S(0));
        Assert.Equal("join b, look 1000", See(entries: [Entry(A, 5), Entry(B, 9)]));
    }

    [Fact]
    public void Its_own_address_is_of_an_earlier_life_and_is_waited_out()
    {
        _formation.Start(S(0));
        Assert.Equal("look 250", See(entries: Entry(new NodeLife("me", 77), 5)));
        Assert.Equal("begin", See());
    }

    [Fact]
    public void The_generation_is_that_of_the_lives_it_met_and_not_of_the_addresses_it_was_told()
    {
        _formation.Start(S(0));
        See(entries: Entry(A, 5));
        var again = new NodeLife("a", 99);
        Up(Me, again);
        Assert.Equal("announce 9", See(entries: Entry(again, 9)));
    }

    [Fact]
    public void Until_one_of_those_it_met_is_in_the_registry_it_cannot_know_where_it_is_and_waits()
    {
        _formation.Start(S(0));
        See(entries: Entry(A, 5));
        See(entries: Entry(B, 9));
        Up(Me, A);
        Assert.Equal("look 250", See());
        Assert.Equal("announce 5", See(entries: Entry(A, 5)));
    }

    [Fact]
    public void A_node_that_got_into_a_cluster_that_another_has_followed_ends_when_its_time_to_join_does()
    {
        _formation.Start(S(0));
        See(entries: Entry(A, 5));
        Up(Me, A);
        Assert.Equal("look 250", See(S(1), entries: [Entry(A, 5), Entry(B, 9)]));
        Assert.Equal("look 250", See(S(9.9), entries: Entry(B, 9)));
        Assert.Equal(
            "end: this balancer got into a cluster that etcd does not name; it names another (generation 9): start it again",
            See(S(10), entries: Entry(B, 9)));
    }

    [Fact]
    public void A_node_that_got_into_a_cluster_while_the_registry_forgot_it_waits_until_one_of_those_it_met_is_back()
    {
        _formation.Start(S(0));
        See(entries: Entry(A, 5));
        Up(Me, A);
        Assert.Equal("look 250", SeeUnder(0));
        Assert.Equal("look 250", SeeUnder(0, entries: Entry(A, 5)));
        Assert.Equal("look 250", See(forming: new FormingLock(3, IsOurs: false)));
        Assert.Equal("announce 3", See(entries: Entry(A, 3)));
    }

    [Fact]
    public void A_node_that_took_the_lock_before_it_was_let_in_gives_its_generation_to_the_cluster_it_got_into()
    {
        _formation.Start(S(0));
        See(entries: Entry(A, 5));
        Assert.Equal("begin", See());
        Up(Me, A);
        Assert.Equal("announce 9 and end forming", Text(_formation.Begun(9)));
    }

    [Fact]
    public void A_node_that_comes_with_an_entry_when_the_generation_is_another_by_now_looks_again()
    {
        Join(5);
        Assert.Equal("look 250", Text(_formation.AnnounceRefused(S(1))));
        Assert.Equal("announce 9", See(entries: Entry(A, 9)));
        Assert.Equal("look 250", Text(_formation.AnnounceRefused(S(9.9))));
        See(entries: Entry(A, 12));
        Assert.Equal(
            "end: this balancer could not enter the cluster of balancers within 10 s: the generation of the cluster in etcd was another each time "
                + "its entry was to be put",
            Text(_formation.AnnounceRefused(S(10))));
    }

    [Fact]
    public void A_cluster_with_another_policy_is_not_joined()
    {
        _formation.Start(S(0));
        Assert.Equal("look 250", See(S(1), entries: Entry(A, 5) with { Policy = "least-load" }));
        Assert.Equal("look 250", See(S(6.9), entries: Entry(A, 5) with { Policy = "least-load" }));
        Assert.Equal(
            "end: the balancers of this cluster have the policy least-load, this one pick-first: start it with --policy least-load, or start all "
                + "of them again with one policy",
            See(S(7), entries: Entry(A, 5) with { Policy = "least-load" }));
    }

    [Fact]
    public void Entries_with_another_policy_that_go_with_their_leases_were_of_the_dead()
    {
        _formation.Start(S(0));
        See(S(1), entries: Entry(A, 5) with { Policy = "least-load" });
        Assert.Equal("begin", See(S(5)));
    }

    [Fact]
    public void A_cluster_with_TLS_is_not_joined_without_nor_the_other_way_round()
    {
        var (plain, secured) = (new NodeLife("akka.tcp://AkkaLb@h:1", 1), new NodeLife("akka.ssl.tcp://AkkaLb@h:2", 2));
        Assert.Equal(
            "end: the balancer at akka.ssl.tcp://AkkaLb@h:2 speaks with TLS, this one without: give this one --tls-cert, --tls-key and --tls-ca too",
            Seeing(plain, secured));
        Assert.Equal(
            "end: the balancer at akka.tcp://AkkaLb@h:1 speaks without TLS, this one with it: switch akkalb.tls on at all balancers, or off",
            Seeing(secured, plain));

        static string Seeing(NodeLife self, NodeLife other)
        {
            var formation = new ClusterFormation(self, "pick-first", Settings);
            formation.Start(S(0));
            var sight = new ClusterSight([Entry(other, 5)], null, 5);
            Assert.Equal("look 250", Text(formation.Saw(sight, new HashSet<NodeLife>(), S(0))));
            return Text(formation.Saw(sight, new HashSet<NodeLife>(), S(6)));
        }
    }

    [Fact]
    public void When_nobody_lets_it_in_it_ends_and_says_whom_it_tried()
    {
        _formation.Start(S(0));
        See(entries: [Entry(A, 5), Entry(B, 5)]);
        Assert.Equal(
            "end: this balancer could not enter the cluster of balancers within 10 s: none of a, b let this one in; check that the balancers reach "
                + "each other",
            See(S(10), entries: [Entry(A, 5), Entry(B, 5)]));
    }

    [Fact]
    public void When_something_stands_in_the_way_it_ends_and_says_what()
    {
        _formation.Start(S(0));
        var sight = new ClusterSight([], new FormingLock(3, IsOurs: false), 0) { InTheWay = "a lock never goes" };
        Assert.Equal("look 250", Text(_formation.Saw(sight, _members, S(9))));
        Assert.Equal("end: this balancer could not enter the cluster of balancers within 10 s: a lock never goes", Text(
            _formation.Saw(sight, _members, S(10))));
    }

    [Fact]
    public void When_the_registry_stays_away_it_ends_and_says_so()
    {
        _formation.Start(S(0));
        Assert.Equal("look 250", Text(_formation.LookFailed("etcd is away", S(9))));
        Assert.Equal("end: this balancer could not enter the cluster of balancers within 10 s: etcd is away", Text(
            _formation.LookFailed("etcd is away", S(10))));
    }

    // ---- being a member

    [Fact]
    public void An_announcement_whose_outcome_is_not_known_is_looked_up()
    {
        Join(5);
        Assert.Equal("look 250", Text(_formation.AnnounceFailed("no answer", S(1))));
        Assert.Equal("ready 5, look 1000", See(entries: [Entry(A, 5), Entry(Me, 5)]));
    }

    [Fact]
    public void An_announcement_that_did_not_arrive_is_made_again()
    {
        Join(5);
        _formation.AnnounceFailed("no answer", S(1));
        Assert.Equal("announce 5", See(entries: Entry(A, 5)));
    }

    [Fact]
    public void A_member_whose_lease_was_lost_announces_itself_again_but_is_not_ready_twice()
    {
        Join(5);
        _formation.Announced();
        Assert.Equal("note: this balancer's entry in the cluster is gone and is put again: it ran out, look 0", Text(
            _formation.LeaseLost("it ran out")));
        Assert.Equal("look 1000", Text(_formation.LookFailed("etcd is away", S(1000))));
        Assert.Equal("announce 5", See(S(1001)));
        Assert.Equal($"{KeptAgain}, look 1000", Text(_formation.Announced()));
    }

    [Fact]
    public void A_member_that_does_not_find_itself_in_the_registry_announces_itself_again()
    {
        Join(5);
        _formation.Announced();
        Assert.Equal(
            "note: this balancer's entry in the cluster is gone and is put again: its key was deleted or written over, announce 5",
            See(S(100), entries: Entry(A, 5)));
        Assert.Equal("", Text(_formation.LeaseLost("it ran out")));
        Assert.Equal($"{KeptAgain}, look 1000", Text(_formation.Announced()));
        Assert.Equal("look 1000", See(S(101), entries: [Entry(A, 5), Entry(Me, 5)]));
    }

    [Fact]
    public void A_member_whose_entry_cannot_be_put_again_says_each_reason_once_and_the_end_once()
    {
        BeMember(5);
        _formation.LeaseLost("it ran out");
        var lines = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            See(S(100 + i));
            lines.AddRange(_formation.AnnounceFailed(i < 15 ? "permission denied" : "no answer", S(100 + i)).Effects.OfType<FormationEffect.Note>()
                .Select(n => n.Text));
        }

        Assert.Equal(
            [
                "this balancer's entry in the cluster could not be put; retrying: permission denied",
                "this balancer's entry in the cluster could not be put; retrying: no answer",
            ],
            lines);
        Assert.Equal($"{KeptAgain}, look 1000", See(S(120), entries: Entry(Me, 5)));
        Assert.Equal("look 1000", See(S(121), entries: Entry(Me, 5)));
    }

    [Fact]
    public void A_member_that_was_cut_off_ends_when_another_cluster_stays_in_the_place_of_its_own()
    {
        BeMember(5);
        _formation.LeaseLost("it ran out");
        Assert.Equal("look 250", See(S(100), entries: Entry(B, 9)));
        Assert.Equal("look 250", See(S(114.9), entries: Entry(B, 9)));
        Assert.Equal(StrangersStay(9), See(S(115), entries: Entry(B, 9)));
        Assert.Equal("", Text(_formation.LeaseLost("")));
    }

    [Fact]
    public void A_member_of_the_later_generation_stays_whatever_the_earlier_says()
    {
        Join(5);
        _formation.Announced();
        Assert.Equal("look 1000", See(S(100), entries: [Entry(B, 4), Entry(Me, 5)]));
    }

    [Fact]
    public void A_member_that_cannot_reach_the_registry_for_long_asks_the_others_and_makes_way_when_one_of_them_can()
    {
        Join(5);
        _formation.Announced();
        Assert.Equal("look 1000", Text(_formation.LookFailed("no answer", S(20))));
        Assert.Equal("look 1000", Text(_formation.LookFailed("no answer", S(29.9))));
        Assert.Equal("", Text(_formation.OthersReach("b", S(29.9))));
        Assert.Equal("ask others, look 1000", Text(_formation.LookFailed("no answer", S(30))));
        Assert.Equal(
            "end: this balancer has not reached etcd for 11 s, but b does: no answer; start it again when it can", Text(
                _formation.OthersReach("b", S(31))));
    }

    [Fact]
    public void Word_that_others_reach_the_registry_changes_nothing_once_this_one_does_too()
    {
        Join(5);
        _formation.Announced();
        _formation.LookFailed("no answer", S(20));
        _formation.LookFailed("no answer", S(30));
        See(S(30.5), entries: Entry(Me, 5));
        Assert.Equal("", Text(_formation.OthersReach("b", S(31))));
    }

    [Fact]
    public void A_member_that_came_back_to_a_cluster_that_has_removed_it_ends_when_its_patience_does()
    {
        var (mine, others) = (Entry(Me, 5, order: 9), Entry(A, 5, order: 6));
        Join(5);
        _formation.Announced();
        _members = [Me];
        Assert.Equal("look 1000", See(S(20), entries: [mine, others]));
        Assert.Equal("look 1000", See(S(34.9), entries: [mine, others]));
        Assert.Equal("end: the other balancers have continued without this one while it was cut off, or after etcd had lost its data: start it again",
            See(S(35), entries: [mine, others]));
    }

    [Fact]
    public void A_member_that_stayed_is_not_put_out_by_one_that_came_back_and_patience_begins_anew_when_the_stranger_is_gone()
    {
        var (mine, comeback, older) = (Entry(Me, 5, order: 6), Entry(A, 5, order: 9), Entry(B, 5, order: 3));
        Join(5);
        _formation.Announced();
        _members = [Me];
        See(S(20), entries: [mine, comeback]);
        Assert.Equal("look 1000", See(S(35), entries: [mine, comeback]));
        Assert.Equal("look 1000", See(S(36), entries: mine));
        Assert.Equal("look 1000", See(S(37), entries: [mine, older]));
        Assert.Equal("look 1000", See(S(51.9), entries: [mine, older]));
    }

    // ---- a registry that was wiped or restored

    [Fact]
    public void Where_the_registry_has_forgotten_the_cluster_a_member_takes_the_lock_and_gives_it_another_generation()
    {
        BeMember(5);
        Assert.Equal("renew 0", SeeUnder(0, S(20)));
        Assert.Equal($"{GoesOn(5, 2)}, announce 2 and end forming", Text(_formation.Begun(2)));
        Assert.Equal("look 1000", Text(_formation.Announced()));
        Assert.Equal("look 1000", See(S(21), entries: Entry(Me, 2)));
    }

    [Fact]
    public void An_entry_of_another_generation_than_the_registrys_counts_for_nothing()
    {
        BeMember(5);
        Assert.Equal("renew 0", SeeUnder(0, S(20), entries: [Entry(Me, 5), Entry(A, 5)]));
    }

    [Fact]
    public void A_generation_that_is_none_of_ours_and_has_nobody_is_begun_anew_whether_it_is_smaller_or_larger()
    {
        BeMember(5);
        Assert.Equal("renew 3", SeeUnder(3, S(20)));
        Assert.Equal("look 250", Text(_formation.NotBegun()));
        Assert.Equal("renew 9", SeeUnder(9, S(21)));
        Assert.Equal("look 250", Text(_formation.BeginFailed("no answer")));
        Assert.Equal($"{GoesOn(5, 11)}, announce 11 and end forming", See(S(22), forming: new FormingLock(11, IsOurs: true)));
    }

    [Fact]
    public void A_node_that_is_not_the_first_to_renew_follows_the_one_that_was_also_to_a_smaller_generation()
    {
        BeMember(5);
        SeeUnder(0, S(20));
        Assert.Equal("look 250", Text(_formation.NotBegun()));
        Assert.Equal("look 250", See(S(20.3), forming: new FormingLock(2, IsOurs: false)));
        Assert.Equal($"{GoesOn(5, 2)}, announce 2", See(S(20.6), entries: Entry(A, 2)));
    }

    [Fact]
    public void A_larger_generation_under_which_a_member_of_our_cluster_stands_is_our_clusters()
    {
        BeMember(5);
        Assert.Equal($"{GoesOn(5, 9)}, announce 9", See(S(20), entries: [Entry(A, 9), Entry(B, 9)]));
    }

    [Fact]
    public void When_the_node_that_renewed_crashes_before_it_has_an_entry_the_next_one_renews()
    {
        BeMember(5);
        See(S(20), forming: new FormingLock(2, IsOurs: false));
        Assert.Equal("renew 2", SeeUnder(2, S(25)));
    }

    [Fact]
    public void Strangers_left_over_in_a_backup_are_waited_out_whatever_their_generation()
    {
        BeMember(5);
        Assert.Equal("look 250", See(S(20), entries: Entry(B, 3)));
        Assert.Equal("look 250", See(S(25), entries: Entry(B, 3)));
        Assert.Equal("renew 3", SeeUnder(3, S(25.3)));
    }

    [Fact]
    public void Strangers_under_our_own_number_are_waited_out_too_and_nobody_can_join_us_meanwhile()
    {
        BeMember(5);
        _formation.LeaseLost("it ran out");
        Assert.Equal("look 250", See(S(20), entries: Entry(B, 5)));
        Assert.Equal("announce 5", SeeUnder(5, S(25)));
    }

    [Fact]
    public void Strangers_that_formed_another_cluster_under_our_own_number_stay_and_a_member_ends()
    {
        BeMember(5);
        See(S(20), entries: Entry(B, 5));
        Assert.Equal(StrangersStay(5), See(S(35), entries: Entry(B, 5)));
    }

    [Fact]
    public void A_stranger_that_turns_out_to_be_one_of_us_is_followed()
    {
        BeMember(5);
        See(S(20), entries: Entry(B, 9));
        _members = [Me, A, B];
        Assert.Equal($"{GoesOn(5, 9)}, announce 9", See(S(21), entries: Entry(B, 9)));
    }

    [Fact]
    public void A_member_whose_entry_is_refused_looks_again_also_when_it_has_lost_the_lock()
    {
        BeMember(5);
        SeeUnder(0, S(20));
        _formation.Begun(2);
        Assert.Equal("look 250", Text(_formation.AnnounceRefused(S(21))));
        Assert.Equal("announce 2", SeeUnder(2, S(21.3)));
    }

    [Fact]
    public void A_lock_of_ours_that_came_back_with_a_backup_is_given_up()
    {
        BeMember(5);
        Assert.Equal("announce 5 and end forming", See(S(20), new FormingLock(5, IsOurs: true), Entry(Me, 5)));
    }

    [Fact]
    public void Of_one_generation_that_has_come_apart_the_whole_side_of_the_oldest_entry_stays()
    {
        BeMember(5);
        ClusterEntry[] entries = [Entry(A, 5, order: 3), Entry(B, 5, order: 6), Entry(Me, 5, order: 9)];
        See(S(20), entries: entries);
        Assert.Equal("look 1000", See(S(35), entries: entries));
    }

    private static string GoesOn(long from, long to) =>
        $"note: this cluster of balancers, generation {from} until now, continues as generation {to}: etcd was wiped or restored from a backup, or "
            + $"another cluster came and went while this one was cut off";

    private static string StrangersStay(long generation) =>
        $"end: etcd names balancers (generation {generation}) that are not in the cluster of this one (generation 5): theirs was formed while this "
            + $"one was cut off from etcd, or after etcd had lost its data: start it again";

    private static ClusterEntry Entry(NodeLife node, long generation, long order = 0) => new(node, generation, "pick-first", order);

    private void BeMember(long generation)
    {
        Join(generation);
        _formation.Announced();
    }

    private void Join(long generation)
    {
        _formation.Start(S(0));
        See(entries: Entry(A, generation));
        Up(Me, A);
        See(entries: Entry(A, generation));
    }

    private string Up(params NodeLife[] members)
    {
        _members = [.. members];
        return Text(_formation.CameUp());
    }

    /// <summary>The registry's generation is that of the latest entry or of the lock, and the cluster's own where there is neither.</summary>
    private string See(TimeSpan now = default, FormingLock? forming = null, params ClusterEntry[] entries) =>
        SeeUnder(entries.Select(e => e.Generation).DefaultIfEmpty(forming?.Generation ?? _formation.Generation).Max(), now, forming, entries);

    private string SeeUnder(long generation, TimeSpan now = default, FormingLock? forming = null, params ClusterEntry[] entries) =>
        Text(_formation.Saw(new ClusterSight(entries, forming, generation), _members, now));

    private static string Text(Told told) => told.ToString();
}
