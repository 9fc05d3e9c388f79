using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Tests.Machines;

public class TroubleTests
{
    [Fact]
    public void A_trouble_is_told_once_and_its_end_once()
    {
        var trouble = new Trouble();
        Assert.Equal((true, false, false), (trouble.Meet("a"), trouble.Meet("a"), trouble.Meet("b")));
        Assert.Equal((true, false), (trouble.End(), trouble.End()));
        Assert.True(trouble.Meet("a"));
    }

    [Fact]
    public void Another_problem_of_the_same_trouble_is_told_up_to_a_bound()
    {
        var trouble = new Trouble(toldMax: 2);
        Assert.Equal((true, true, false, false), (trouble.Meet("a"), trouble.Meet("b"), trouble.Meet("a"), trouble.Meet("c")));
        Assert.True(trouble.IsOn);
    }
}
