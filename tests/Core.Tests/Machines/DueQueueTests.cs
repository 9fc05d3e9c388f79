using AkkaLb.Core.Machines;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Machines;

public class DueQueueTests
{
    [Fact]
    public void Each_is_taken_once_when_it_is_due_the_earliest_first()
    {
        var queue = new DueQueue<string>();
        queue.Set("late", S(3));
        queue.Set("early", S(1));
        Assert.Equal(S(1), queue.NextDue);
        Assert.False(queue.TryTakeDue(S(0.9), out _));
        Assert.Equal(["early", "late"], TakeAll(queue, S(3)));
        Assert.Null(queue.NextDue);
    }

    [Fact]
    public void One_that_is_set_again_is_due_at_the_last_time_only()
    {
        var queue = new DueQueue<string>();
        queue.Set("a", S(1));
        queue.Set("b", S(2));
        queue.Set("a", S(3));
        Assert.Equal((2, S(3)), (queue.Count, queue.DueOf("a")));
        Assert.Equal(["b", "a"], TakeAll(queue, S(3)));
    }

    [Fact]
    public void Of_those_due_at_the_same_time_the_one_set_first_comes_first_unless_told_otherwise()
    {
        var (queue, tied) = (new DueQueue<string>(), new DueQueue<string>(StringComparer.Ordinal));
        foreach (var key in (string[])["b", "a", "c"])
        {
            queue.Set(key, S(1));
            tied.Set(key, S(1));
        }

        Assert.Equal(["b", "a", "c"], TakeAll(queue, S(1)));
        Assert.Equal(["a", "b", "c"], TakeAll(tied, S(1)));
    }

    [Fact]
    public void It_does_what_a_sorted_list_does_whatever_is_set_removed_and_taken() => Seeded.Runs(200, random =>
    {
        var (queue, naive, order) = (new DueQueue<int>(), new Dictionary<int, (TimeSpan At, int Order)>(), 0);
        for (var step = 0; step < 200; step++)
        {
            var (key, at) = (random.Next(20), S(random.Next(10)));
            switch (random.Next(4))
            {
                case 0 or 1:
                    queue.Set(key, at);
                    naive[key] = naive.TryGetValue(key, out var was) && was.At == at ? was : (at, ++order);
                    break;
                case 2:
                    Assert.Equal(naive.Remove(key), queue.Remove(key));
                    break;
                default:
                    var due = naive.Where(x => x.Value.At <= at).OrderBy(x => x.Value).Select(x => x.Key).ToList();
                    Assert.Equal(due, TakeAll(queue, at));
                    due.ForEach(x => naive.Remove(x));
                    break;
            }

            Assert.Equal((naive.Count, naive.Count == 0 ? null : naive.Values.Min().At), (queue.Count, queue.NextDue));
        }
    });

    private static List<T> TakeAll<T>(DueQueue<T> queue, TimeSpan now)
        where T : notnull
    {
        var taken = new List<T>();
        while (queue.TryTakeDue(now, out var key))
        {
            taken.Add(key);
        }

        return taken;
    }
}
