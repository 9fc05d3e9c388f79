using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;
using AkkaLb.Messages;
using AkkaLb.Watching;

namespace AkkaLb.Balancer.Tests;

public class AssignedGateTests() : BalancerKit(SystemConfig.Remoting("127.0.0.1", 0))
{
    [Fact]
    public void Assigned_carries_the_gates_path_with_address_and_uid()
    {
        var worker = Assert.Single(Assert.IsType<Assigned>(Ask(Balancer(Policy.PickFirst, A))).Workers);
        Assert.Equal((A.Key(), A.Worker.Path), (worker.Worker, worker.Gate));
    }

    [Fact]
    public void A_worker_that_registers_again_at_another_address_is_assigned_there()
    {
        const string Elsewhere = "akka.tcp://AkkaLb@127.0.0.1:99/user/worker#42";
        var balancer = Balancer(Policy.PickFirst, A);
        Change(balancer, A.WithPath(Elsewhere).Put());
        Assert.Equal(Elsewhere, Assert.Single(Assert.IsType<Assigned>(Ask(balancer)).Workers).Gate);
    }

    [Fact]
    public void A_change_of_membership_names_nobody_anew_but_who_has_another_path()
    {
        var balancer = Balancer(Policy.RoundRobin, A, B);
        var before = Assert.IsType<Assigned>(Ask(balancer, count: 2)).Workers;
        Change(balancer, C.Put(), B.WithPath("akka.tcp://AkkaLb@127.0.0.1:99/user/worker#42").Put());
        balancer.Tell(new Watched<Member>.Known(0, [A, B.WithPath("akka.tcp://AkkaLb@127.0.0.1:99/user/worker#42"), C]), TestActor);
        var after = Assert.IsType<Assigned>(Ask(balancer, count: 3)).Workers.OrderBy(w => w.Worker.Id).ToList();
        Assert.Same(before[0], after[0]);
        Assert.NotSame(before[1], after[1]);
        Assert.Equal(C.Worker.Path, after[2].Gate);
    }

    [Fact]
    public void An_answer_fits_a_frame_however_many_are_asked_for_and_however_long_their_names()
    {
        var balancer = Balancer(Policy.RoundRobin, LongNames(1_500));
        var asked = 0;
        for (var named = new HashSet<string>(); named.Count < 1_000; asked++)
        {
            var assigned = Assert.IsType<Assigned>(Ask(balancer, count: 1_000));
            Assert.InRange(SizeOf(assigned), 64_000, Payloads.DataBytesMax(128_000));
            Assert.All(assigned.Workers, w => Assert.True(named.Add(w.Worker.Id), "named before its turn"));
        }

        Assert.InRange(asked, 2, 20);
    }

    [Fact]
    public void A_thousand_picks_of_a_few_workers_are_answered_whole_however_long_their_names()
    {
        var assigned = Assert.IsType<Assigned>(Ask(Balancer(Policy.RoundRobin, LongNames(100)), count: 1_000));
        Assert.Equal(1_000, assigned.Workers.Count);
        Assert.InRange(SizeOf(assigned), 1, Payloads.DataBytesMax(128_000));
    }

    [Fact]
    public void A_page_of_the_state_fits_a_frame_and_the_next_one_begins_behind_it()
    {
        var members = LongNames(600).Select(
            m => m with { Worker = m.Worker with { Reason = new string('\u20ac', WorkerRecord.ReasonLengthMax) } }).ToArray();
        var balancer = Balancer(Policy.RoundRobin, members);
        var told = new List<MemberState>();
        while (told.Count < members.Length)
        {
            balancer.Tell(new GetBalancerState(told.Count, GetBalancerState.CountMax), TestActor);
            var page = ExpectMsg<BalancerState>();
            Assert.NotEmpty(page.Members);
            Assert.InRange(SizeOf(page), 1, Payloads.DataBytesMax(128_000));
            told.AddRange(page.Members);
        }

        Assert.Equal(members.Select(m => (m.Worker.Id, m.Worker.Reason)), told.Select(m => (m.Worker.Id, m.Reason)));
    }

    private static Member[] LongNames(int count) => [.. Enumerable.Range(0, count).Select(i =>
        Workers.Member($"{i}-{new string('w', WorkerIds.LengthMax - 5)}", i + 1).WithPath(
            $"akka.tcp://AkkaLb@{new string('h', 250)}:4711/user/worker#{i + 1}"))];

    private int SizeOf(object message) => Akka.Serialization.Serialization
        .WithTransport((ExtendedActorSystem)Sys, (Sys, message), static x => x.Sys.Serialization.FindSerializerFor(x.message).ToBinary(x.message))
            .Length;
}
