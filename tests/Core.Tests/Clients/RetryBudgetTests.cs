using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

public class RetryBudgetTests
{
    [Fact]
    public void The_reserve_is_there_without_any_job() => Assert.Equal(100, Withdraw(new RetryBudget(new(0.2, 10)), S(0)));

    [Fact]
    public void Each_job_deposits_its_share()
    {
        var budget = new RetryBudget(new(0.25, 0));
        Deposit(budget, 40, S(0));
        Assert.Equal(10, Withdraw(budget, S(0)));
    }

    [Fact]
    public void A_share_below_one_retry_is_not_enough()
    {
        var budget = new RetryBudget(new(0.25, 0));
        Deposit(budget, 3, S(0));
        Assert.False(budget.TryWithdraw(S(0)));
        Deposit(budget, 1, S(0));
        Assert.True(budget.TryWithdraw(S(0)));
    }

    [Fact]
    public void Deposits_count_for_ten_seconds()
    {
        var budget = new RetryBudget(new(1, 0));
        Deposit(budget, 3, S(5));
        Assert.True(budget.TryWithdraw(S(14.9)));
        Assert.False(budget.TryWithdraw(S(15)));
    }

    [Fact]
    public void Withdrawals_are_forgotten_after_ten_seconds()
    {
        var budget = new RetryBudget(new(0, 1));
        Assert.Equal(10, Withdraw(budget, S(3)));
        Assert.Equal(0, Withdraw(budget, S(12.9)));
        Assert.Equal(10, Withdraw(budget, S(13)));
        Assert.Equal(10, Withdraw(budget, S(1_000_000)));
    }

    [Fact]
    public void The_budget_agrees_with_a_list_of_all_that_ever_happened() => Seeded.Runs(2_000, random =>
    {
        // Dyadic numbers, so that sums are exact whatever their order.
        var settings = new RetryBudgetSettings(random.Of([0, 0.25, 1]), random.Of([0, 0.25, 0.5]));
        var (budget, now, entries) = (new RetryBudget(settings), TimeSpan.Zero, new List<(long Second, double Amount)>());
        for (var step = 0; step < 200; step++)
        {
            now += Ms(random.Of([0, 0, 100, 700, 4_000]) * (random.Chance(0.02) ? 10 : 1));
            var second = (long)now.TotalSeconds;
            if (random.Chance(0.5))
            {
                budget.Deposit(now);
                entries.Add((second, settings.RetryRatio));
                continue;
            }

            var left = (settings.RetriesPerSecondMin * 10) + entries.Where(e => e.Second > second - 10).Sum(e => e.Amount);
            Assert.Equal(left >= 1, budget.TryWithdraw(now));
            entries.Add((second, left >= 1 ? -1 : 0));
        }
    });

    private static void Deposit(RetryBudget budget, int count, TimeSpan now)
    {
        for (var i = 0; i < count; i++)
        {
            budget.Deposit(now);
        }
    }

    private static int Withdraw(RetryBudget budget, TimeSpan now)
    {
        var count = 0;
        while (budget.TryWithdraw(now))
        {
            count++;
        }

        return count;
    }
}
