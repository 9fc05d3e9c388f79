using AkkaLb.Balancer.Page;
using static AkkaLb.Balancer.Tests.Page.Reported;

namespace AkkaLb.Balancer.Tests.Page;

public sealed class AssignmentRatesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly AssignmentRates _rates = new();

    [Fact]
    public void A_rate_is_what_was_assigned_between_two_readings_over_their_time()
    {
        Assert.Equal(0, _rates.Update(Report(NewWorker("a", assignments: 1000)), Second)["default"]);
        Assert.Equal(25, _rates.Update(Report(NewWorker("a", assignments: 1040), NewWorker("b", assignments: 10)), 3 * Second)["default"]);
        Assert.Equal(0, _rates.Update(Report(NewWorker("a", assignments: 1040), NewWorker("b", assignments: 10)), 4 * Second)["pdf"]);
    }

    [Fact]
    public void A_worker_that_goes_or_begins_again_takes_nothing_off()
    {
        _rates.Update(Report(NewWorker("a", assignments: 1000), NewWorker("b", assignments: 500)), Second);

        var again = Report(NewWorker("a", assignments: 1005), NewWorker("b", assignments: 2, incarnation: 2));
        Assert.Equal(7, _rates.Update(again, 2 * Second)["default"]);
        Assert.Equal(1, _rates.Update(Report(NewWorker("a", assignments: 1006)), 3 * Second)["default"]);
    }
}
