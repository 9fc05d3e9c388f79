namespace AkkaLb.Core.Tests;

public class WorkerIdsTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("host-12.example_7")]
    [InlineData("-")]
    public void Letters_digits_dots_underscores_and_hyphens_make_an_id(string id) => Assert.True(WorkerIds.IsValid(id));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("a\n")]
    public void Anything_else_does_not(string? id) => Assert.False(WorkerIds.IsValid(id));

    [Fact]
    public void An_id_has_at_most_128_characters()
    {
        Assert.True(WorkerIds.IsValid(new string('a', 128)));
        Assert.False(WorkerIds.IsValid(new string('a', 129)));
    }
}
