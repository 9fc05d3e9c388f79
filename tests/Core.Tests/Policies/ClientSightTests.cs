using AkkaLb.Core.Policies;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Policies;

/// <summary>What clients see of a worker.</summary>
public class ClientSightTests
{
    private ClientSight _sight;

    [Fact]
    public void Nothing_is_told_of_a_worker_of_which_no_client_has_told()
    {
        End(PickEnd.Unused);
        End(PickEnd.Rejected, Ms(1));
        End(PickEnd.Cancelled, S(3));

        Assert.Null(_sight.AnswerTime);
        Assert.Null(_sight.Trouble(S(10)));
    }

    [Fact]
    public void Answers_have_a_mean_in_which_failures_do_not_count()
    {
        End(PickEnd.Done, Ms(10));
        End(PickEnd.Done, Ms(30));
        End(PickEnd.Failed, Ms(1));
        Assert.Equal(Ms(20), _sight.AnswerTime);

        for (var i = 0; i < 1000; i++)
        {
            End(PickEnd.Done, Ms(100));
        }

        // Of about the last 32: what was before has faded.
        Assert.InRange(_sight.AnswerTime!.Value, Ms(99.9), Ms(100));
    }

    [Fact]
    public void What_a_client_tells_is_bounded()
    {
        End(PickEnd.Done, TimeSpan.MaxValue);
        Assert.Equal(TimeSpan.FromHours(1), _sight.AnswerTime);
    }

    [Fact]
    public void The_last_job_that_did_not_end_well_is_kept_with_its_time()
    {
        End(PickEnd.Failed, Ms(1), at: S(5));
        End(PickEnd.Unknown, S(9), at: S(7));
        End(PickEnd.Done, Ms(1), at: S(8));
        Assert.Equal(new MemberTrouble(PickEnd.Unknown, S(3)), _sight.Trouble(S(10)));
    }

    private void End(PickEnd how, TimeSpan took = default, TimeSpan at = default) => _sight.Ended(new EndedPick(1, how, took, default), at);
}
