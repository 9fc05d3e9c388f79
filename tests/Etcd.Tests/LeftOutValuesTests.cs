namespace AkkaLb.Etcd.Tests;

public sealed class LeftOutValuesTests
{
    private readonly LeftOutValues _values = new(namedMax: 3);

    [Fact]
    public void Each_is_said_once_until_its_problem_changes_or_it_was_gone()
    {
        Assert.True(_values.IsNews("a", "x"));
        Assert.False(_values.IsNews("a", "x"));
        Assert.True(_values.IsNews("a", "y"));
        _values.Forget("a");
        Assert.True(_values.IsNews("a", "y"));
        Assert.Equal(0, _values.Sum());
    }

    [Fact]
    public void What_comes_beyond_the_first_few_is_summed_up_once()
    {
        Assert.Equal(3, Add(0, 20_000));
        Assert.Equal(19_997, _values.Sum());
        Assert.Equal(0, _values.Sum());
        Assert.Equal(0, Add(0, 20_000));
        Assert.Equal(0, _values.Sum());
    }

    [Fact]
    public void One_by_one_they_are_summed_up_as_their_number_doubles()
    {
        var sums = new List<int>();
        for (var i = 0; i < 100; i++)
        {
            Add(i, 1);
            sums.Add(_values.Sum());
        }

        Assert.Equal([1, 5, 13, 29, 61], sums.Where(s => s > 0));
    }

    [Fact]
    public void When_most_are_gone_new_ones_are_named_again()
    {
        Add(0, 1000);
        _values.Sum();
        _values.ForgetAllBut(new HashSet<string> { "0", "1" });
        Assert.Equal(1, Add(2000, 1));
        Assert.Equal(0, Add(2001, 1));
        Assert.Equal(1, _values.Sum());
    }

    /// <returns>How many were to be named.</returns>
    private int Add(int from, int count) => Enumerable.Range(from, count).Count(i => _values.IsNews($"{i}", "x"));
}
